"""Values that drivers take for the same, and those that are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.labelled.measure import engine_of
from tests.servers import versions
from tests.unit.falsify.shop import shop

from tzero.falsify import Outcome, falsify
from tzero.falsify.bench import Bench, Output
from tzero.falsify.temporary import TemporaryBench

POSTGRES = pytest.param("postgres", marks=pytest.mark.skipif(not versions(), reason="no PostgreSQL server here"))
OTHERS = {
    "duckdb": (
        ("INTERVAL 1 MONTH", "INTERVAL 30 DAYS"),
        ("INTERVAL 1 DAY", "INTERVAL 24 HOURS"),
        ("[INTERVAL 1 MONTH]", "[INTERVAL 30 DAYS]"),
        ("{'a': INTERVAL 1 MONTH}", "{'a': INTERVAL 30 DAYS}"),
        ("TIMETZ '12:00:00+00'", "TIMETZ '13:00:00+01'"),
        ("0.0::DOUBLE", "-0.0::DOUBLE"),
        ("'infinity'::TIMESTAMP", "'9999-12-31 23:59:59.999999'::TIMESTAMP"),
        ("'infinity'::TIMESTAMPTZ", "'-infinity'::TIMESTAMPTZ"),
        ("'infinity'::DATE", "DATE '9999-12-31'"),
        ("'290000-01-01'::TIMESTAMP", "'290000-01-02'::TIMESTAMP"),
        ("'a'", "'a '"),
        ("'NaN'", "NULL"),
        ("[NULL]", "[]"),
        ("[1, NULL]", "[NULL, 1]"),
        ("{'a': NULL}", "NULL"),
        ("MAP {1: 'a', 2: 'b'}", "MAP {2: 'b', 1: 'a'}"),
        ("'null'::JSON", "NULL::JSON"),
    ),
    "postgres": (
        ("interval '1 month'", "interval '30 days'"),
        ("interval '1 day'", "interval '24 hours'"),
        ("ARRAY[interval '1 month']", "ARRAY[interval '30 days']"),
        ("timetz '12:00+00'", "timetz '13:00+01'"),
        ("0.0::float8", "'-0.0'::float8"),
        ("'infinity'::timestamptz", "'20000-01-01'::timestamptz"),
        ("'infinity'::timestamp", "'-infinity'::timestamp"),
        ("'infinity'::date", "date '9999-12-31'"),
        ("'a'::text", "'a '::text"),
        ("ARRAY[NULL::int]", "ARRAY[]::int[]"),
        ("'null'::jsonb", "NULL::jsonb"),
        ("'{\"a\": 1}'::jsonb", "'{\"a\": true}'::jsonb"),
        ("'[[\"a\", 1]]'::jsonb", "'{\"a\": 1}'::jsonb"),
    ),
}
"""Two values that are not the same."""
ALIKE = {
    "duckdb": (
        ("INTERVAL 1 MONTH", "INTERVAL 1 MONTH"),
        ("'NaN'::DOUBLE", "-('NaN'::DOUBLE)"),
        ("['NaN'::DOUBLE]", "['NaN'::DOUBLE]"),
        ("MAP {'NaN'::DOUBLE: 1}", "MAP {'NaN'::DOUBLE: 1}"),
        ("'infinity'::TIMESTAMPTZ", "'infinity'::TIMESTAMPTZ"),
        ("TIMESTAMPTZ '2024-01-01 12:00+01'", "TIMESTAMPTZ '2024-01-01 11:00+00'"),
        ("1.10::DECIMAL(5, 2)", "1.1::DECIMAL(5, 2)"),
    ),
    "postgres": (
        ("'NaN'::numeric", "'NaN'::numeric"),
        ("'NaN'::float8", "'NaN'::float8"),
        ("1.10::numeric", "1.1::numeric"),
        ("'infinity'::timestamptz", "'infinity'::timestamptz"),
        ("timestamptz '2024-01-01 12:00+01'", "timestamptz '2024-01-01 11:00+00'"),
        ('\'{"a": 1, "b": 2}\'::jsonb', '\'{"b": 2, "a": 1}\'::jsonb'),
    ),
}
"""Two ways to write one value: decimals of another scale are the same number."""


@pytest.fixture(scope="module", params=["duckdb", POSTGRES])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with engine_of(request.param) as engine:
        made = TemporaryBench(engine, (), {}, "postgres") if engine else Bench((), {}, "duckdb")
        with closing(made):
            yield made


def read(bench: Bench, value: str) -> Output:
    return bench.run(f"-- one\nSELECT 1 AS n, {value} AS v, TIMESTAMPTZ '2024-01-01 10:00:00.5+00' AS at; ")


def test_what_is_not_the_same_is_told_apart(bench: Bench) -> None:
    for one, other in OTHERS[bench.engine.dialect]:
        assert read(bench, one).rows != read(bench, other).rows, f"{one} and {other}"


def test_what_is_the_same_stays_the_same(bench: Bench) -> None:
    for one, other in ALIKE[bench.engine.dialect]:
        assert read(bench, one).rows == read(bench, other).rows, f"{one} and {other}"


def test_a_time_is_the_same_however_it_is_read(bench: Bench) -> None:
    """Beside an infinity times are read as texts: they stay the times that they are, in any session."""
    plain, text = read(bench, "DATE '2024-01-01'"), read(bench, "CAST('infinity' AS date)")
    assert plain.columns == text.columns == ("n", "v", "at")
    assert plain.rows[0][2] == text.rows[0][2]
    assert text.rows[0][1] == "infinity"
    bench.use_zone("Asia/Kolkata")
    assert read(bench, "CAST('infinity' AS date)").rows == text.rows
    bench.use_zone("UTC")


WITHOUT_END = """
SELECT s.id, s.sold_at AS t0, (SELECT CASE WHEN count(*) > 0 THEN {} ELSE {} END FROM sales o WHERE {}) AS span
FROM sales s
"""


@pytest.mark.parametrize("dialect", ["duckdb", POSTGRES])
@pytest.mark.parametrize(
    "values",
    [("INTERVAL '1 month'", "INTERVAL '30 days'"), ("CAST('infinity' AS date)", "DATE '9999-12-31'")],
    ids=["interval", "infinity"],
)
def test_a_leak_may_lie_between_values_that_drivers_take_for_the_same(dialect: str, values: tuple[str, str]) -> None:
    with engine_of(dialect) as engine:
        for sign, outcome in (("<=", Outcome.LEAK), ("<", Outcome.CLEAN)):
            query = WITHOUT_END.format(*values, f"o.brand = s.brand AND o.id <> s.id AND o.sold_at {sign} s.sold_at")
            trial = falsify(query, shop(), dialect=dialect, engine=engine, seconds=30, worlds=60)
            assert trial.outcome is outcome, str(trial)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Oslo"])
def test_an_anchor_without_end_is_after_all_others(zone: str) -> None:
    t0 = "CASE WHEN s.brand = 'a' THEN CAST('infinity' AS timestamptz) ELSE s.sold_at END"
    query = f"SELECT s.id, {t0} AS t0, (SELECT count(*) FROM sales o WHERE {{}}) AS n FROM sales s"
    assert falsify(query.format("o.id <> s.id"), shop(zone=zone), seconds=20, worlds=200).outcome is Outcome.LEAK
    trial = falsify(query.format(f"o.sold_at < {t0}"), shop(zone=zone), seconds=20, worlds=40)
    assert trial.outcome is Outcome.CLEAN, str(trial)
