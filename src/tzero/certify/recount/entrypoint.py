"""Whether a feature view shows, on every row, the statistics that are kept for its key."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.certify.counting import listed
from tzero.certify.gate import Finding
from tzero.certify.recount.events import on_scale
from tzero.certify.recount.stored import Stored
from tzero.certify.subject import Subject
from tzero.features.rows import T0
from tzero.features.statistics import COUNTS
from tzero.sql.render import quoted


def shown_otherwise(subject: Subject, item: Stored) -> Iterator[Finding]:
    """A finding for each column that differs from its statistics on some row."""
    engine, dialect = subject.engine, subject.engine.dialect
    joined = _joined(subject, item)
    tests = {name: _differs(name, item, dialect) for name in item.statistics}
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test in tests.values())
    numbers = engine.rows(f"SELECT count(*), {counts} FROM {joined}")[0]
    for (name, test), number in zip(tests.items(), numbers[1:], strict=True):
        if not number:
            continue
        column = quoted(name, dialect)
        shown = f"SELECT {listed(engine, subject.key, 'e')}, e.{column}, s.{column} FROM {joined} WHERE {test} LIMIT 1"
        *key, found, kept = engine.rows(shown)[0]
        at = ", ".join(str(value) for value in key)
        yield Finding(
            "B2.shown",
            f"{number:,} of {numbers[0]:,} rows show another {name} than {item.relation.name} keeps for them; "
            f"row ({at}) shows {found}, kept is {kept}",
            str(subject.relation),
            name,
            "restore the view with tzero apply",
            {"key": at, "found": str(found), "kept": str(kept)},
        )


def _joined(subject: Subject, item: Stored) -> str:
    assert subject.deployment is not None
    dialect, rows = subject.engine.dialect, subject.deployment.rows
    anchor, *keys = item.relation.key
    at = on_scale(f"o.{quoted(T0, dialect)}", rows.types[T0], item.population.anchor)
    own = " AND ".join(f"o.{quoted(name, dialect)} = e.{quoted(name, dialect)}" for name in subject.key)
    kept = [f"s.{quoted(anchor, dialect)} = {at}"]
    kept += [f"s.{quoted(name, dialect)} = o.{quoted(name, dialect)}" for name in keys]
    return (
        f"{quoted(subject.place(subject.relation), dialect)} AS e JOIN ({subject.render(rows.query)}) AS o ON {own} "
        f"LEFT JOIN {quoted(item.relation.name, dialect)} AS s ON {' AND '.join(kept)}"
    )


def _differs(name: str, item: Stored, dialect: str) -> str:
    kept = f"s.{quoted(name, dialect)}"
    if item.statistics[name].kind in COUNTS:
        kept = f"coalesce({kept}, 0)"
    return f"e.{quoted(name, dialect)} IS DISTINCT FROM {kept}"
