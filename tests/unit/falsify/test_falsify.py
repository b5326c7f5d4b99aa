from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.specs.reading import cases
from tests.unit.falsify.shop import SALES, shop

from tzero.errors import DeclarationError, ExpressionError
from tzero.falsify import Outcome, Trial, falsify
from tzero.prove import PRESENCE, Declarations, Query, Relation

COUNT = "SELECT s.id, s.sold_at AS t0, (SELECT count(*) FROM sales o WHERE o.brand = s.brand AND {}) AS n FROM sales s"
LEAKY, SAFE = COUNT.format("o.sold_at <= s.sold_at"), COUNT.format("o.sold_at < s.sold_at")
BY_DAY = """
WITH d AS (SELECT brand, CAST(sold_at AT TIME ZONE 'UTC' AS DATE) AS day, count(*) AS n FROM sales GROUP BY 1, 2)
SELECT brand, day AS t0, sum(n) OVER (PARTITION BY brand ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND {}) AS n
FROM d
"""
SAFE_QUERIES = {
    "as-of count": (SAFE, shop()),
    "late value through a threshold": (
        "SELECT s.id, s.sold_at AS t0, coalesce(s.closed_at < s.sold_at, FALSE) AS closed FROM sales s",
        shop(),
    ),
    "knowledge time": (
        "SELECT s.id, s.sold_at AS t0, count(n.id) AS n FROM sales s LEFT JOIN notes n"
        " ON n.id = s.id AND n.read_at < s.sold_at GROUP BY ALL",
        shop(),
    ),
    "own row": (
        "SELECT s.id, s.sold_at AS t0, s.price * 2 AS twice, b.country FROM sales s LEFT JOIN brands b USING (brand)",
        shop(),
    ),
    "days with a spine": (BY_DAY.format("1 PRECEDING"), shop(None, spine=("brand", "t0"))),
    "own rows by another name": (SAFE.replace("s.id,", "s.id AS sale,"), shop()),
}  # fmt: skip


@pytest.mark.parametrize("name", SAFE_QUERIES)
def test_safe_queries_have_no_witness(name: str) -> None:
    trial = falsify(*SAFE_QUERIES[name], seconds=20, worlds=120)
    assert trial.outcome is Outcome.CLEAN, str(trial)


def leak(query: str, asked: Declarations, **budget: Any) -> Trial:
    trial = falsify(query, asked, **({"seconds": 20, "worlds": 600} | budget))
    assert trial.outcome is Outcome.LEAK, str(trial)
    return trial


def test_a_witness_is_shrunk_to_the_rows_that_matter() -> None:
    witness = leak(LEAKY, shop(), mutations=["add"]).witness
    assert witness is not None
    assert witness.column == "n"
    (change,) = witness.changes
    assert change.relation == "sales"
    assert change.before is None
    assert change.after is not None
    assert change.after["sold_at"] == witness.cut, "the future row is at the cut itself"
    assert witness.rows is not None
    ((beside,),) = witness.rows.values()
    assert beside["brand"] == change.after["brand"]
    assert witness.difference.before is not None
    assert witness.difference.after is not None
    assert (witness.difference.before["n"], witness.difference.after["n"]) == (1, 2)


def test_a_witness_can_be_read_and_is_json() -> None:
    trial = leak(LEAKY, shop(), mutations=["add"])
    found = json.loads(json.dumps(trial.to_json()))
    assert found["witness"]["column"] == "n"
    assert found["witness"]["changes"][0]["verb"] == "added"
    text = str(trial)
    assert "added in sales: id" in text
    assert "n: 1 -> 2" in text


def test_presence_is_compared_too() -> None:
    query = "SELECT DISTINCT s.id, s.sold_at AS t0 FROM sales s JOIN notes n ON n.id = s.id"
    witness = leak(query, shop()).witness
    assert witness is not None
    assert witness.column == PRESENCE


def test_a_row_without_an_anchor_may_not_change() -> None:
    on = "n.id = s.id AND n.read_at < s.sold_at"
    query = f"SELECT s.id, s.sold_at AS t0 FROM sales s FULL JOIN notes n ON {on} GROUP BY ALL"
    leak(query, shop())


