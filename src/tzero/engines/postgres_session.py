"""A session with PostgreSQL: in UTC, with an empty search path, and freed by the server when its client is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg

from tzero.engines.postgres_options import Options, libpq_url
from tzero.engines.targets import Target

Connection = psycopg.Connection[Any]
_PINNED = (
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("search_path", ""),
    ("client_encoding", "UTF8"),
    # the queries of a store are long and their costs overestimated: to compile one takes longer than to run it
    ("jit", "off"),
)
_SET = "SELECT pg_catalog.set_config($1, $2, false)"
_DURABLE = "SELECT pg_catalog.set_config($1, 'on', false) WHERE pg_catalog.current_setting($1) = 'off'"


def connect(target: Target) -> Connection:
    return psycopg.connect(
        libpq_url(target.url),
        autocommit=True,
        prepare_threshold=None,
        cursor_factory=psycopg.RawCursor,
        fallback_application_name="tzero",
    )


def open_session(target: Target, options: Options, *, read_only: bool) -> Connection:
    """Connect and pin the session; every name in a statement says its schema."""
    connection = connect(target)
    for setting, value in (*settings(options), ("default_transaction_read_only", "on" if read_only else "off")):
        connection.execute(_SET, [setting, value])
    # what was reported as done is on disk, also where the server's own default would only promise it
    connection.execute(_DURABLE, ["synchronous_commit"])
    # a client that was killed would else hold its locks to the end of its statement; not every platform can tell
    with suppress(psycopg.Error):
        connection.execute(_SET, ["client_connection_check_interval", "1s"])
    return connection


def settings(options: Options) -> Iterator[tuple[str, str]]:
    """What every session is set to: its results do not depend on the server's or the role's own settings."""
    yield from _PINNED
    yield "lock_timeout", options.lock_timeout
    yield "statement_timeout", options.statement_timeout
