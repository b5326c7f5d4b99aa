-- One row per day, kind of phone and colour: counts of strictly earlier days, over the full grid.
CREATE MATERIALIZED VIEW feature_store.device_meta_gmc_stats_t0_v1_mv AS
WITH alpha AS (SELECT 0.5::float8 AS a, 5::float8 AS k),
color AS (SELECT unnest(ARRAY['black', 'blue', 'gold', '_MISSING', '_OTHER']) AS color_bucket),
day AS (SELECT DISTINCT t0_day FROM feature_store.v_device_meta_base_t0_v1),
kind AS (SELECT DISTINCT gen_key, model_variant FROM feature_store.v_device_meta_base_t0_v1),
first_seen AS (
  SELECT gen_key, model_variant, MIN(t0_day) AS first_day FROM feature_store.v_device_meta_base_t0_v1 GROUP BY 1, 2
),
kinds_before AS (
  SELECT d.t0_day, COUNT(*)::float8 AS n FROM day d JOIN first_seen f ON f.first_day < d.t0_day GROUP BY 1
),
counted AS (
  SELECT t0_day, gen_key, model_variant, color_bucket, COUNT(*)::float8 AS n
  FROM feature_store.v_device_meta_base_t0_v1 GROUP BY 1, 2, 3, 4
),
cell AS (
  SELECT d.t0_day, k.gen_key, k.model_variant, c.color_bucket, COALESCE(n.n, 0.0) AS n
  FROM day d CROSS JOIN kind k CROSS JOIN color c
  LEFT JOIN counted n ON n.t0_day = d.t0_day AND n.gen_key = k.gen_key AND n.model_variant = k.model_variant
    AND n.color_bucket = c.color_bucket
),
of_color AS (
  SELECT t0_day, gen_key, model_variant, color_bucket, SUM(n) OVER (
    PARTITION BY gen_key, model_variant, color_bucket ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS n
  FROM cell
),
kind_day AS (SELECT t0_day, gen_key, model_variant, SUM(n) AS n FROM cell GROUP BY 1, 2, 3),
of_kind AS (
  SELECT t0_day, gen_key, model_variant, SUM(n) OVER (
    PARTITION BY gen_key, model_variant ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ) AS n
  FROM kind_day
),
all_day AS (SELECT t0_day, SUM(n) AS n FROM kind_day GROUP BY 1),
of_all AS (
  SELECT t0_day, SUM(n) OVER (ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS n FROM all_day
),
figures AS (
  SELECT c.t0_day, c.gen_key, c.model_variant, c.color_bucket, COALESCE(c.n, 0.0) AS n_color,
    COALESCE(k.n, 0.0) AS n_kind, COALESCE(t.n, 0.0) AS n_all, COALESCE(b.n, 0.0) AS n_kinds
  FROM of_color c
  JOIN of_kind k ON k.t0_day = c.t0_day AND k.gen_key = c.gen_key AND k.model_variant = c.model_variant
  JOIN of_all t ON t.t0_day = c.t0_day
  LEFT JOIN kinds_before b ON b.t0_day = c.t0_day
),
ranked AS (
  SELECT *, dense_rank() OVER (PARTITION BY t0_day, gen_key, model_variant ORDER BY n_color DESC) AS color_rank
  FROM figures
),
spread AS (
  SELECT t0_day, gen_key, model_variant, COUNT(*) FILTER (WHERE n_color > 0.0)::float8 AS n_colors,
    (-1.0)::float8 * SUM(CASE WHEN n_kind > 0.0 AND n_color > 0.0
      THEN (n_color / n_kind) * LN(n_color / n_kind) ELSE 0.0 END) AS entropy,
    MAX(CASE WHEN n_kind > 0.0 THEN n_color / n_kind END) AS top
  FROM ranked GROUP BY 1, 2, 3
)
SELECT r.t0_day, r.gen_key, r.model_variant, r.color_bucket,
  r.n_kind::int AS gmc_seg_n,
  (r.n_kind + p.a) / NULLIF(r.n_all + p.a * GREATEST(r.n_kinds, 1.0), 0.0) AS gmc_seg_share,
  -LN(GREATEST((r.n_color + p.a) / NULLIF(r.n_kind + p.a * p.k, 0.0), 1e-12)) AS gmc_color_rarity_score,
  r.color_rank::int AS gmc_color_rank_in_seg,
  s.n_colors::int AS gmc_seg_n_distinct_colors, s.entropy AS gmc_seg_color_entropy, s.top AS gmc_seg_top_color_share
FROM ranked r
JOIN spread s ON s.t0_day = r.t0_day AND s.gen_key = r.gen_key AND s.model_variant = r.model_variant
CROSS JOIN alpha p;