def test_days_are_cut_at_their_start() -> None:
    leak(BY_DAY.format("CURRENT ROW"), shop(None, spine=("brand", "t0")))


def test_the_keys_of_a_spine_are_a_given_and_those_of_a_grid_are_not() -> None:
    query = "SELECT DISTINCT brand, DATE '2024-04-01' AS t0 FROM sales"
    assert falsify(query, shop(None, spine=("brand", "t0")), seconds=20, worlds=80).witness is None
    leak(query, shop(None))


def test_an_anchor_that_is_not_shown_is_the_own_rows_time() -> None:
    leak(LEAKY.replace("s.sold_at AS t0, ", ""), shop())
    assert falsify(SAFE.replace("s.sold_at AS t0, ", ""), shop(), seconds=20, worlds=80).outcome is Outcome.CLEAN


def test_declared_facts_hold_in_every_world() -> None:
    tied = COUNT.format("(o.sold_at, o.id) < (s.sold_at, s.id)")
    leak(tied, shop())
    unique = shop(sales={"unique": (("sold_at",),)})
    assert falsify(tied, unique, seconds=20, worlds=150).outcome is Outcome.CLEAN


def test_a_tolerance_moves_the_cut_of_its_relation() -> None:
    query = (
        "SELECT s.id, s.sold_at AS t0, count(n.id) AS n FROM sales s LEFT JOIN notes n"
        " ON n.id = s.id AND n.read_at <= s.sold_at + INTERVAL 24 HOUR GROUP BY ALL"
    )
    leak(query, shop())
    asked = shop(tolerance={"notes": timedelta(hours=24)})
    assert falsify(query, asked, seconds=20, worlds=150).outcome is Outcome.CLEAN


def test_views_are_followed_and_postgres_is_translated() -> None:
    views = {"sold": "SELECT id, brand, sold_at FROM sales"}
    trial = leak(LEAKY.replace("sales", "sold"), shop(), dialect="postgres", views=views)
    assert trial.engine == "duckdb, translated"


def test_statements_are_run_first() -> None:
    setup = ["CREATE MACRO seen(b) AS (SELECT count(*) FROM sales o WHERE o.brand = b)"]
    leak("SELECT s.id, s.sold_at AS t0, seen(s.brand) AS n FROM sales s", shop(), setup=setup)


def test_the_same_seed_finds_the_same_witness() -> None:
    first, second = leak(LEAKY, shop(), seed=3).witness, leak(LEAKY, shop(), seed=3).witness
    assert first == second
    assert leak(LEAKY, shop(), seed=4).witness != first


def test_the_budget_is_kept() -> None:
    assert falsify(SAFE, shop(), seconds=60, worlds=15).worlds <= 16
    assert falsify(SAFE, shop(), seconds=0.3).seconds < 5


def test_a_search_that_moves_nothing_says_so() -> None:
    trial = falsify(f"SELECT * FROM ({SAFE}) WHERE FALSE", shop(), seconds=0.5)
    assert trial.outcome is Outcome.INCONCLUSIVE
    assert "nothing was exercised" in trial.reason


def test_columns_that_never_move_are_named() -> None:
    trial = falsify("SELECT s.id, s.sold_at AS t0, 1 AS one FROM sales s LIMIT 0 + 1000", shop(), worlds=60, seconds=20)
    assert trial.outcome is Outcome.CLEAN
    assert "id" not in trial.unmoved


def test_a_query_that_does_not_run_says_why() -> None:
    trial = falsify("SELECT s.id, s.sold_at AS t0, no_such(s.id) AS f FROM sales s", shop())
    assert trial.outcome is Outcome.INCONCLUSIVE
    assert "no_such" in trial.reason


def test_rows_without_a_time_are_left_alone_and_named() -> None:
    trial = falsify(SAFE.replace("sales s", "sales s LEFT JOIN brands USING (brand)"), shop(), worlds=20)
    assert trial.left_alone == ()
    undated = Declarations({"sales": SALES, "brands": _undated()}, Query(own="sales"))
    trial = falsify(
        "SELECT s.id, s.sold_at AS t0, country FROM sales s LEFT JOIN brands USING (brand)", undated, worlds=20
    )
    assert [name.split(",")[0] for name in trial.left_alone] == ["brands"]


