"""The 61 columns of device_meta from its upstream relations: DuckDB, the reference SQL, and a literal list."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from tests.reference.columns import COLUMNS

_GENERATIONS = ("13", "14", "15", "16", "17")
_UPSTREAM = {
    "clean": "feature_store.listing_device_features_clean_mv",
    "images": "feature_store.device_image_features_unified_v1",
}
_BASE = """
CREATE TABLE base AS
SELECT
  c.generation,
  c.listing_id,
  CAST(c.edited_date AS date) AS t0_day,
  CASE WHEN i.model_effective_generation IS NULL THEN c.generation ELSE i.model_effective_generation END AS gen_key,
  CASE
    WHEN coalesce(c.title, '') = '' THEN 'other'
    WHEN contains(c.title, 'pro max') THEN 'pro_max'
    WHEN contains(c.title, 'pro') THEN 'pro'
    WHEN contains(c.title, 'plus') THEN 'plus'
    WHEN contains(c.title, 'mini') THEN 'mini'
    WHEN contains(c.title, 'air') THEN 'air'
    ELSE 'base'
  END AS model_variant,
  CASE
    WHEN i.body_color_key_main IS NULL OR i.body_color_key_main IN ('', '_MISSING') THEN '_MISSING'
    WHEN i.body_color_key_main IN (SELECT DISTINCT color_bucket FROM vocabulary) THEN i.body_color_key_main
    ELSE '_OTHER'
  END AS color_bucket,
  i.*  EXCLUDE (generation, listing_id)
FROM (SELECT *, lower(regexp_replace(model, '\\s+', ' ', 'g')) AS title FROM clean) c
LEFT JOIN images i ON (i.generation, i.listing_id) = (c.generation, c.listing_id)
"""
_OWN = {
    "dev_image_count": "image_count",
    "dev_has_images": "coalesce(image_count > 0, false)",
    "dev_color_is_missing": "color_bucket = '_MISSING'",
    "dev_color_known": "coalesce(color_known, false)",
    "dev_color_conflict": "coalesce(color_conflict, false)",
    "dev_n_color_votes": "n_color_votes",
    "dev_model_fixed_any": "coalesce(model_fixed_any, false)",
    "dev_model_generation_mismatch": "coalesce(model_generation_mismatch, false)",
    "dev_is_spam_below13": "coalesce(is_spam_below13, false)",
}


class Reference:
    """A database of its own with the upstream rows and what the reference makes of them."""

    def __init__(self, upstream: dict[str, pa.Table]) -> None:
        self._connection = duckdb.connect()
        for name, relation in _UPSTREAM.items():
            self._connection.register("given", upstream[relation])
            self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM given")
            self._connection.unregister("given")
        colors = [name.removeprefix("dev_color_") for name in COLUMNS[15:35]]
        self._connection.execute("CREATE TABLE vocabulary AS SELECT unnest(?) AS color_bucket", [colors])
        self._connection.execute(_BASE)
        self._connection.execute((Path(__file__).parent / "device_meta.sql").read_text())

    def close(self) -> None:
        self._connection.close()

    def statistics(self) -> pa.Table:
        """One row per day, segment and colour: the full grid."""
        return self._connection.sql("SELECT * FROM reference_statistics").to_arrow_table()

    def entrypoint(self) -> pa.Table:
        """One row per listing, the 61 columns in their order."""
        columns = ", ".join(f"{_column(name)} AS {name}" for name in COLUMNS)
        return self._connection.sql(
            f"SELECT {columns} FROM base LEFT JOIN reference_statistics"
            " USING (t0_day, gen_key, model_variant, color_bucket)"
        ).to_arrow_table()


def _column(name: str) -> str:
    if name in ("generation", "listing_id"):
        return name
    if name.startswith("gmc_"):
        return f"coalesce({name}, 0)" if name in _COUNTS else name
    if name in ("dev_color_vote_share", "dev_color_vote_margin"):
        return {"dev_color_vote_share": "color_primary_vote_share"}.get(name, "color_vote_margin_share")
    return f"CAST({_OWN[name] if name in _OWN else _one_hot(name)} AS int)"


_COUNTS = ("gmc_seg_n", "gmc_color_n_in_seg", "gmc_color_n_global", "gmc_seg_n_distinct_colors")


def _one_hot(name: str) -> str:
    _, family, value = name.split("_", 2)
    if family == "gen":
        known = ", ".join(_GENERATIONS)
        return f"gen_key = {value}" if value != "other" else f"gen_key IS NULL OR gen_key NOT IN ({known})"
    if family == "var":
        return f"model_variant = '{value}'"
    return f"color_bucket = '{ {'missing': '_MISSING', 'other': '_OTHER'}.get(value, value) }'"
