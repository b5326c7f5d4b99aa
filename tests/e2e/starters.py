"""A starter's project over raw tables that a test chooses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.oracle.description import Row, Table

import tzero
from tzero.sql.names import RelationName
from tzero.starters.demo.folder import lay_out


def built(starter: str, folder: Path, raw: Mapping[str, pa.Table]) -> tzero.Project:
    """The starter with its upstream relations, applied to raw tables in the folder's own database."""
    lay_out(starter, folder)
    return applied(folder, raw)


def applied(folder: Path, raw: Mapping[str, pa.Table], target: str | None = None) -> tzero.Project:
    project = tzero.open(folder, target=target)
    with project.session() as engine, engine.transaction():
        for name in dict.fromkeys(relation.split(".")[0] for relation in raw):
            for statement in engine.schema_statements(name):
                engine.execute(statement.sql)
        for relation, rows in raw.items():
            engine.load(RelationName.parse(relation), rows.to_reader())
    project.apply()
    return project


def relation(project: tzero.Project, name: str) -> pa.Table:
    with project.session(read_only=True) as engine:
        return engine.arrow(f"SELECT * FROM {name}").read_all()


def rows_of(found: pa.Table) -> list[Row]:
    """The rows, instants in UTC."""
    return [{name: _in_utc(value) for name, value in row.items()} for row in found.to_pylist()]


def as_table(found: pa.Table) -> Table:
    """Rows for the oracle, which asks for no types of tables that are there already."""
    return Table(dict.fromkeys(found.column_names, ""), rows_of(found))


def ordered(found: pa.Table) -> pa.Table:
    """The rows in the order of all columns, so that two tables of equal rows are equal."""
    return found.sort_by([(name, "ascending") for name in found.column_names]).combine_chunks()


def _in_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value
