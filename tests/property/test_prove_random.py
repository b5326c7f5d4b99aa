"""Random nearly-safe queries: what is proved is never falsified. The long run is ``prove_long``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import duckdb
import pytest
from tests.property.prove_dialects import understood
from tests.property.prove_faults import FAULTS, Fault
from tests.property.prove_long import Run, Stream
from tests.property.prove_mutants import smaller
from tests.property.prove_queries import query
from tests.property.prove_settings import declared, worlds_of
from tests.property.prove_worlds import Worlds

from tzero.prove import Declarations

DECLARED: Declarations = declared()


@pytest.fixture(scope="module")
def worlds() -> Iterator[Worlds]:
    found = worlds_of("ci", databases=4, futures=6)
    yield found
    found.close()


def test_no_random_query_is_proved_and_falsified(worlds: Worlds) -> None:
    run, stream = Run(), Stream(1)
    for sql, _ in zip(stream, range(100), strict=False):
        if run.try_one(sql, DECLARED, lambda: worlds):
            stream.keep(sql)
    assert not run.wrong, "\n\n".join(run.wrong)
    assert run.counts["proved and run"] >= 20
    assert run.counts["runs"] >= 600


def test_nor_on_postgres() -> None:
    """The same grammar without what only DuckDB understands, asked of a PostgreSQL."""
    run, stream = Run(dialect="postgres"), Stream(1, "postgres")
    found = worlds_of("ci", databases=2, futures=4, dialect="postgres")
    for sql, _ in zip(stream, range(30), strict=False):
        run.try_one(sql, DECLARED, lambda: found)
    found.close()
    assert not run.wrong, "\n\n".join(run.wrong)
    assert run.counts["proved and run"] >= 6
    assert run.counts["could not run"] <= 2


def test_postgres_shows_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[0].plant(monkeypatch)
    run, found = Run(dialect="postgres", shrinking=0), worlds_of("ci", databases=2, futures=6, dialect="postgres")
    assert not run.try_one(FAULTS[0].sql, DECLARED, lambda: found)
    found.close()
    assert len(run.wrong) == 1


def test_what_only_duckdb_understands_is_left_out() -> None:
    assert understood("SELECT max(a), first FROM t", "postgres")
    for text in (
        "list(a)",
        "a QUALIFY RANK() OVER () = 1",
        "1 FROM t SEMI JOIN u ON TRUE",
        "COUNT(DISTINCT a) OVER ()",
        "list_filter(a, lambda x: x > 1)",
    ):
        assert understood(f"SELECT {text}", "duckdb")
        assert not understood(f"SELECT {text}", "postgres")


@cache
def _more_worlds(number: int) -> Worlds:
    """Other data, for what a few databases need not show."""
    return worlds_of(f"more {number}", databases=4, futures=8)


def _shown(fault: Fault, worlds: Worlds) -> bool:
    """Whether a planted fault proves its query, and the worlds falsify it."""
    broken = Run(shrinking=0)
    broken.try_one(fault.sql, DECLARED, lambda: worlds)
    assert broken.counts["proved"] == 1
    return len(broken.wrong) == 1


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_wrong_rule_is_caught(fault: Fault, worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one rule of the prover broken, a query is proved that leaks, and the worlds show that it does."""
    run = Run(shrinking=0)
    assert not run.try_one(fault.sql, DECLARED, lambda: worlds)
    assert run.counts["proved"] == 0
    fault.plant(monkeypatch)
    assert any(_shown(fault, found) for found in itertools.chain([worlds], map(_more_worlds, range(12))))


def test_what_is_wrong_is_made_small(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    FAULTS[0].plant(monkeypatch)
    run = Run(shrinking=5)
    leaks = (
        "SELECT s.id, s.made AS t0, s.price AS p, (SELECT COUNT(*) FROM sales AS o "
        "WHERE o.price > 1 AND o.made <= s.made) AS f FROM sales AS s LEFT JOIN shops AS h ON h.shop = s.shop"
    )
    run.try_one(leaks, DECLARED, lambda: worlds)
    least = run.wrong[0].splitlines()[0]
    assert "<=" in least
    assert "JOIN" not in least
    assert "s.price" not in least
    assert least not in set(smaller(least))


@pytest.mark.parametrize("wide", [False, True])
def test_the_grammar_writes_what_runs(wide: bool) -> None:
    connection = duckdb.connect()
    for name, relation in DECLARED.relations.items():
        columns = ", ".join(f"{column} {type_}" for column, type_ in relation.columns.items())
        connection.execute(f"CREATE TABLE {name} ({columns})")
    ran = 0
    for number in range(100):
        try:
            connection.execute(query(f"grammar {number}", wide=wide))
        except duckdb.BinderException:
            continue
        ran += 1
    assert ran >= (90 if wide else 100)