def _undated() -> Any:
    from dataclasses import replace

    return replace(shop().relations["brands"], static=False)


@pytest.mark.parametrize(
    ("query", "asked", "error", "says"),
    [
        ("SELECT 1 AS t0 FROM nowhere", shop(), DeclarationError, "nowhere, which is not declared"),
        ("SELECT id FROM sales", shop(None), DeclarationError, "no column 't0'"),
        ("SELECT id, sold_at AS t0 FROM sales", shop(None, spine=("day",)), DeclarationError, "no column 'day'"),
        ("DELETE FROM sales", shop(), ExpressionError, "no query"),
        ("SELECT * FROM sales", shop(sales={"columns": {}}), DeclarationError, "declares no columns"),
    ],
)
def test_wrong_declarations_are_refused(query: str, asked: Declarations, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        falsify(query, asked)


@pytest.mark.parametrize(
    "tail", ["ORDER BY s.sold_at FETCH FIRST 5 ROWS WITH TIES", "WHERE mode() WITHIN GROUP (ORDER BY 1) = 1"]
)
def test_what_a_translation_would_change_is_not_run(tail: str) -> None:
    trial = falsify(f"SELECT s.id, s.sold_at AS t0 FROM sales s {tail}", shop(), dialect="postgres")
    assert trial.outcome is Outcome.INCONCLUSIVE
    assert "as it is meant" in trial.reason


def test_the_clock_of_another_dialect() -> None:
    query = "SELECT s.id, s.sold_at AS t0, 'now'::timestamptz - s.sold_at AS age FROM sales s"
    witness = leak(query, shop(), dialect="postgres").witness
    assert witness is not None
    assert witness.mutation == "clock"


def test_columns_of_other_types_may_be_compared() -> None:
    query = (
        "SELECT s.id, s.sold_at AS t0, count(n.id) AS n FROM sales s LEFT JOIN notes n"
        " ON n.stars = s.weight AND CAST(n.id AS text) = s.brand AND n.read_at < s.sold_at GROUP BY ALL"
    )
    assert falsify(query, shop(), seconds=30, worlds=80).outcome is Outcome.CLEAN


def test_a_day_of_the_session_is_found_near_midnight() -> None:
    query = (
        "SELECT s.id, s.sold_at AS t0, count(o.id) AS n FROM sales s LEFT JOIN sales o"
        " ON o.brand = s.brand AND CAST(o.sold_at AS DATE) < CAST(s.sold_at AS DATE) GROUP BY ALL"
    )
    witness = leak(query, shop()).witness
    assert witness is not None
    assert witness.mutation == "zone"


def test_a_day_is_one_of_the_zone_that_it_is_written_in() -> None:
    day = "CAST({}.sold_at AT TIME ZONE '{}' AS DATE)"
    query = "SELECT s.id, {} AS t0, count(o.id) AS n FROM sales s LEFT JOIN sales o ON {} < {} GROUP BY ALL"
    oslo, other = day.format("s", "Europe/Oslo"), day.format("o", "Europe/Oslo")
    mixed = query.format(oslo, day.format("o", "UTC"), oslo)
    assert leak(mixed, shop(zone=None)).witness is not None
    trial = falsify(query.format(oslo, other, oslo), shop(), seconds=20, worlds=120)
    assert trial.outcome is Outcome.CLEAN, str(trial)


ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT 1 FROM r WHERE {}) SELECT count(*) FROM r"
NEVER_ENDS = f"SELECT s.id, s.sold_at AS t0, ({ENDLESS.format('TRUE')}) AS f FROM sales s"
SOMETIMES = "EXISTS (SELECT 1 FROM sales o WHERE o.price > 90)"


def test_a_query_that_never_ends_is_ended_and_is_not_clean() -> None:
    begun = time.monotonic()
    trial = falsify(NEVER_ENDS, shop(), seconds=0.6)
    assert time.monotonic() - begun < 15
    assert trial.outcome is Outcome.INCONCLUSIVE
    assert "ran out of its time (0.5 s)" in trial.reason


