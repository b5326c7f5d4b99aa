"""Random nearly-safe queries: what is proved is never falsified. The long run is ``prove_long``."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import pytest
from tests.property import prove_long
from tests.property.prove_queries import query
from tests.specs.reading import HERE

from tzero.prove import parse_toml

SHARED = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8")).for_query()


def test_no_random_query_is_proved_and_falsified() -> None:
    run = prove_long.Run(SHARED, worlds=30)
    for number in range(36):
        run.try_one(query(f"ci {number}"))
    assert not run.wrong, "\n\n".join(run.wrong)
    assert run.counts["proved"] >= 6
    assert run.counts["worlds"] >= 150


def test_a_wrong_proof_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a prover that believes everything, a query that leaks is one proved and falsified."""
    monkeypatch.setattr(prove_long, "prove", lambda *_, **__: SimpleNamespace(proved=True))
    run = prove_long.Run(SHARED, worlds=400)
    leaks = "SELECT s.id, s.made AS t0, (SELECT COUNT(*) FROM sales o WHERE o.made <= s.made) AS f FROM sales s"
    assert run.try_one(leaks)
    assert len(run.wrong) == 1


def test_the_grammar_writes_what_runs() -> None:
    connection = duckdb.connect()
    for name, relation in SHARED.relations.items():
        columns = ", ".join(f"{column} {type_}" for column, type_ in relation.columns.items())
        connection.execute(f"CREATE TABLE {name} ({columns})")
    for number in range(150):
        connection.execute(query(f"grammar {number}"))
