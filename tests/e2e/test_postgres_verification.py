"""The four questions that a user asks of the store by hand, in SQL of his own: kinds, contract, tokens, as-of truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from tests.e2e.market_store import BASE, ENTRYPOINT, STATISTICS, on_server
from tests.servers import versions

pytestmark = pytest.mark.skipif(not versions(), reason="no PostgreSQL server is installed")
Ask = Callable[[str], list[tuple[Any, ...]]]

KINDS = """
SELECT o.name, (SELECT relkind FROM pg_class WHERE oid = o.name::regclass)
FROM (VALUES (1, 'feature_store.v_device_meta_base_t0_v1'), (2, 'feature_store.device_meta_gmc_stats_t0_v1_mv'),
  (3, 'feature_store.device_meta_encoded_t0_v1')) AS o (at, name)
ORDER BY o.at
"""
CONTRACT = """
WITH promised AS (
  SELECT fc.feature_name AS name
  FROM feature_store.feature_set AS fs JOIN feature_store.feature_contract AS fc ON fc.set_id = fs.set_id
  WHERE fs.name = 'iphone_device_meta_encoded_v2_model'
),
live AS (
  SELECT column_name AS name FROM information_schema.columns
  WHERE table_schema = 'feature_store' AND table_name = 'device_meta_encoded_t0_v1'
)
SELECT (SELECT count(*) FROM promised), (SELECT count(*) FROM live),
  (SELECT count(*) FROM promised AS p LEFT JOIN live AS l USING (name) WHERE l.name IS NULL),
  (SELECT count(*) FROM live AS l LEFT JOIN promised AS p USING (name) WHERE p.name IS NULL)
"""
TOKENS = r"""
SELECT lower(pg_get_viewdef(name::regclass, true)) ~ '(now\(|current_date|current_timestamp|clock_timestamp\()'
FROM unnest(ARRAY['feature_store.v_device_meta_base_t0_v1', 'feature_store.device_meta_encoded_t0_v1']) AS name
"""
TRUTH = """
SELECT s.gmc_color_n_in_seg = (
    SELECT count(*) FROM feature_store.v_device_meta_base_t0_v1 AS b
    WHERE b.t0_day < s.t0_day AND b.gen_key = s.gen_key AND b.model_variant = s.model_variant
      AND b.color_bucket = s.color_bucket),
  s.gmc_seg_n = (
    SELECT count(*) FROM feature_store.v_device_meta_base_t0_v1 AS b
    WHERE b.t0_day < s.t0_day AND b.gen_key = s.gen_key AND b.model_variant = s.model_variant)
FROM (
  SELECT * FROM feature_store.device_meta_gmc_stats_t0_v1_mv
  WHERE t0_day > (SELECT min(t0_day) FROM feature_store.v_device_meta_base_t0_v1)
  ORDER BY t0_day DESC LIMIT 25
) AS s
"""


@pytest.fixture(scope="module", params=versions())
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    project, url = on_server(request.param, tmp_path_factory.mktemp("store"))
    with project:
        yield url


@pytest.fixture
def ask(url: str) -> Iterator[Ask]:
    with psycopg.connect(url) as connection:
        yield lambda sql: connection.execute(sql.encode()).fetchall()
        connection.rollback()


def test_the_relations_are_of_the_kinds_that_were_promised(ask: Ask) -> None:
    assert ask(KINDS) == [(BASE, "v"), (STATISTICS, "m"), (ENTRYPOINT, "v")]


def test_the_contract_is_the_live_relation(ask: Ask) -> None:
    assert ask(CONTRACT) == [(61, 61, 0, 0)]


def test_no_definition_reads_the_clock(ask: Ask) -> None:
    assert ask(TOKENS) == [(False,), (False,)]


def test_counts_are_those_of_earlier_days(ask: Ask) -> None:
    assert ask(TRUTH) == [(True, True)] * 25


def test_the_questions_can_be_answered_otherwise(url: str) -> None:
    """Each of them once with something broken, in a transaction that is rolled back."""
    with psycopg.connect(url) as connection:

        def after(change: str, question: str) -> list[tuple[Any, ...]]:
            with connection.transaction(force_rollback=True):
                connection.execute(change.encode())
                return connection.execute(question.encode()).fetchall()

        renamed = f"ALTER VIEW {ENTRYPOINT} RENAME COLUMN gmc_seg_n TO gmc_seg_m"
        assert after(renamed, CONTRACT) == [(61, 61, 1, 1)]
        clock = f"CREATE OR REPLACE VIEW {BASE} AS SELECT x.*, now() AS asked_at FROM ({_text(connection)}) AS x"
        assert after(clock, TOKENS) == [(True,), (False,)]
        lost = "DELETE FROM raw.listing_scrapes WHERE listing_id % 2 = 0"
        upstream = "REFRESH MATERIALIZED VIEW feature_store.listing_device_features_clean_mv"
        assert (False, False) in after(f"{lost}; {upstream}", TRUTH)


def _text(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(f"SELECT pg_get_viewdef('{BASE}'::regclass)".encode()).fetchone()
    assert row is not None
    return str(row[0]).rstrip(";")
