"""How a few features went over time: per T0 day the rows and the median of each, for the eye of whoever reads."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from tzero.certify.subject import Anchors, Subject
from tzero.engines.base import Engine
from tzero.sql.render import quoted

FEATURES = 5
DAYS = 1500
"""The last days that are drawn; a longer history is cut, and the page says from when."""
_LOOKED_AT = 2000
_NUMBERS = ("integer", "bigint", "double", "decimal")


def curves_of(subject: Subject) -> dict[str, Any]:
    """The days, the rows of each, and the medians of a few features: of a compiled view its first statistics."""
    engine = subject.engine
    described = engine.describe(subject.relation)
    numbers = [c.name for c in (described.columns if described else ()) if c.dtype in _NUMBERS]
    names = _chosen(subject, [name for name in numbers if name not in subject.key])
    own = ", ".join(_median(engine, f"s.{quoted(name, engine.dialect)}") for name in names)
    query = (
        f"SELECT {_day(subject)} AS day, count(*){', ' + own if own else ''} FROM {_joined(subject)}"
        f" GROUP BY 1 ORDER BY 1 DESC LIMIT {DAYS}"
    )
    rows = [row for row in reversed(engine.rows(query)) if row[0] is not None]
    return {
        "days": [_text(row[0]) for row in rows],
        "rows": [int(row[1]) for row in rows],
        "features": {name: [_number(row[at]) for row in rows] for at, name in enumerate(names, 2)},
    }


def _chosen(subject: Subject, names: list[str]) -> list[str]:
    if subject.deployment is None:
        return _telling(subject, names)
    statistics = [name for name, _ in subject.deployment.view.statistics if name in names]
    return (statistics or names)[:FEATURES]


def _telling(subject: Subject, names: list[str]) -> list[str]:
    """The columns with the most different values among the rows with the first keys, in their own order."""
    if not names:
        return []
    dialect = subject.engine.dialect
    counts = ", ".join(f"count(DISTINCT s.{quoted(name, dialect)})" for name in names)
    key = ", ".join(quoted(name, dialect) for name in subject.anchors.key)
    anchors = quoted(subject.place(subject.anchors.relation), dialect)
    first = f"SELECT {key} FROM {anchors} ORDER BY {key} LIMIT {_LOOKED_AT}"
    pairs = zip(subject.key, subject.anchors.key, strict=True)
    same = " AND ".join(f"s.{quoted(mine, dialect)} = f.{quoted(theirs, dialect)}" for mine, theirs in pairs)
    rows = f"({first}) AS f JOIN {quoted(subject.place(subject.relation), dialect)} AS s ON {same}"
    found = dict(zip(names, subject.engine.rows(f"SELECT {counts} FROM {rows}")[0], strict=True))
    best = sorted(names, key=lambda name: -int(found[name]))[:FEATURES]
    return [name for name in names if name in best and found[name] > 1]


def _joined(subject: Subject) -> str:
    dialect, anchors = subject.engine.dialect, subject.anchors
    relation = f"{quoted(subject.place(subject.relation), dialect)} AS s"
    if anchors.relation == subject.relation:
        return f"{relation} JOIN (SELECT 1) AS a ON true"
    pairs = zip(subject.key, anchors.key, strict=True)
    on = " AND ".join(f"s.{quoted(mine, dialect)} = a.{quoted(theirs, dialect)}" for mine, theirs in pairs)
    return f"{relation} JOIN {quoted(subject.place(anchors.relation), dialect)} AS a ON {on}"


def _day(subject: Subject) -> str:
    """The calendar day of T0, in the zone of the anchors."""
    engine, anchors = subject.engine, subject.anchors
    table = "s" if anchors.relation == subject.relation else "a"
    if anchors.day is not None:
        return f"{table}.{quoted(anchors.day, engine.dialect)}"
    time = f"{table}.{quoted(anchors.time, engine.dialect)}"
    if _type_of_time(engine, anchors) == "timestamptz":
        zone = anchors.zone.replace("'", "''")
        return f"CAST({time} AT TIME ZONE '{zone}' AS date)"
    return f"CAST({time} AS date)"


def _type_of_time(engine: Engine, anchors: Anchors) -> str:
    described = engine.describe(anchors.relation)
    columns = described.columns if described else ()
    return next((column.dtype for column in columns if column.name == anchors.time), "")


def _median(engine: Engine, value: str) -> str:
    if engine.dialect == "duckdb":
        return f"quantile_disc({value}, 0.5)"
    return f"percentile_disc(0.5) WITHIN GROUP (ORDER BY {value})"


def _number(value: Any) -> float | None:
    if value is None:
        return None
    found = float(value)
    return float(f"{found:.6g}") if math.isfinite(found) else None


def _text(day: dt.date | dt.datetime | str) -> str:
    return day if isinstance(day, str) else day.isoformat()[:10]
