"""A seal breaks with every change of a day, and what is under an unbroken one is what would be digested."""

from __future__ import annotations

import pytest
from tests.unit.certify.baseline.test_digests import COLUMNS, ROWS, subject_of_rows
from tests.unit.certify.shop import Shop

from tzero.certify.baseline import Baseline, accepted, compare, grow, seals, take
from tzero.certify.baseline.taking import take_at
from tzero.certify.gate import Verdict
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.subject import Anchors, Subject
from tzero.sql.names import RelationName

DAYS = 26
LATER = "INSERT INTO raw.sales VALUES (500, TIMESTAMP '2024-03-01', 'b1', 'red', 5)"


def taken(subject: Subject) -> Baseline:
    """Accept what is there."""
    found = compare(subject)
    with subject.engine.transaction():
        grow(subject, found)
    return found.now


def unbroken(subject: Subject) -> int:
    """How many days are not digested again; all of them are what they would be if they were."""
    found, whole = compare(subject).now, take(subject)
    assert (found.days, found.sha256, found.probe) == (whole.days, whole.sha256, whole.probe)
    return found.unbroken


def broken(before: Baseline, after: Baseline) -> set[str]:
    old, new = ({day.day: day.seal for day in found.days} for found in (before, after))
    return {day for day in old.keys() | new.keys() if old.get(day) != new.get(day)}


def test_days_that_are_unchanged_are_not_digested_again(shop: Shop) -> None:
    assert compare(shop.subject()).now.unbroken == 0
    taken(shop.subject())
    assert unbroken(shop.subject()) == DAYS
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 30")
    assert unbroken(shop.subject()) == DAYS - 1
    assert [day.day for day in compare(shop.subject()).changes.drifted] == ["2024-01-07"]


def test_a_new_day_is_digested_alone(shop: Shop) -> None:
    taken(shop.subject())
    shop.run(LATER)
    shop.refresh()
    assert unbroken(shop.subject()) == DAYS
    taken(shop.subject())
    assert unbroken(shop.subject()) == DAYS + 1


