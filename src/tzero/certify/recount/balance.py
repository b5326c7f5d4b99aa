"""How many events of a key are in sight of an anchor: running totals in the order of key and moment, looked up."""

from __future__ import annotations

import numpy as np

from tzero.certify.recount.keys import NONE, Whole, different


class Balance:
    """Events that entered the sight of anchors less those that left it, by the number of their key.

    ``leave`` is None where none ever leaves. An anchor sees what entered at an earlier moment and did not leave at one.
    """

    def __init__(self, keys: Whole, enter: Whole, leave: Whole | None, numbers: Whole) -> None:
        self._enter = _Ledger(keys, enter, numbers)
        self._leave = None if leave is None else _Ledger(keys, leave, numbers)

    def at(self, keys: Whole, anchors: Whole) -> Whole:
        """The number of events of each key that each anchor sees; 0 of a key that no event has."""
        seen = self._enter.before(keys, anchors)
        return seen if self._leave is None else seen - self._leave.before(keys, anchors)


class _Ledger:
    """Numbers of events, sorted by key and moment, with their running total."""

    def __init__(self, keys: Whole, moments: Whole, numbers: Whole) -> None:
        there = keys != NONE
        keys, moments, numbers = keys[there], moments[there], numbers[there]
        self._moments = different(moments)
        self._span = len(self._moments) + 1
        places = keys * self._span + np.searchsorted(self._moments, moments)
        order = np.argsort(places, kind="stable")
        self._places = places[order]
        self._totals = np.concatenate(([0], np.cumsum(numbers[order])))
        each = np.arange(int(keys.max(initial=NONE)) + 1)
        # the last one is that of no key
        self._earlier = np.append(self._totals[np.searchsorted(self._places, each * self._span)], 0)

    def before(self, keys: Whole, moments: Whole) -> Whole:
        keys = np.where(keys < len(self._earlier) - 1, keys, NONE)
        until = keys * self._span + np.searchsorted(self._moments, moments)
        found: Whole = self._totals[np.searchsorted(self._places, until)] - self._earlier[keys]
        return found
