"""How many rows of a relation are still what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class Stability:
    """Of the rows that a relation had before new data arrived, how many are the same to the bit in every column."""

    relation: str
    rows: int
    unchanged: int

    def as_json(self) -> dict[str, Any]:
        return {"relation": self.relation, "rows": self.rows, "unchanged": self.unchanged}


def compare(relation: str, before: pa.Table, after: pa.Table, key: Sequence[str]) -> Stability:
    """Compare two states of a relation with a unique key; rows that are gone count as changed.

    >>> table = pa.table({"id": [1, 2], "n": [5, None]})
    >>> compare("shop.features", table, pa.table({"id": [2, 1, 3], "n": [None, 6, 7]}), ["id"])
    Stability(relation='shop.features', rows=2, unchanged=1)
    """
    places = _numbered(before, key, _BEFORE).join(_numbered(after, key, _AFTER), list(key), join_type="inner")
    names = [name for name in before.column_names if name not in key]
    same = (_same(before[name].take(places[_BEFORE]), after[name].take(places[_AFTER])) for name in names)
    unchanged = reduce(pc.and_, same, pa.chunked_array([pa.repeat(True, places.num_rows)]))
    return Stability(relation, before.num_rows, int(pc.sum(unchanged).as_py() or 0))


_BEFORE, _AFTER = "place before", "place after"


def _numbered(rows: pa.Table, key: Sequence[str], place: str) -> pa.Table:
    return rows.select(list(key)).append_column(place, pa.array(range(rows.num_rows), pa.int64()))


def _same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.or_(pc.fill_null(pc.equal(left, right), False), both_null)
