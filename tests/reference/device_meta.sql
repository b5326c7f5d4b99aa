-- For every day of a row, every kind of phone and every colour of the vocabulary: count the phones of strictly earlier
-- days, one by one. `base` has one row per phone: t0_day, gen_key, model_variant, color_bucket.
-- alpha is 0.5, the vocabulary has 22 colours.
CREATE TABLE reference_statistics AS
WITH
counted AS (SELECT * FROM base WHERE gen_key IS NOT NULL AND model_variant IS NOT NULL),
day AS (SELECT DISTINCT t0_day FROM base),
kind AS (SELECT DISTINCT gen_key, model_variant FROM counted),
color AS (
  SELECT unnest([
    '_MISSING', '_OTHER', 'alpine_green', 'black', 'black_titanium', 'blue', 'blue_titanium', 'cosmic_orange',
    'deep_blue', 'deep_purple', 'desert_titanium', 'gold', 'graphite', 'green', 'midnight', 'natural_titanium', 'pink',
    'sierra_blue', 'silver', 'space_black', 'starlight', 'white_titanium'
  ]) AS color_bucket
),
cell AS (
  SELECT
    day.t0_day, kind.gen_key, kind.model_variant, color.color_bucket,
    (SELECT count(*) FROM counted e
      WHERE e.t0_day < day.t0_day AND e.gen_key = kind.gen_key AND e.model_variant = kind.model_variant
        AND e.color_bucket = color.color_bucket) AS n_color_in_kind
  FROM day CROSS JOIN kind CROSS JOIN color
),
per_kind AS (
  SELECT
    t0_day, gen_key, model_variant,
    sum(n_color_in_kind) AS n_kind,
    count(*) FILTER (n_color_in_kind > 0) AS n_colors,
    max(n_color_in_kind) AS n_top,
    sum(n_color_in_kind) FILTER (color_bucket = '_MISSING') AS n_missing
  FROM cell
  GROUP BY ALL
),
surprise AS (
  SELECT t0_day, gen_key, model_variant, -sum(p * ln(p)) AS entropy
  FROM (
    SELECT t0_day, gen_key, model_variant, n_color_in_kind::double / n_kind AS p
    FROM cell JOIN per_kind USING (t0_day, gen_key, model_variant)
    WHERE n_color_in_kind > 0
  )
  GROUP BY ALL
),
per_color AS (SELECT t0_day, color_bucket, sum(n_color_in_kind) AS n_color FROM cell GROUP BY ALL),
per_day AS (
  SELECT t0_day, sum(n_kind) AS n_all, count(*) FILTER (n_kind > 0) AS n_kinds FROM per_kind GROUP BY ALL
),
share AS (
  SELECT
    *,
    (n_color_in_kind + 0.5::double) / (n_kind + 11) AS in_kind,
    (n_color + 0.5::double) / (n_all + 11) AS overall,
    1 + (SELECT count(DISTINCT other.n_color_in_kind) FROM cell other
          WHERE other.t0_day = cell.t0_day AND other.gen_key = cell.gen_key
            AND other.model_variant = cell.model_variant AND other.n_color_in_kind > cell.n_color_in_kind) AS place
  FROM cell
  JOIN per_kind USING (t0_day, gen_key, model_variant)
  JOIN per_color USING (t0_day, color_bucket)
  JOIN per_day USING (t0_day)
)
SELECT
  t0_day,
  gen_key,
  model_variant,
  color_bucket,
  n_kind::int AS gmc_seg_n,
  (n_kind + 0.5::double) / (n_all + 0.5::double * greatest(n_kinds, 1)) AS gmc_seg_share,
  n_color_in_kind::int AS gmc_color_n_in_seg,
  in_kind AS gmc_color_share_in_seg,
  -ln(greatest(in_kind, 1e-12::double)) AS gmc_color_rarity_score,
  n_color::int AS gmc_color_n_global,
  overall AS gmc_color_share_global,
  -ln(greatest(overall, 1e-12::double)) AS gmc_color_rarity_global,
  place::int AS gmc_color_rank_in_seg,
  n_colors::int AS gmc_seg_n_distinct_colors,
  coalesce(entropy, 0) AS gmc_seg_color_entropy,
  CASE WHEN n_kind > 0 THEN n_top::double / n_kind END AS gmc_seg_top_color_share,
  CASE WHEN n_kind > 0 THEN n_missing::double / n_kind ELSE 0 END AS gmc_seg_missing_color_share
FROM share
LEFT JOIN surprise USING (t0_day, gen_key, model_variant);
