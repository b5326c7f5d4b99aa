"""Keys of several columns as whole numbers, the same for events and for the lines that ask about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Whole = npt.NDArray[np.int64]
NONE = -1
"""The number of a key that no event has, and of one with a NULL."""


class Keys:
    """``of_events`` numbers the keys of events, from 0; a key without columns is the same for all.

    >>> keys = Keys([pa.array(["a", "b", None, "a"])], 4)
    >>> keys.of_events.tolist(), keys.of([pa.array(["b", "c", None])], 3).tolist(), keys.number
    ([0, 1, -1, 0], [1, -1, -1], 2)
    """

    def __init__(self, columns: Sequence[pa.Array], rows: int) -> None:
        self._steps: list[tuple[pa.Array, Whole]] = []
        self.of_events = np.zeros(rows, np.int64)
        self.number = 1
        for column in columns:
            encoded = pc.dictionary_encode(column)
            mixed = _mixed(self.of_events, encoded.indices, len(encoded.dictionary))
            known = different(mixed[mixed != NONE])
            self._steps.append((encoded.dictionary, known))
            self.of_events, self.number = _places(known, mixed), len(known)

    def of(self, columns: Sequence[pa.Array], rows: int) -> Whole:
        """The numbers of other keys of the same columns."""
        found = np.zeros(rows, np.int64)
        for column, (values, known) in zip(columns, self._steps, strict=True):
            places = pc.index_in(pc.cast(column, values.type), value_set=values)
            found = _places(known, _mixed(found, places, len(values)))
        return found


def different(numbers: Whole) -> Whole:
    """Every number once, in order."""
    found = np.sort(numbers)
    return found[np.concatenate(([True], found[1:] != found[:-1]))] if len(found) else found


def _mixed(before: Whole, places: pa.Array, values: int) -> Whole:
    """One number for what was numbered so far and the place of the next value."""
    at = pc.fill_null(pc.cast(places, pa.int64()), NONE).to_numpy(zero_copy_only=False)
    mixed: Whole = np.where((before == NONE) | (at == NONE), NONE, before * max(values, 1) + at)
    return mixed


def _places(known: Whole, mixed: Whole) -> Whole:
    """Where each number stands among the known ones, in order."""
    if not len(known):
        return np.full(len(mixed), NONE, np.int64)
    at = np.minimum(np.searchsorted(known, mixed), len(known) - 1)
    found: Whole = np.where(known[at] == mixed, at, NONE)
    return found