def test_a_world_on_which_a_query_never_ends_is_no_clean_world() -> None:
    query = f"SELECT s.id, s.sold_at AS t0, ({ENDLESS.format(SOMETIMES)}) AS f FROM sales s"
    trial = falsify(query, shop(sales={"nonnegative": frozenset({"price"})}), seconds=2, mutations=["add", "perturb"])
    assert trial.outcome is Outcome.INCONCLUSIVE, str(trial)
    assert sum(exercise.unended for exercise in trial.exercised.values()) > 0
    assert "ran out of time" in trial.reason
    assert "did not end" in str(trial)


def test_an_as_of_join_whose_right_side_may_be_alone_comes_to_an_end() -> None:
    """With one thread it does not (DuckDB 2.0.0), and each world costs the time that it may take."""
    asked = next(case for case in cases() if "asked of the right side" in case.id)
    trial = falsify(asked.sql, asked.declarations, seconds=4, worlds=40)
    assert trial.exercised["remove"].worlds > 0
    assert trial.exercised["remove"].unended == 0
    assert "out of time" not in trial.reason


def test_a_query_that_fails_midway_is_refused() -> None:
    """The first rows are there when the error comes: it is one of the database all the same."""
    value = "CASE WHEN g.i = 9999 THEN error('x') ELSE g.i END"
    query = f"SELECT s.id, s.sold_at AS t0, {value} AS f FROM sales s, range(10000) g(i)"
    trial = falsify(query, shop(), seconds=1)
    assert trial.outcome is Outcome.INCONCLUSIVE
    assert "could not run it" in trial.reason


FEW = {
    "the only one": "(SELECT 1 FROM notes n WHERE n.stars > -90 LIMIT 1)",
    "numbers at a distance": "(SELECT n.stars FROM notes n WHERE n.note_id - 1 = s.id * 10 + 900)",
}
"""What only few rows, or rows that are made for it, can show."""


@pytest.mark.parametrize("name", FEW)
def test_leaks_that_few_rows_show(name: str) -> None:
    query = f"SELECT s.id, s.sold_at AS t0, {FEW[name]} AS f FROM sales s"
    leak(query, shop(zone="UTC"), shrinking=0.0)


PRICED = """
SELECT s.id, s.sold_at AS t0,
  (SELECT q.rate FROM quotes q WHERE q.brand = s.brand AND q.at {} s.sold_at AND q.at >= s.sold_at - INTERVAL 2 HOUR
   ORDER BY q.at DESC LIMIT 1) AS rate
FROM sales s
"""
LAPSED = """
SELECT s.id, s.sold_at AS t0, (
  SELECT count(*) FROM sales o WHERE o.brand = s.brand AND CAST(o.sold_at AS DATE) + 60 < CAST(s.sold_at AS DATE){}
) AS n
FROM sales s
"""


@pytest.mark.parametrize(("sign", "found"), [("<", Outcome.CLEAN), ("<=", Outcome.LEAK)])
def test_rows_with_a_time_in_their_key_are_about_the_same_things(sign: str, found: Outcome) -> None:
    """A rate is of a brand at a time: without rates of the own row's brand, just before its T0, nothing shows."""
    columns = {"brand": "text", "at": "timestamptz", "rate": "double"}
    quotes = Relation("quotes", columns=columns, key=("brand", "at"), time="at", not_null=frozenset({"at"}))
    asked = shop()
    asked = replace(asked, relations={**asked.relations, "quotes": quotes})
    trial = falsify(PRICED.format(sign), asked, seconds=20, worlds=300)
    assert trial.outcome is found, str(trial)
    assert not trial.unmoved


def test_days_that_are_added_as_a_number_are_a_distance_in_the_data() -> None:
    """Sales sixty days apart: an own row's past that is over, known late."""
    assert falsify(LAPSED.format(""), shop(zone="UTC"), seconds=20, worlds=200).outcome is Outcome.CLEAN
    witness = leak(LAPSED.format(" AND o.closed_at IS NULL"), shop(zone="UTC")).witness
    assert witness is not None
    assert witness.column == "n"
