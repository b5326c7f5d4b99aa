"""A condition that is proved to let only earlier moments through lets no later one through in the database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import duckdb
import psycopg
import pytest
from tests.property.moments import DUCKDB, MOMENTS, PAIRS, POSTGRES, TYPES, ZONES, Conditions
from tests.servers import fresh_database, versions

from tzero.errors import UsageError
from tzero.prove import Declarations, parse_toml, prove

Rows = Callable[[str], list[tuple[Any, ...]]]
NUMBER = int(os.environ.get("TZERO_MOMENTS", "400"))
DECLARED = """
anchor = "t0"
own = "sales"
{zone}

[relations.visits]
key = ["id"]
time = "made"
not_null = ["id", "made"]
columns = {{ id = "integer", made = "{event}" }}

[relations.sales]
key = ["id"]
time = "made"
not_null = ["id", "made"]
columns = {{ id = "integer", made = "{anchor}" }}
"""


@contextmanager
def _duckdb() -> Iterator[Rows]:
    with duckdb.connect() as connection:
        yield lambda sql: connection.execute(sql).fetchall()


@contextmanager
def _postgres() -> Iterator[Rows]:
    with psycopg.connect(fresh_database(), autocommit=True, prepare_threshold=None) as connection:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            found = connection.execute(sql.encode())
            return found.fetchall() if found.description else []

        yield rows


@pytest.fixture(params=["duckdb", pytest.param("postgres", marks=pytest.mark.skipif(not versions(), reason="none"))])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def rows(dialect: str) -> Iterator[Rows]:
    """A database of the moments as every type."""
    with _duckdb() if dialect == "duckdb" else _postgres() as found:
        found("SET TimeZone = 'UTC'")
        for type_ in TYPES:
            found(f"CREATE TABLE as_{type_} (made {type_})")
            values = ", ".join(f"(CAST(TIMESTAMP '{moment}' AS {type_}))" for moment in MOMENTS)
            found(f"INSERT INTO as_{type_} VALUES {values}")
        yield found


def _proved(condition: str, event: str, anchor: str, zone: str, dialect: str) -> bool:
    query = f"SELECT s.id, s.made AS t0, (SELECT COUNT(*) FROM visits q WHERE {condition}) AS number FROM sales s"
    try:
        return prove(query, _declared(event, anchor, zone), dialect=dialect).proved
    except UsageError:  # it does not parse
        return False


def _declared(event: str, anchor: str, zone: str) -> Declarations:
    told = f'zone = "{zone}"' if zone else ""
    return parse_toml(DECLARED.format(event=event, anchor=anchor, zone=told)).for_query()


def _later(condition: str, event: str, anchor: str, zone: str, rows: Rows) -> list[tuple[Any, ...]]:
    """A pair that the condition lets through, of which the event is not before the anchor; in some session's zone.

    A declared zone is that of the session. Without one, wall readings and instants are compared in UTC.
    """
    for session in (zone,) if zone else ZONES:
        rows(f"SET TimeZone = '{session}'")
        mine, other = _wall("q.made", event, anchor, zone), _wall("s.made", anchor, event, zone)
        found = rows(
            f"SELECT q.made, s.made FROM as_{event} AS q, as_{anchor} AS s "
            f"WHERE ({condition}) AND {mine} >= {other} LIMIT 1"
        )
        if found:
            return [(session, *pair) for pair in found]
    return []


def _wall(moment: str, type_: str, other: str, zone: str) -> str:
    if type_ == other or "timestamptz" not in (type_, other):
        return moment
    return f"CAST({moment} AT TIME ZONE '{zone or 'UTC'}' AS timestamp)" if type_ == "timestamptz" else moment


def test_nothing_later_passes_what_is_proved(dialect: str, rows: Rows) -> None:
    random = Random(os.environ.get("TZERO_SEED", "moments"))
    conditions = Conditions(random, DUCKDB if dialect == "duckdb" else POSTGRES, "q.made", "s.made")
    proved = run = 0
    for _ in range(NUMBER):
        event, anchor = random.choice(PAIRS)
        zone, condition = random.choice(("", "", "Europe/Berlin", "UTC")), conditions.draw()
        if not _proved(condition, event, anchor, zone, dialect):
            continue
        proved += 1
        try:
            found = _later(condition, event, anchor, zone, rows)
        except (duckdb.Error, psycopg.Error):
            continue  # what the database refuses shows nothing to anybody
        run += 1
        assert not found, f"{condition} of {event} and {anchor} in zone {zone or 'none'} lets through {found}"
    assert run > 0.02 * NUMBER
    assert run > 0.8 * proved


def test_a_date_is_an_instant_before_it_is_read_in_a_zone(rows: Rows, dialect: str) -> None:
    """PostgreSQL casts a date to timestamptz, and not to timestamp, before AT TIME ZONE; this was proved once."""
    condition = "s.made AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC' >= q.made"
    assert bool(_later(condition, "date", "date", "UTC", rows)) == (dialect == "postgres")
    assert not _proved(condition, "date", "date", "UTC", dialect)


@pytest.mark.parametrize("dialect", ["duckdb"], indirect=True)
def test_duckdb_reads_dates_in_a_way_of_its_own(rows: Rows, dialect: str) -> None:
    """A date at a zone is TIMESTAMPTZ_NS there, compared as if times were of UTC; a bin of dates is a date."""
    for condition, zone in (
        ("CAST(q.made AS DATE) AT TIME ZONE 'Europe/Berlin' < s.made", "Europe/Berlin"),
        ("TIME_BUCKET(INTERVAL '15 hours', CAST(q.made AS DATE)) <= s.made - INTERVAL '24 hours'", "UTC"),
    ):
        assert _later(condition, "date", "date", zone, rows), condition
        assert not _proved(condition, "date", "date", zone, dialect), condition
    weekly = "TIME_BUCKET(INTERVAL '7 days', q.made) < TIME_BUCKET(INTERVAL '7 days', s.made)"
    assert _proved(weekly, "date", "date", "UTC", dialect)


def test_the_grid_shows_what_is_not_strict(dialect: str, rows: Rows) -> None:
    """Not one of these is proved; were one, the moments would show that it lets a later one through."""
    for condition in (
        "q.made <= s.made",
        "CAST(q.made AS DATE) <= CAST(s.made AS DATE)",
        "q.made - INTERVAL '1 month' <= s.made - INTERVAL '1 month'",
        "EXTRACT(EPOCH FROM q.made) - 1 < EXTRACT(EPOCH FROM s.made)",
        "EXTRACT(DOY FROM q.made) < EXTRACT(DOY FROM s.made)",
    ):
        for type_ in ("timestamp", "timestamptz"):
            assert _later(condition, type_, type_, "UTC", rows), condition
            assert not _proved(condition, type_, type_, "UTC", dialect), condition
