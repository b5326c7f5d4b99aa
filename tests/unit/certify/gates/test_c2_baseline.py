"""C2 on planted violations: every class of drift, told apart by what is there to see."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.unit.certify.own import OWN, own_subject
from tests.unit.certify.shop import Shop, open_shop

from tzero.certify.baseline import Comparison, DriftKind, accept, compare, grow
from tzero.certify.certificate import certify
from tzero.certify.certification import Certification
from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.c2_baseline import BaselineGate
from tzero.certify.subject import Subject
from tzero.errors import FindingError, UsageError
from tzero.project.config import Config, read_config
from tzero.report.page import render_page

LEAKY = "SELECT s.id, s.sold_at AS t0, (SELECT count(*) FROM raw.sales o WHERE o.brand = s.brand) AS n FROM raw.sales s"
LATER = "INSERT INTO raw.sales VALUES (500, TIMESTAMP '2024-03-01', 'b1', 'red', 5)"
EARLIER = "INSERT INTO raw.sales VALUES (501, TIMESTAMP '2024-01-05 01:00:00', 'b1', 'red', 5)"


def taken(subject: Subject) -> Comparison:
    """Accept what is there as the first baseline."""
    found = compare(subject)
    with subject.engine.transaction():
        grow(subject, found)
    return found


def findings(result: GateResult) -> dict[str, dict[str, object]]:
    return {finding.code: dict(finding.witness or {}) for finding in result.findings}


def test_the_first_baseline_is_told_and_taken(shop: Shop) -> None:
    gate = BaselineGate()
    result = gate(shop.subject())
    assert result.verdict is Verdict.PASS
    assert "first baseline" in result.notes[0]
    assert result.exercised["digests compared"] == 0
    assert gate.found is not None
    grow(shop.subject(), gate.found)
    again = BaselineGate()(shop.subject())
    assert (again.verdict, again.exercised["digests compared"]) == (Verdict.PASS, 25 * 6)


def test_a_relation_without_rows_fails(shop: Shop) -> None:
    assert (
        BaselineGate()(own_subject(shop, "SELECT id, sold_at AS t0 FROM raw.sales WHERE id < 0")).verdict
        is Verdict.FAIL
    )


def test_new_days_are_growth_and_are_accepted_without_a_word(shop: Shop) -> None:
    taken(shop.subject())
    shop.run(LATER)
    shop.refresh()
    gate = BaselineGate()
    result = gate(shop.subject())
    assert result.verdict is Verdict.PASS
    assert "1 day is new" in result.summary
    assert gate.found is not None
    assert grow(shop.subject(), gate.found) is not None
    assert grow(shop.subject(), compare(shop.subject())) is None


def test_a_later_row_that_reaches_the_past_is_a_leak(shop: Shop) -> None:
    subject = own_subject(shop, LEAKY)
    taken(subject)
    shop.run(LATER)
    result = BaselineGate()(subject)
    assert result.verdict is Verdict.LEAK
    found = findings(result)["C2.leak"]
    assert found["columns"] == ["n"]
    assert [row["key"] for row in found["base_rows"]] == ["500"]
    assert all(day["day"] < "2024-03-01" for day in found["days"])


def test_rows_that_arrive_late_are_a_backfill(shop: Shop) -> None:
    taken(shop.subject())
    shop.run(EARLIER)
    shop.refresh()
    result = BaselineGate()(shop.subject())
    assert result.verdict is Verdict.FAIL
    found = findings(result)
    assert list(found) == ["C2.backfill"]
    assert found["C2.backfill"]["base_rows"][0]["how"] == "appeared"
    assert found["C2.backfill"]["base_rows"][0]["day"] == "2024-01-05"
    assert min(day["day"] for day in found["C2.backfill"]["days"]) == "2024-01-05"


def test_rows_that_are_deleted_are_a_backfill_too(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("DELETE FROM raw.sales WHERE id = 30")
    shop.refresh()
    found = findings(BaselineGate()(shop.subject()))["C2.backfill"]
    assert [(row["how"], row["key"]) for row in found["base_rows"]] == [("vanished", "30")]


@pytest.mark.parametrize(
    ("edit", "how"),
    [
        ("brand = 'b2'", "edited"),
        ("sold_at = TIMESTAMP '2024-01-20 12:00:00'", "moved"),
        ("price = price + 1", "edited"),
    ],
)
def test_rows_that_are_overwritten_are_an_edit(shop: Shop, edit: str, how: str) -> None:
    taken(shop.subject())
    shop.run(f"UPDATE raw.sales SET {edit} WHERE id = 30")
    shop.refresh()
    found = findings(BaselineGate()(shop.subject()))
    assert list(found) == ["C2.edit"]
    assert [(row["how"], row["key"]) for row in found["C2.edit"]["base_rows"]] == [(how, "30")]


def test_another_definition(shop: Shop) -> None:
    subject = own_subject(shop, LEAKY)
    taken(subject)
    subject = own_subject(shop, LEAKY.replace("count(*)", "count(*) + 1"))
    found = findings(BaselineGate()(subject))
    assert list(found) == ["C2.definition"]
    assert "definitions changed: shop.own" in found["C2.definition"]["also"]


@pytest.mark.parametrize(
    ("entry", "kind"), [("engine", DriftKind.ENGINE), ("tzero", DriftKind.VERSION), ("driver", DriftKind.VERSION)]
)
def test_another_engine_or_version(shop: Shop, entry: str, kind: DriftKind) -> None:
    taken(shop.subject())
    shop.run(
        f'UPDATE feature_store.t0_baseline SET context = replace(context, \'"{entry}": "\', \'"{entry}": "older \')',
        "UPDATE feature_store.t0_baseline_day SET digests = 'ffffffffffffffff' || substr(digests, 17)",
    )
    assert list(findings(BaselineGate()(shop.subject()))) == [f"C2.{kind}"]


def test_a_value_that_somebody_writes_into_what_is_stored_is_unexplained(shop: Shop) -> None:
    shop.run("CREATE TABLE shop.kept AS SELECT id, sold_at AS t0, price FROM raw.sales")
    subject = own_subject(shop, "SELECT * FROM shop.kept")
    taken(subject)
    shop.run("UPDATE shop.kept SET price = 99 WHERE id = 30")
    found = findings(BaselineGate()(subject))
    assert list(found) == ["C2.unexplained"]
    assert found["C2.unexplained"]["columns"] == ["price"]


def test_one_drift_per_cause(shop: Shop) -> None:
    """Days before the edited row cannot come from it: they are told apart from those after."""
    subject = own_subject(shop, LEAKY)
    taken(subject)
    shop.run("UPDATE raw.sales SET brand = 'b7' WHERE id = 60")
    result = BaselineGate()(subject)
    assert sorted(findings(result)) == ["C2.edit", "C2.leak"]
    assert result.verdict is Verdict.LEAK


@pytest.mark.parametrize("days", [0, 1, 40])
def test_days_that_settle_may_change(shop: Shop, days: int) -> None:
    subject = shop.subject(settling_days=days)
    taken(subject)
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 120")
    result = BaselineGate()(subject)
    assert (result.verdict is Verdict.PASS) == (days > 0)
    assert any("changed while settling: 2024-01-26" in note for note in result.notes) == (days > 0)


def test_a_day_is_frozen_once_it_has_settled(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 120", LATER)
    shop.refresh()
    grow(shop.subject(), compare(shop.subject()))
    shop.run("UPDATE raw.sales SET price = 98 WHERE id = 120")
    assert list(findings(BaselineGate()(shop.subject()))) == ["C2.edit"]


def test_drift_is_never_accepted_without_a_name_and_a_reason(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 30")
    found = compare(shop.subject())
    with pytest.raises(FindingError):
        grow(shop.subject(), found)
    for by, why in (("", "because"), ("ada", " ")):
        with pytest.raises(UsageError, match="a name and a reason"):
            accept(shop.subject(), found, by, why)
    kept = accept(shop.subject(), found, "ada", "the price was wrong")
    assert (kept.number, kept.accepted_by, kept.why) == (2, "ada", "the price was wrong")
    assert kept.account
    assert BaselineGate()(shop.subject()).verdict is Verdict.PASS


@pytest.mark.parametrize("change", [LATER, EARLIER, "DELETE FROM raw.sales WHERE id = 5"])
def test_what_was_accepted_is_evidence_no_more(shop: Shop, change: str) -> None:
    """Rows that changed before an acceptance do not explain a change after it."""
    taken(shop.subject())
    shop.run(change)
    shop.refresh()
    accept(shop.subject(), compare(shop.subject()), "ada", "looked at it")
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 30")
    drifts = compare(shop.subject()).drifts
    assert [(drift.kind, [base.key for base in drift.base]) for drift in drifts] == [(DriftKind.EDIT, ["30"])]


def test_a_new_column_has_nothing_to_be_compared_with(shop: Shop) -> None:
    query = "SELECT id, sold_at AS t0{} FROM raw.sales"
    taken(own_subject(shop, query.format("")))
    gate = BaselineGate()
    subject = own_subject(shop, query.format(", price"))
    result = gate(subject)
    assert result.verdict is Verdict.PASS
    assert "columns that are new have nothing to be compared with: price" in result.notes
    assert gate.found is not None
    grow(subject, gate.found)
    shop.run("UPDATE raw.sales SET price = 99 WHERE id = 30")
    assert findings(BaselineGate()(subject))["C2.edit"]["columns"] == ["price"]


def states(subject: Subject) -> dict[str, str]:
    """The letters of each column on the days of interest: 4, 5, 26 January and 1 March."""
    found = BaselineGate()(subject).evidence["map"]
    places = [found["days"].index(day) for day in ("2024-01-04", "2024-01-05", "2024-01-26", "2024-03-01")]
    return {name: "".join(letters[at] for at in places) for name, letters in found["cells"].items()}


def test_the_map_shows_what_is_the_same_drifted_settling_and_new(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("UPDATE raw.sales SET price = price + 1 WHERE CAST(sold_at AS date) = DATE '2024-01-05'", LATER)
    shop.refresh()
    found = states(shop.subject())
    assert (found["price"], found["brand_n"]) == ("sdtn", "sstn")


def test_the_map_shows_what_is_gone(shop: Shop) -> None:
    query = "SELECT id, sold_at AS t0{} FROM raw.sales"
    taken(own_subject(shop, query.format(", price")))
    shop.run("DELETE FROM raw.sales WHERE CAST(sold_at AS date) = DATE '2024-01-05'", LATER, f"DROP VIEW {OWN}")
    found = states(own_subject(shop, query.format("")))
    assert (found["id"], found["price"]) == ("sgtn", "gggg")


@pytest.mark.parametrize(("days", "holds"), [(0, False), (2, False), (3, True)])
def test_the_policy_of_the_project_is_obeyed_and_printed(days: int, holds: bool) -> None:
    """A price of the third last day that has rows changes."""
    shop = open_shop("duckdb", read_toml(f"settling_days = {days}"))
    found = taken(shop.subject())
    assert [found.is_settled(day.day) for day in found.now.days[-4:]] == [True, *(days <= left for left in (2, 1, 0))]
    third_last = found.now.days[-3].day
    shop.run(f"UPDATE raw.sales SET price = 99 WHERE CAST(sold_at AS date) = DATE '{third_last}'")
    result = BaselineGate()(shop.subject())
    assert result.verdict.holds == holds
    assert result.exercised["settling days"] == days
    page = render_page(certify(Certification(shop.subject(), (result,))))
    assert (
        "no day is left to settle" if days == 0 else f"the last {days} days that have rows are still settling"
    ) in page
    assert (f"changed while settling: {third_last}" in page) == holds
    shop.engine.close()


def read_toml(baseline: str) -> Config:
    """A project's file, as it is read."""
    with TemporaryDirectory() as folder:
        text = f'name = "shop"\n[targets.dev]\nurl = "duckdb://"\n[baseline]\n{baseline}\n'
        (Path(folder) / "tzero.toml").write_text(text)
        return read_config(Path(folder))


@pytest.mark.parametrize("shop", ["duckdb"], indirect=True)
def test_fingerprints_by_another_hash_of_the_engine_tell_nothing_and_begin_anew(shop: Shop) -> None:
    taken(shop.subject())
    shop.run("UPDATE feature_store.t0_base SET columns = replace(columns, '\"duckdb ', '\"duckdb 1')", EARLIER)
    shop.refresh()
    (drift,) = compare(shop.subject()).drifts
    assert "nothing was kept to compare with of raw.sales" in drift.also
    with shop.engine.transaction():
        accept(shop.subject(), compare(shop.subject()), "Ada", "hashes changed")
    series = shop.engine.rows("SELECT series, count(*) FROM feature_store.t0_base_row GROUP BY series ORDER BY series")
    assert [number for _, number in series] == [120, 121]
