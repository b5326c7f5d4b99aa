"""B1: what the definitions alone show, whatever the rows."""

from __future__ import annotations

from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.gate import GateResult, Verdict
from tzero.certify.gates.b1_proof import ProofGate
from tzero.prove import PRESENCE
from tzero.report.proof_margin import margin_of


def judged(shop: Shop, query: str, seconds: float = 0.0) -> GateResult:
    return ProofGate(seconds)(own_subject(shop, query))


def test_a_compiled_view_is_proved(shop: Shop) -> None:
    result = ProofGate()(shop.subject())
    assert (result.verdict, result.findings) == (Verdict.PROVED, ())
    assert result.exercised == {"relations": 3, "columns": 6, "proved": 7}


def test_a_view_of_the_users_own_sql_is_proved(shop: Shop) -> None:
    result = judged(shop, OWN_SQL)
    assert (result.verdict, result.findings) == (Verdict.PROVED, ())


def test_the_same_instant_is_the_future(shop: Shop) -> None:
    result = judged(shop, OWN_SQL.replace("o.sold_at < s.sold_at", "o.sold_at <= s.sold_at"))
    assert result.verdict is Verdict.UNPROVED
    (finding,) = result.findings
    assert (finding.code, finding.column) == ("B1.T014", "n")
    assert finding.fix and "o.sold_at <= s.sold_at" not in finding.fix


def test_a_witness_makes_it_a_leak(shop: Shop) -> None:
    result = judged(shop, OWN_SQL.replace("o.sold_at < s.sold_at", "o.sold_at > s.sold_at"), seconds=10.0)
    assert result.verdict is Verdict.LEAK
    assert "1 seen to leak" in result.summary
    (finding,) = result.findings
    assert finding.witness is not None
    assert finding.witness["column"] == "n"


def test_a_row_that_is_there_because_of_later_ones(shop: Shop) -> None:
    result = judged(shop, f"{OWN_SQL} WHERE EXISTS (SELECT 1 FROM raw.sales l WHERE l.sold_at > s.sold_at)")
    assert result.verdict is Verdict.UNPROVED
    assert {finding.column for finding in result.findings} == {PRESENCE}
    assert result.summary.startswith("whether a row is there is not proved; the values of ")
    margin = margin_of(result.evidence)
    assert margin is not None
    notes = [line.note for line in margin.lines if line.note] + list(margin.apart)
    assert {note.column for note in notes if not note.given} == {PRESENCE}
    whole = margin_of(judged(shop, OWN_SQL).evidence)
    assert whole is not None
    assert not any(line.note.given for line in whole.lines if line.note)


def test_a_relation_that_nobody_declared(shop: Shop) -> None:
    shop.run("CREATE TABLE raw.fashion AS SELECT 'red' AS color, 1 AS hot")
    query = OWN_SQL.replace("FROM raw.sales s", ", f.hot FROM raw.sales s LEFT JOIN raw.fashion f ON f.color = s.color")
    result = judged(shop, query)
    assert result.verdict is Verdict.UNPROVED
    assert {finding.code for finding in result.findings} == {"B1.T006"}
    assert "raw.fashion" in result.findings[0].message


def test_views_that_are_read_are_followed(shop: Shop) -> None:
    shop.run("CREATE VIEW raw.seen AS SELECT s.*, max(sold_at) OVER () AS last FROM raw.sales s")
    result = judged(shop, OWN_SQL.replace("FROM raw.sales s", ", s.last FROM raw.seen s"))
    assert result.verdict is Verdict.UNPROVED
    assert {(finding.relation, finding.column) for finding in result.findings} == {("raw.seen", "last")}


def test_one_cause_is_one_finding_of_all_its_columns(shop: Shop) -> None:
    later = "(SELECT max(o.price) FROM raw.sales o) AS top, s.color"
    shop.run(f"CREATE VIEW raw.seen AS SELECT s.id, s.sold_at, s.brand, {later} FROM raw.sales s")
    query = OWN_SQL.replace("FROM raw.sales s", ", s.top, s.top + 1 AS more, -s.top AS less FROM raw.seen s")
    (finding,) = judged(shop, query).findings
    assert finding.columns == finding.every_column == ("top", "more", "less")
    assert finding.message.endswith("It reaches top, more, less.")
