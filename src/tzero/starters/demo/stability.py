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
    joined = before.join(after, list(key), join_type="inner", left_suffix=_BEFORE, right_suffix=_AFTER)
    names = [name for name in before.column_names if name not in key]
    same = [_same(joined[f"{name}{_BEFORE}"], joined[f"{name}{_AFTER}"]) for name in names]
    unchanged = pc.sum(reduce(pc.and_, same)).as_py() if same else joined.num_rows
    return Stability(relation, before.num_rows, int(unchanged or 0))


_BEFORE, _AFTER = " before", " after"


def _same(left: pa.ChunkedArray, right: pa.ChunkedArray) -> pa.ChunkedArray:
    both_null = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.or_(pc.fill_null(pc.equal(left, right), False), both_null)
