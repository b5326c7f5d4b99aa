"""The demonstration, certified by the quick gates, with its truth and a leak of known worth beside it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import tzero
from tzero.certify.acceptance import promise_found
from tzero.certify.baseline.taking import take
from tzero.certify.certificate import certify, keep
from tzero.certify.certification import pass_gates
from tzero.certify.gates.a1_objects import ObjectsGate
from tzero.certify.gates.a3_contract import ContractGate
from tzero.cli.main import main
from tzero.project import Project
from tzero.sql.names import RelationName
from tzero.starters.device_meta.market import Market

MARKET = Market(listings=4000, days=300)
DEVICE, PRICE = "feature_store.device_meta_encoded_t0_v1", "feature_store.listing_price_t0_v1"
TRUTH, LEAKY, SHUFFLED = "market.truth", "market.leaky", "market.shuffled"

# the contract's columns, one of which tells all: the true chance to sell within 14 days, the taste after T0 included
_LEAKY = f"""
CREATE VIEW {LEAKY} AS
SELECT * REPLACE (t.p_sold_14d AS gmc_color_rarity_global)
FROM {DEVICE} JOIN (SELECT generation, listing_id, p_sold_14d FROM {TRUTH}) t USING (generation, listing_id)
"""
# every listing with what became of another one, drawn blindly
_SHUFFLED = f"""
CREATE TABLE {SHUFFLED} AS
WITH numbered AS (SELECT *, row_number() OVER (ORDER BY generation, listing_id) AS n FROM market.listing_outcomes_v1),
drawn AS (SELECT *, row_number() OVER (ORDER BY hash(generation, listing_id)) AS n FROM market.listing_outcomes_v1)
SELECT o.generation, o.listing_id, o.t0, o.t0 + (d.sold_at - d.t0) AS sold_at,
       o.t0 + (d.observed_until - d.t0) AS observed_until, o.t0 + (d.known_at - d.t0) AS known_at
FROM numbered o JOIN drawn d USING (n)
"""


def certified_demonstration(root: Path) -> None:
    with pytest.raises(SystemExit) as left:
        main(
            ["demo", "--listings", str(MARKET.listings), "--days", str(MARKET.days), "--dir", str(root), "--no-certify"]
        )
    assert not left.value.code
    with tzero.open(root) as project:
        with project.session() as engine:
            truth = pa.Table.from_batches(list(MARKET.truth()))
            engine.load(RelationName.parse(TRUTH), pa.RecordBatchReader.from_batches(truth.schema, truth.to_batches()))
            engine.execute(_LEAKY)
            engine.execute(_SHUFFLED)
        for view in (DEVICE, PRICE):
            certify_quickly(project, view)


def certify_quickly(project: Project, view: str) -> None:
    with project.session() as engine:
        subject = project.subject(engine, view)
        if subject.deployment is None:
            promise_found(subject)
        found = certify(pass_gates(subject, [ObjectsGate(), ContractGate()]), baseline=take(subject).sha256)
        assert found.is_good
        keep(subject.state, found)
