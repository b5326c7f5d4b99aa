"""How many events of a key are in sight of an anchor: running totals in the order of key and moment, looked up."""

from __future__ import annotations

import numpy as np

from tzero.certify.recount.keys import NONE, Whole, different

_MOST_CELLS = 2**22
"""Totals of every key before every moment are kept side by side where they are no more than these (32 MB)."""


class Balance:
    """Events that entered the sight of anchors less those that left it, by the number of their key.

    ``leave`` is None where none ever leaves. An anchor sees what entered at an earlier moment and did not leave at one.
    """

    def __init__(self, keys: Whole, enter: Whole, leave: Whole | None, numbers: Whole) -> None:
        self._enter = _ledger(keys, enter, numbers)
        self._leave = None if leave is None else _ledger(keys, leave, numbers)

    def at(self, keys: Whole, anchors: Whole) -> Whole:
        """The number of events of each key that each anchor sees; 0 of a key that no event has."""
        seen = self._enter.before(keys, anchors)
        return seen if self._leave is None else seen - self._leave.before(keys, anchors)


def _ledger(keys: Whole, moments: Whole, numbers: Whole) -> _Table | _List:
    there = keys != NONE
    keys, moments, numbers = keys[there], moments[there], numbers[there]
    known = different(moments)
    cells = (int(keys.max(initial=NONE)) + 2) * (len(known) + 1)
    kind = _Table if cells <= _MOST_CELLS else _List
    return kind(keys, np.searchsorted(known, moments), numbers, known)


class _Table:
    """A row for each key, a column for each moment, with the total of the key before it."""

    def __init__(self, keys: Whole, places: Whole, numbers: Whole, moments: Whole) -> None:
        self._moments, span = moments, len(moments) + 1
        self._none = int(keys.max(initial=NONE)) + 1  # the last row is that of no key
        found = np.zeros((self._none + 1) * span, np.int64)
        np.add.at(found, keys * span + places + 1, numbers)
        self._totals = found.reshape(-1, span).cumsum(axis=1)

    def before(self, keys: Whole, moments: Whole) -> Whole:
        rows = np.where((keys == NONE) | (keys >= self._none), self._none, keys)
        found: Whole = self._totals[rows, np.searchsorted(self._moments, moments)]
        return found


class _List:
    """Numbers of events, sorted by key and moment, with their running total."""

    def __init__(self, keys: Whole, places: Whole, numbers: Whole, moments: Whole) -> None:
        self._moments = moments
        self._span = len(moments) + 1
        places = keys * self._span + places
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
