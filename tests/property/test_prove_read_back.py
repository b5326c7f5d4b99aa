"""The verdict on a view as PostgreSQL gives it back: parentheses, casts and names of its own, the same meaning."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from tests.property.prove_queries import query
from tests.servers import fresh_database
from tests.specs.reading import HERE, cases

from tzero.prove import Declarations, parse_toml, prove

SHARED = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()
# PostgreSQL reads the clock and the session's zone when the view is created: it keeps another query, of constants.
FOLDED = {"the word now", "a series of texts, which are instants of the session's zone"}
Connection = psycopg.Connection[tuple[str]]


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    with psycopg.connect(fresh_database(), autocommit=True) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def read_back(connection: Connection, sql: str, declarations: Declarations) -> str | None:
    """The text of a view of the query over tables as they are declared; None where PostgreSQL refuses it."""
    with connection.transaction(force_rollback=True):
        try:
            for relation in declarations.relations.values():
                columns = ", ".join(f"{name} {type_}" for name, type_ in relation.columns.items())
                connection.execute(f"CREATE TABLE {relation.name} ({columns.replace('double', 'float8')})".encode())
            connection.execute(f"CREATE VIEW v AS {sql}".encode())
            found = connection.execute("SELECT pg_get_viewdef('v'::regclass)").fetchone()
        except psycopg.Error:
            return None
    return found[0] if found else None


def test_the_literate_cases(connection: Connection) -> None:
    tried = [(c.title, c.sql, c.declarations) for c in cases() if c.dialect != "spark" and c.title not in FOLDED]
    assert _compared(connection, tried) >= 70


def test_random_queries(connection: Connection) -> None:
    tried = [(sql, sql, SHARED) for sql in (query(f"read back {number}") for number in range(120))]
    assert _compared(connection, tried) >= 40


def _compared(connection: Connection, tried: list[tuple[str, str, Declarations]]) -> int:
    """How many queries PostgreSQL took; each has one verdict as it was written and as it was given back."""
    compared, proved = 0, 0
    for title, sql, declarations in tried:
        text = read_back(connection, sql, declarations)
        if text is not None:
            written, given = (prove(told, declarations, dialect="postgres") for told in (sql, text))
            assert given.proved == written.proved, f"{title}\n{text}"
            compared, proved = compared + 1, proved + written.proved
    assert 0 < proved < compared
    return compared
