"""A small shop whose sales follow from a feature, with labels beside it, certified by two real gates, on any engine."""

from __future__ import annotations

from tests.unit.certify.shop import VIEW, Shop, open_shop

from tzero.certify.baseline.taking import take
from tzero.certify.certificate import certify, keep
from tzero.certify.certification import pass_gates
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.sql.names import RelationName
from tzero.train.experiment import Block, Boosting, Evaluation, Experiment, Labels, Outcome, OutcomeKind

OUTCOMES = RelationName.parse("market.outcomes")
_SERIES = {"duckdb": "range(1, 1201) AS r(i)", "postgres": "generate_series(1, 1200) AS r(i)"}
_SALES = """
CREATE TABLE raw.sales AS
SELECT i AS id, TIMESTAMP '2024-01-01' + (i * 5) * INTERVAL '1 hour' AS sold_at, 'b' || (i % 3) AS brand,
  CASE i % 4 WHEN 0 THEN 'red' WHEN 1 THEN 'blue' WHEN 2 THEN 'pink' END AS color, (i * 37) % 7 AS price
FROM {series}
"""
# dear things sell late: the life is 2 days per unit of the price, more or less; every ninth is never seen to end
_LABELS = """
CREATE TABLE market.outcomes AS
SELECT s.id, s.sold_at AS t0,
  CASE WHEN s.id % 9 > 0 THEN s.sold_at + (s.price * 48 + 5 + (s.id * 13) % 40) * INTERVAL '1 hour' END AS ended_at,
  s.sold_at + (s.price * 48 + 5 + (s.id * 13) % 40) * INTERVAL '1 hour' AS observed_until,
  s.sold_at + (s.price * 48 + 6 + (s.id * 13) % 40) * INTERVAL '1 hour' AS known_at,
  s.price > 3 AS dear, s.price * 2.5 AS worth
FROM raw.sales s
"""


def open_market(engine: str, *, certified: bool = True) -> Shop:
    shop = open_shop(engine)
    shop.run("DELETE FROM raw.sales", "CREATE SCHEMA market")
    rows = _SALES.format(series=_SERIES[shop.engine.dialect]).replace(
        "CREATE TABLE raw.sales AS", "INSERT INTO raw.sales"
    )
    shop.run(rows, _LABELS)
    shop.refresh()
    if certified:
        recertify(shop)
    return shop


def recertify(shop: Shop) -> None:
    subject = shop.subject()
    found = certify(pass_gates(subject, [ObjectsGate(), ContractGate()]), baseline=take(subject).sha256)
    assert found.is_good
    keep(shop.state, found)


def experiment(kind: OutcomeKind = OutcomeKind.TIME, **changed: object) -> Experiment:
    given: dict[str, object] = {
        "blocks": (Block("shop", VIEW, "features"),),
        "labels": Labels(OUTCOMES, "t0", "ended_at", "observed_until", None, "known_at", None),
        "outcome": Outcome(kind, horizons=(3, 7)),
        "boosting": Boosting(rounds=12, threads=1),
        "evaluation": Evaluation(folds=1, draws=12),
    }
    return Experiment(**{**given, **changed})  # type: ignore[arg-type]
