"""Keeping a world as declared: unique keys, order of times, signs, versions that grow with time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tzero.falsify.tables import Table
from tzero.falsify.times import DAY, Times
from tzero.falsify.world import Row, Rows

_STEP = timedelta(minutes=7)
_LATER = timedelta(hours=6)
_EPOCH = datetime(2020, 1, 1)


def settle(table: Table, rows: Rows, changed: Collection[int], movable: Collection[int], times: Times) -> None:
    """Adjust changed rows until every declaration holds; only movable ones give way where a key repeats.

    Times only ever move later, so nothing of the future becomes known earlier.
    """
    for uid in changed:
        _order(table, rows[uid], times)
        _sign(table, rows[uid])
    for key in table.relation.keys:
        seen = {_tuple(row, key) for uid, row in rows.items() if uid not in movable}
        for uid in rows:
            if uid in movable:
                _part(table, rows[uid], key, seen)
                seen.add(_tuple(rows[uid], key))
    for uid in changed:
        _order(table, rows[uid], times)
        for column, time in table.relation.monotone.items():
            rows[uid][column] = _version(table, column, times.instant(rows[uid][time]))


def _order(table: Table, row: Row, times: Times) -> None:
    for later, earlier in table.relation.after.items():
        first, second = times.instant(row[earlier]), times.instant(row[later])
        if first is not None and second is not None and second <= first:
            step = DAY if table.kinds[later].kind == "date" else _LATER
            row[later] = times.written(table.kinds[later].kind, first + step)


def _sign(table: Table, row: Row) -> None:
    for column in table.relation.nonnegative:
        if isinstance(row[column], (int, float, Decimal)):
            row[column] = abs(row[column])


def _part(table: Table, row: Row, key: tuple[str, ...], seen: set[tuple[Any, ...]]) -> None:
    """Make a row differ from those seen, by its time if the key has one."""
    if not all(row[column] is not None for column in key):
        return
    column = next((name for name in key if table.is_time(name)), key[-1])
    while _tuple(row, key) in seen:
        row[column] = _next(row[column])


def _next(value: Any) -> Any:
    if isinstance(value, datetime):
        return value + _STEP
    if isinstance(value, str):
        return value + "'"
    if isinstance(value, bool):
        return None
    return value + 1 if isinstance(value, (int, float, Decimal)) else value + DAY


def _version(table: Table, column: str, moment: datetime | None) -> Any:
    if moment is None:
        return None
    minutes = (moment.replace(tzinfo=None) - _EPOCH) // timedelta(minutes=1)
    return f"{minutes:09d}" if table.kinds[column].kind == "text" else minutes


def _tuple(row: Row, key: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(row[column] for column in key)


def holds(table: Table, rows: Rows) -> bool:
    """Whether no declared key repeats."""
    for key in table.relation.keys:
        found = [values for row in rows.values() if None not in (values := _tuple(row, key))]
        if len(set(found)) < len(found):
            return False
    return True
