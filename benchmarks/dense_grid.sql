-- The textbook way to the same statistics: every day x every segment x every category, filled, cumulated, ranked.
-- {base} is the base relation; the result has the columns of the statistics relation.
WITH palette AS (
  SELECT unnest({palette}) AS color_bucket
), cells AS (
  SELECT d.t0_day, s.gen_key, s.model_variant, p.color_bucket, coalesce(c.n, 0.0) AS n
  FROM (SELECT DISTINCT t0_day FROM {base}) AS d
  CROSS JOIN (SELECT DISTINCT gen_key, model_variant FROM {base}) AS s
  CROSS JOIN palette AS p
  LEFT JOIN (
    SELECT t0_day, gen_key, model_variant, color_bucket, CAST(count(*) AS DOUBLE) AS n
    FROM {base} GROUP BY ALL
  ) AS c USING (t0_day, gen_key, model_variant, color_bucket)
), in_segment AS (
  SELECT t0_day, gen_key, model_variant, color_bucket, coalesce(sum(n) OVER (
    PARTITION BY gen_key, model_variant, color_bucket ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ), 0.0) AS n FROM cells
), segment AS (
  SELECT t0_day, gen_key, model_variant, coalesce(sum(n) OVER (
    PARTITION BY gen_key, model_variant ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ), 0.0) AS n FROM (SELECT t0_day, gen_key, model_variant, sum(n) AS n FROM cells GROUP BY ALL)
), color AS (
  SELECT t0_day, color_bucket, coalesce(sum(n) OVER (
    PARTITION BY color_bucket ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  ), 0.0) AS n FROM (SELECT t0_day, color_bucket, sum(n) AS n FROM cells GROUP BY ALL)
), everything AS (
  SELECT t0_day, coalesce(sum(n) OVER (ORDER BY t0_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0.0) AS n
  FROM (SELECT t0_day, sum(n) AS n FROM cells GROUP BY ALL)
), known_segments AS (
  SELECT d.t0_day, CAST(count(f.first_day) AS DOUBLE) AS n
  FROM (SELECT DISTINCT t0_day FROM {base}) AS d
  LEFT JOIN (SELECT min(t0_day) AS first_day FROM {base} GROUP BY gen_key, model_variant) AS f ON f.first_day < d.t0_day
  GROUP BY d.t0_day
), ranked AS (
  SELECT i.*, s.n AS seg, c.n AS col, e.n AS everything, k.n AS segments,
    dense_rank() OVER (PARTITION BY i.t0_day, i.gen_key, i.model_variant ORDER BY i.n DESC) AS place
  FROM in_segment AS i
  JOIN segment AS s USING (t0_day, gen_key, model_variant)
  JOIN color AS c USING (t0_day, color_bucket)
  JOIN everything AS e USING (t0_day)
  JOIN known_segments AS k USING (t0_day)
), spread AS (
  SELECT t0_day, gen_key, model_variant, count(*) FILTER (WHERE n > 0) AS colors,
    -sum(CASE WHEN n > 0 THEN n / seg * ln(n / seg) ELSE 0.0 END) AS entropy,
    max(CASE WHEN seg > 0 THEN n / seg END) AS top,
    sum(CASE WHEN color_bucket = '_MISSING' AND seg > 0 THEN n / seg ELSE 0.0 END) AS missing
  FROM ranked GROUP BY ALL
)
SELECT r.t0_day, r.gen_key, r.model_variant, r.color_bucket,
  CAST(r.seg AS INTEGER) AS gmc_seg_n,
  (r.seg + 0.5) / (r.everything + 0.5 * greatest(r.segments, 1)) AS gmc_seg_share,
  CAST(r.n AS INTEGER) AS gmc_color_n_in_seg,
  (r.n + 0.5) / (r.seg + 11.0) AS gmc_color_share_in_seg,
  -ln(greatest((r.n + 0.5) / (r.seg + 11.0), 1e-12)) AS gmc_color_rarity_score,
  CAST(r.col AS INTEGER) AS gmc_color_n_global,
  (r.col + 0.5) / (r.everything + 11.0) AS gmc_color_share_global,
  -ln(greatest((r.col + 0.5) / (r.everything + 11.0), 1e-12)) AS gmc_color_rarity_global,
  CAST(r.place AS INTEGER) AS gmc_color_rank_in_seg,
  CAST(s.colors AS INTEGER) AS gmc_seg_n_distinct_colors,
  s.entropy AS gmc_seg_color_entropy, s.top AS gmc_seg_top_color_share, s.missing AS gmc_seg_missing_color_share
FROM ranked AS r JOIN spread AS s USING (t0_day, gen_key, model_variant)