def test_a_day_that_is_gone_is_noticed(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("DELETE FROM raw.sales WHERE sold_at >= TIMESTAMP '2024-01-26'")
    shop.refresh()
    found = compare(shop.subject())
    assert unbroken(shop.subject()) == DAYS - 1
    assert [day.day for day in (*found.changes.drifted, *found.changes.settling)] == ["2024-01-26"]


def test_the_certificate_says_what_was_digested(shop: Shop) -> None:
    first = BaselineGate()(shop.subject())
    assert f"every value of {DAYS} days was digested" in first.notes
    taken(shop.subject())
    again = BaselineGate()(shop.subject())
    assert again.exercised["days under an unbroken seal"] == DAYS
    assert any(note.startswith(f"{DAYS} of {DAYS} days are under an unbroken seal") for note in again.notes)
    full = BaselineGate(full=True)(shop.subject())
    assert (full.verdict, full.exercised["days under an unbroken seal"]) == (Verdict.PASS, 0)


@pytest.mark.parametrize("column", [name for name in COLUMNS if name not in ("id", "moment")])
def test_values_that_change_places_break_the_seals_of_their_days(store: Shop, column: str) -> None:
    subject = subject_of_rows(store, *ROWS)
    before = take(subject)
    store.run(
        "DROP TABLE IF EXISTS shop.old",
        f"CREATE TABLE shop.old AS SELECT id, {column} AS v FROM shop.typed",
        f"UPDATE shop.typed SET {column} = (SELECT v FROM shop.old WHERE old.id = 3 - typed.id) WHERE id IN (1, 2)",
    )
    assert broken(before, take(subject)) == {"2024-01-01"}
    store.run(f"UPDATE shop.typed SET {column} = NULL WHERE id = 5")
    assert broken(before, take(subject)) == {"2024-01-01", "2024-01-03"}


def test_values_that_change_places_break_the_seal_of_each_of_many_days(store: Shop) -> None:
    """A hash of rows that is linear in its columns would add up to the same sum, but for where it wraps."""
    rows = (
        "SELECT day * 2 + half AS id, TIMESTAMP '2024-01-01' + day * INTERVAL '1 day' AS t0, {value} AS v FROM {series}"
    )
    days = "range(200) AS a(day), range(2) AS b(half)"
    if store.on_postgres:
        days = "generate_series(0, 199) AS a(day), generate_series(0, 1) AS b(half)"
    pairs = RelationName.parse("shop.pairs")
    found = []
    for value in ("half", "1 - half"):
        store.run(
            "DROP TABLE IF EXISTS shop.pairs", f"CREATE TABLE shop.pairs AS {rows.format(value=value, series=days)}"
        )
        found.append(take_at(store.engine, pairs, ("id",), Anchors(pairs, ("id",), "t0")))
    assert len(broken(*found)) == 200


def test_columns_that_change_places_and_rows_that_are_doubled_break_a_seal(store: Shop) -> None:
    subject = subject_of_rows(store, *ROWS)
    before = take(subject)
    store.run("UPDATE shop.typed SET small = big, big = small WHERE id = 4")
    assert broken(before, take(subject)) == set()  # both are 0
    store.run("UPDATE shop.typed SET small = 5, big = 7 WHERE id = 5")
    one = take(subject)
    store.run("UPDATE shop.typed SET small = 7, big = 5 WHERE id = 5")
    assert broken(one, take(subject)) == {"2024-01-03"}
    store.run("INSERT INTO shop.typed SELECT * FROM shop.typed WHERE id IN (1, 3)")
    assert broken(one, take(subject)) == {"2024-01-01", "2024-01-02", "2024-01-03"}


def test_seals_of_another_method_say_nothing_and_are_made_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an upgrade of the engine: all is digested once, nothing has drifted, and the next seals hold."""
    taken(shop.subject())
    monkeypatch.setattr(seals, "_FORM", seals._FORM + 1)
    found = compare(shop.subject())
    assert (found.now.unbroken, found.drifts, found.changes.compared) == (0, (), (DAYS - 1) * 6)
    kept = grow(shop.subject(), found)
    assert kept is not None
    assert kept.why == "the same digests, sealed again"
    assert unbroken(shop.subject()) == DAYS
    assert grow(shop.subject(), compare(shop.subject())) is None


@pytest.mark.parametrize("change", ["DELETE FROM {table}", "DROP TABLE {table}"])
def test_a_store_without_seals_digests_everything(shop: Shop, change: str) -> None:
    taken(shop.subject())
    shop.run(change.format(table="feature_store.t0_baseline_seal"))
    found = compare(shop.subject())
    assert (found.now.unbroken, found.drifts) == (0, ())


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE feature_store.t0_baseline_day SET digests = 'ffffffffffffffff' || substr(digests, 17)",
        "DELETE FROM feature_store.t0_baseline_day WHERE day = '2024-01-07'",
        "UPDATE feature_store.t0_baseline_day SET n_rows = n_rows + 1 WHERE day = '2024-01-07'",
    ],
)
def test_seals_over_digests_that_nobody_accepted_are_not_believed(shop: Shop, change: str) -> None:
    taken(shop.subject())
    shop.run(change)
    assert compare(shop.subject()).now.unbroken == 0
    assert BaselineGate()(shop.subject()).verdict is Verdict.FAIL


def test_a_seal_that_is_older_than_the_digests_of_its_day_is_not_believed(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("UPDATE feature_store.t0_baseline_day SET number = 2", "UPDATE feature_store.t0_baseline SET number = 2")
    kept = accepted(shop.state, shop.subject().relation)
    assert kept is not None
    assert {day.seal for day in kept.days.values()} == {""}
    assert compare(shop.subject()).now.unbroken == 0


def test_another_key_or_type_breaks_every_seal(store: Shop) -> None:
    subject = subject_of_rows(store, *ROWS)
    before = take(subject)
    store.run("ALTER TABLE shop.typed ALTER COLUMN id TYPE bigint")
    assert broken(before, take(subject)) == {"2024-01-01", "2024-01-02", "2024-01-03"}
