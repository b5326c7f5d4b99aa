"""The rows that a subject is made from, as keys, days and hashes: the evidence for what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tzero.certify.baseline.forms import Form, day_of
from tzero.certify.baseline.seals import hash_of_row, probe_of_rows
from tzero.certify.subject import Subject
from tzero.engines.catalog import ColumnInfo, Description
from tzero.engines.row_hash import hash_probe, row_hash
from tzero.falsify.closure import closure_of
from tzero.prove import Relation
from tzero.sql.columns import column_names, names_every_column
from tzero.sql.names import RelationName
from tzero.sql.select import select_columns


@dataclass(frozen=True, slots=True)
class SourceRows:
    """One source: ``query`` gives ``row_key``, ``day`` and ``row_hash`` of each row.

    ``hashed`` says of what the hashes are: the columns, and what the engine's own hash gives for known values. The day
    of a row is that on which it was known, NULL where nothing says so.
    """

    source: RelationName
    hashed: tuple[str, ...]
    query: str
    dated: bool


def sources_of(subject: Subject) -> tuple[SourceRows, ...]:
    """Every declared source that is there, data files too."""
    return tuple(_sources(subject))


def _sources(subject: Subject) -> Iterator[SourceRows]:
    named = _named(subject)
    for name in sorted(subject.sources, key=str):
        described = subject.engine.describe(name)
        declared = subject.declarations.relation(str(name)) or Relation(str(name))
        if described is not None:
            yield _rows(subject, described, declared, named)


def _rows(subject: Subject, described: Description, declared: Relation, named: frozenset[str] | None) -> SourceRows:
    dialect = subject.engine.dialect
    times = [name.lower() for name in (declared.time, declared.known_at) if name]
    wanted = {*declared.key, *times}
    columns = [c for c in described.columns if named is None or c.name.lower() in named or c.name.lower() in wanted]
    forms = {column.name.lower(): Form(column, dialect, "r") for column in columns}
    key = [forms[name] for name in declared.key if name in forms] or list(forms.values())
    days = [_day(subject, forms[name], declared) for name in times if name in forms]
    day = f"greatest({', '.join(days)})" if len(days) > 1 else days[0] if days else "CAST(NULL AS date)"
    rows = select_columns(described.name, [column.name for column in columns])
    query = (
        f"SELECT {' || '.join(form.part for form in key)} AS row_key, {day} AS day, "
        f"{_row_hash(columns, list(forms.values()), dialect)} AS row_hash "
        f"FROM ({subject.engine.render(rows)}) AS r"
    )
    how = hash_probe(subject.engine) if dialect == "duckdb" else probe_of_rows(subject.engine)
    return SourceRows(described.name, (*(column.name for column in columns), how), query, bool(days))


def _row_hash(columns: Iterable[ColumnInfo], forms: Sequence[Form], dialect: str) -> str:
    """A whole number of 63 bits or more for all values of a row: the engine's own hash, which costs far less than one
    of their text."""
    if dialect == "duckdb":
        return f"CAST({row_hash(columns, 'r')} >> 1 AS bigint)"
    return hash_of_row(forms)


def _day(subject: Subject, time: Form, declared: Relation) -> str:
    """The day of a time, moved back by how long after T0 the relation's rows may still become known."""
    allowed = subject.declarations.query.tolerance_of(declared.name)
    late = allowed if time.name.lower() == declared.known else timedelta(0)
    return day_of(time, subject.anchors.zone, late)


def _named(subject: Subject) -> frozenset[str] | None:
    """The columns that the closure names; None where a star may stand for any."""
    closure = closure_of(subject.engine, subject.relation, subject.views)
    found: set[str] = set()
    for _, tree in closure.views:
        if names_every_column(tree):
            return None
        found |= column_names(tree)
    return frozenset(found)
