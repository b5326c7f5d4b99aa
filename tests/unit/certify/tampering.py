"""What somebody may do to a store after it was certified, and who notices it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.unit.certify.shop import Shop

from tzero.certify.certificate import Certificate, canonical
from tzero.state import certificate

WHO = {"P": "guard, Python", "S": "guard, PostgreSQL", "V": "`certificate verify`"}
"""The guard on either side, and the certificate that somebody has in hand, verified against the database."""
KEPT, RUNS = "feature_store.t0_certificate", "feature_store.t0_run"
LAST = f"number = (SELECT max(number) FROM {KEPT})"
Act = Callable[[Shop], None]


@dataclass(frozen=True)
class Tampering:
    """``caught`` has the letters of those who notice, each of them and no other. It is done to a store whose last
    certificate is good or, where ``refused``, whose good one is followed by a refusal. ``asked`` is what is read."""

    says: str
    act: Act
    caught: str
    refused: bool = False
    engine: str = ""
    asked: str = "shop.features"


def by(*statements: str) -> Act:
    return lambda shop: shop.run(*statements)


def restated(**changed: Any) -> Act:
    """The statement of the last row with another predicate; its id and its columns fitted."""

    def act(shop: Shop) -> None:
        kept = certificate.latest(shop.state, "shop.features")
        assert kept is not None
        statement = json.loads(kept.statement)
        predicate: Mapping[str, Any] = {**statement["predicate"], **changed}
        text = canonical({**statement, "predicate": predicate})
        shop.engine.execute(
            f"UPDATE {KEPT} SET statement = ?, certificate_id = ?, verdict = ?, certified_at = ? WHERE {LAST}",
            [
                text,
                hashlib.sha256(text.encode()).hexdigest(),
                predicate["verdict"],
                dt.datetime.fromisoformat(predicate["certified_at"]),
            ],
        )

    return act


def _renamed_below(shop: Shop) -> None:
    if shop.on_postgres:
        text = str(shop.engine.rows("SELECT pg_catalog.pg_get_viewdef('shop.features_base'::regclass)")[0][0])
        shop.run(f"CREATE OR REPLACE VIEW shop.features_base AS {text.rstrip(';')} AND 1 = 1")
        return
    shop.run(
        "ALTER VIEW shop.features_base RENAME TO hidden_base",
        "CREATE VIEW shop.features_base AS SELECT * FROM shop.hidden_base",
    )


PASSED = {"gate": "A1", "title": "objects", "verdict": "PASS", "summary": "", "findings": [], "seconds": 0.0}
AN_HOUR = "interval '1 hour'"
TAMPERINGS = (
    Tampering("the refusal's row is deleted", by(f"DELETE FROM {KEPT} WHERE {LAST}"), "PSV", refused=True),
    Tampering("every certificate is deleted", by(f"DELETE FROM {KEPT}"), "PSV"),
    Tampering("an older certificate is put where the refusal is", by(
        f"UPDATE {KEPT} SET number = 3 WHERE number = 1"), "PSV", refused=True),
    Tampering("the refusal's column says CERTIFIED", by(f"UPDATE {KEPT} SET verdict = 'CERTIFIED'"), "PSV",
        refused=True),
    Tampering("the refusal says CERTIFIED, and its id fits", restated(verdict="CERTIFIED"), "PSV", refused=True),
    Tampering("the refusal is made a good certificate in all it says, and its id fits", restated(
        verdict="CERTIFIED", gates=[PASSED]), "PSV", refused=True),
    Tampering("the statement is edited", by(
        f"UPDATE {KEPT} SET statement = replace(statement, '\"PASS\"', '\"PROVED\"')"), "PSV"),
    Tampering("a digest within the statement is edited", by(
        f"UPDATE {KEPT} SET statement = replace(statement, 'sha256\":\"', 'sha256\":\"0')"), "PSV"),
    Tampering("the id is altered", by(f"UPDATE {KEPT} SET certificate_id = repeat('0', 64)"), "PSV"),
    Tampering("the certificate is copied to another view", by(
        f"INSERT INTO {KEPT} SELECT number + 1, certificate_id, 'shop.features_base', verdict, certified_at, run_id, "
        f"statement FROM {KEPT}"), "PS", asked="shop.features_base"),
    Tampering("the certificate and its run are copied to another view", by(
        f"INSERT INTO {KEPT} SELECT number + 1, certificate_id, 'shop.features_base', verdict, certified_at, run_id, "
        f"statement FROM {KEPT}",
        f"UPDATE {RUNS} SET relation = 'shop.features_base' WHERE command = 'certify'"), "PSV",
        asked="shop.features_base"),
    Tampering("its time is moved", by(f"UPDATE {KEPT} SET certified_at = certified_at + {AN_HOUR}"), "PSV"),
    Tampering("its time is moved, and its id fits", restated(certified_at="2026-01-01T00:00:00.000000+00:00"), "PSV"),
    Tampering("its number of a run is moved", by(f"UPDATE {KEPT} SET run_id = run_id + 7"), "PSV"),
    Tampering("the run that made it is deleted", by(f"DELETE FROM {RUNS} WHERE command = 'certify'"), "PSV"),
    Tampering("a view beneath it is redefined", _renamed_below, "PSV"),
    Tampering("its contract is another one", by("UPDATE feature_store.feature_set SET features_hash = 'x'"), "PSV"),
    Tampering("a row arrives", by(
        "INSERT INTO raw.sales VALUES (900, TIMESTAMP '2024-01-05', 'b1', 'red', 1)"), "PSV"),
    Tampering("a row is taken away", by("DELETE FROM raw.sales WHERE id = 3"), "PSV"),
    Tampering("a row takes the place of another", by(
        "UPDATE raw.sales SET id = 900 WHERE id = 3"), "PSV"),
    Tampering("a value that is read is overwritten", by("UPDATE raw.sales SET price = 99 WHERE id = 3"), "PSV"),
    Tampering("the statistics are overwritten", by(
        "UPDATE shop.features_stats SET brand_n = brand_n + 1 WHERE t0_day = '2024-01-10'"), "PV", engine="duckdb"),
    Tampering("two rows exchange a value", by(
        "UPDATE raw.sales SET price = 10 - price WHERE id IN (4, 6)"), "PV", engine="duckdb"),
    Tampering("a macro takes the place of a function that it calls", by(
        "CREATE MACRO main.nullif(a, b) AS 'red'"), "PV", engine="duckdb"),
    Tampering("the statistics are refreshed by hand", by(
        "REFRESH MATERIALIZED VIEW shop.features_stats"), "PSV", engine="postgres"),
)  # fmt: skip


def last(shop: Shop) -> Certificate:
    kept = certificate.latest(shop.state, "shop.features")
    assert kept is not None
    return Certificate(json.loads(kept.statement))
