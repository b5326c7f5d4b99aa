"""How the state tables came to be: numbered, applied in order, each recorded once.

A version is only ever added at the end. Statements are ANSI SQL that every engine takes; ``{schema}`` stands for the
quoted schema.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from tzero.engines.catalog import Statement
from tzero.errors import StateError
from tzero.sql.render import quoted
from tzero.state.schema import StateSchema

VERSION_TABLE = "t0_schema_version"
_CREATED = re.compile(r"CREATE TABLE \{schema\}\.(?P<table>\w+)")


@dataclass(frozen=True, slots=True)
class Migration:
    """The step from ``version - 1`` to ``version``."""

    version: int
    why: str
    statements: tuple[str, ...]


MIGRATIONS = (
    Migration(
        1,
        "feature sets and their contracts, definitions, runs",
        (
            """CREATE TABLE {schema}.t0_schema_version (
    version INTEGER NOT NULL PRIMARY KEY,
    why TEXT NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE NOT NULL
)""",
            """CREATE TABLE {schema}.feature_set (
    set_id INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    relation TEXT NOT NULL,
    features_hash TEXT NOT NULL,
    n_features INTEGER NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL
)""",
            """CREATE TABLE {schema}.feature_contract (
    set_id INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    feature_name TEXT NOT NULL,
    dtype TEXT NOT NULL,
    nullable BOOLEAN NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (set_id, ordinal)
)""",
            """CREATE TABLE {schema}.t0_definition (
    relation TEXT NOT NULL,
    role TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    definition TEXT NOT NULL,
    created_sql TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    defined_at TIMESTAMP WITH TIME ZONE NOT NULL
)""",
            """CREATE TABLE {schema}.t0_run (
    run_id BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    command TEXT NOT NULL,
    step TEXT NOT NULL,
    relation TEXT,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE NOT NULL,
    n_rows BIGINT,
    status TEXT NOT NULL,
    detail TEXT,
    PRIMARY KEY (run_id, ordinal)
)""",
        ),
    ),
    Migration(
        2,
        "what a run waited for, and what lets the next one go on with it",
        (
            "ALTER TABLE {schema}.t0_run ADD COLUMN lock_seconds DOUBLE PRECISION",
            "ALTER TABLE {schema}.t0_run ADD COLUMN plan TEXT",
            "ALTER TABLE {schema}.t0_run ADD COLUMN inputs TEXT",
        ),
    ),
    Migration(
        3,
        "definitions that somebody answers for",
        (
            """CREATE TABLE {schema}.t0_accepted (
    number BIGINT NOT NULL PRIMARY KEY,
    relation TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    definition TEXT NOT NULL,
    accepted_by TEXT NOT NULL,
    why TEXT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL
)""",
        ),
    ),
    Migration(
        4,
        "certificates",
        (
            """CREATE TABLE {schema}.t0_certificate (
    number BIGINT NOT NULL PRIMARY KEY,
    certificate_id TEXT NOT NULL,
    relation TEXT NOT NULL,
    verdict TEXT NOT NULL,
    certified_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id BIGINT NOT NULL,
    statement TEXT NOT NULL
)""",
        ),
    ),
    Migration(
        5,
        "baselines, and fingerprints of the rows that they are made from",
        (
            """CREATE TABLE {schema}.t0_baseline (
    number BIGINT NOT NULL PRIMARY KEY,
    relation TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    columns TEXT NOT NULL,
    probe TEXT NOT NULL,
    context TEXT NOT NULL,
    settling_days INTEGER NOT NULL,
    accepted_by TEXT NOT NULL,
    account TEXT NOT NULL,
    why TEXT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL
)""",
            """CREATE TABLE {schema}.t0_baseline_day (
    number BIGINT NOT NULL,
    relation TEXT NOT NULL,
    day TEXT NOT NULL,
    n_rows BIGINT NOT NULL,
    settled BOOLEAN NOT NULL,
    digests TEXT NOT NULL,
    PRIMARY KEY (number, day)
)""",
            """CREATE TABLE {schema}.t0_base (
    series BIGINT NOT NULL PRIMARY KEY,
    relation TEXT NOT NULL,
    source TEXT NOT NULL,
    columns TEXT NOT NULL
)""",
            """CREATE TABLE {schema}.t0_base_row (
    series BIGINT NOT NULL,
    number BIGINT NOT NULL,
    row_key TEXT NOT NULL,
    day DATE,
    row_hash BIGINT
)""",
        ),
    ),
    Migration(
        6,
        "models",
        (
            """CREATE TABLE {schema}.t0_model (
    number BIGINT NOT NULL PRIMARY KEY,
    model_id TEXT NOT NULL,
    relations TEXT NOT NULL,
    certificate_ids TEXT NOT NULL,
    dataset_sha256 TEXT NOT NULL,
    trained_at TIMESTAMP WITH TIME ZONE NOT NULL,
    card TEXT NOT NULL
)""",
        ),
    ),
    Migration(
        7,
        "digests of captured versions",
        (
            """CREATE TABLE {schema}.t0_capture (
    number BIGINT NOT NULL,
    relation TEXT NOT NULL,
    captured_at TIMESTAMP WITH TIME ZONE NOT NULL,
    column_name TEXT NOT NULL,
    n_changes BIGINT NOT NULL,
    digest TEXT NOT NULL,
    sealed_by TEXT NOT NULL,
    why TEXT NOT NULL,
    sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (number, captured_at, column_name)
)""",
        ),
    ),
    Migration(
        8,
        "seals of the days of baselines",
        (
            """CREATE TABLE {schema}.t0_baseline_seal (
    number BIGINT NOT NULL,
    relation TEXT NOT NULL,
    day TEXT NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (number, day)
)""",
        ),
    ),
)
LATEST = MIGRATIONS[-1].version


def tables() -> tuple[str, ...]:
    """Every state table, in the order in which they came to be.

    >>> tables()[:3]
    ('t0_schema_version', 'feature_set', 'feature_contract')
    """
    created = (_CREATED.match(sql) for migration in MIGRATIONS for sql in migration.statements)
    return tuple(found["table"] for found in created if found)


def version(state: StateSchema) -> int:
    """The version that the database is at; 0 before the first."""
    found = state.rows(VERSION_TABLE, "SELECT max(version) FROM {table}")
    return int(found[0][0] or 0) if found else 0


def require_known(state: StateSchema) -> int:
    """The version of the database. Raises StateError where a newer tzero has migrated it."""
    found = version(state)
    if found > LATEST:
        raise StateError(
            f"the state in schema {state.name} is at version {found}, this tzero knows up to {LATEST}",
            fix="use the tzero that wrote it, or a newer one",
        )
    return found


def pending(state: StateSchema) -> tuple[Migration, ...]:
    """The migrations that the database still lacks, oldest first."""
    found = require_known(state)
    return tuple(migration for migration in MIGRATIONS if migration.version > found)


def statements(state: StateSchema, migration: Migration) -> tuple[Statement, ...]:
    schema = quoted(state.name, state.engine.dialect)
    return tuple(Statement(sql.replace("{schema}", schema), "the new tables alone") for sql in migration.statements)


def record(state: StateSchema, migration: Migration) -> None:
    state.write(
        VERSION_TABLE,
        "INSERT INTO {table} (version, why, applied_at) VALUES (?, ?, ?)",
        [migration.version, migration.why, dt.datetime.now(dt.UTC)],
    )
