-- The leaky predecessor: what a phone is, and how common it is among ALL listings, those of the future included.
-- It has the 61 columns of the view that replaces it. Kept as the example of what certification refuses: the gmc_*
-- columns of a past listing change with every listing that arrives later.
WITH phones AS (
  SELECT
    l.generation,
    l.listing_id,
    coalesce(i.model_effective_generation, l.generation) AS gen_key,
    CASE
      WHEN coalesce(l.title, '') = '' THEN 'other'
      WHEN l.title LIKE '%pro max%' THEN 'pro_max'
      WHEN l.title LIKE '%pro%' THEN 'pro'
      WHEN l.title LIKE '%plus%' THEN 'plus'
      WHEN l.title LIKE '%mini%' THEN 'mini'
      WHEN l.title LIKE '%air%' THEN 'air'
      ELSE 'base'
    END AS model_variant,
    CASE
      WHEN coalesce(i.body_color_key_main, '') IN ('', '_MISSING') THEN '_MISSING'
      WHEN i.body_color_key_main IN (
        'graphite', 'black_titanium', 'silver', 'space_black', 'midnight', 'sierra_blue', 'blue',
        'natural_titanium', 'gold', 'deep_purple', 'white_titanium', 'starlight', 'desert_titanium', 'blue_titanium',
        'black', 'alpine_green', 'pink', 'green', 'deep_blue', 'cosmic_orange'
      ) THEN i.body_color_key_main
      ELSE '_OTHER'
    END AS color_bucket,
    CAST(i.image_count AS int) AS image_count,
    i.color_known,
    i.color_conflict,
    i.n_color_votes,
    i.color_primary_vote_share,
    i.color_vote_margin_share,
    i.model_fixed_any,
    i.model_generation_mismatch,
    i.is_spam_below13
  FROM (
    SELECT
      c.generation,
      c.listing_id,
      lower(regexp_replace(c.model, '\s+', ' ', 'g')) AS title
    FROM feature_store.listing_device_features_clean_mv c
  ) l
  LEFT JOIN feature_store.device_image_features_unified_v1 i
    ON i.generation = l.generation
   AND i.listing_id = l.listing_id
),
color_in_seg AS (
  SELECT gen_key, model_variant, color_bucket, count(*) AS n
  FROM phones
  WHERE gen_key IS NOT NULL
  GROUP BY gen_key, model_variant, color_bucket
),
color_ranked AS (
  SELECT
    gen_key,
    model_variant,
    color_bucket,
    n,
    CAST(sum(n) OVER (PARTITION BY gen_key, model_variant) AS bigint) AS n_seg,
    dense_rank() OVER (PARTITION BY gen_key, model_variant ORDER BY n DESC) AS color_rank
  FROM color_in_seg
),
color_global AS (
  SELECT color_bucket, sum(n) AS n
  FROM color_in_seg
  GROUP BY color_bucket
),
seg AS (
  SELECT
    gen_key,
    model_variant,
    max(n_seg) AS n,
    count(*) AS n_colors,
    -- decimals add up to the same sum in any order; doubles do not
    sum(CAST(-(CAST(n AS float8) / CAST(n_seg AS float8))
      * ln(CAST(n AS float8) / CAST(n_seg AS float8)) AS decimal(38, 18))) AS entropy,
    CAST(max(n) AS float8) / CAST(max(n_seg) AS float8) AS top_share,
    CAST(coalesce(max(CASE WHEN color_bucket = '_MISSING' THEN n END), 0) AS float8)
      / CAST(max(n_seg) AS float8) AS missing_share
  FROM color_ranked
  GROUP BY gen_key, model_variant
),
total AS (
  SELECT
    CAST(coalesce(sum(n), 0) AS float8) AS n,
    CAST(count(*) AS float8) AS n_segs
  FROM seg
),
shares AS (
  SELECT
    r.gen_key,
    r.model_variant,
    r.color_bucket,
    CAST(s.n AS int) AS seg_n,
    (CAST(s.n AS float8) + 0.5) / (t.n + 0.5 * greatest(t.n_segs, 1.0)) AS seg_share,
    CAST(r.n AS int) AS color_n_in_seg,
    (CAST(r.n AS float8) + 0.5) / (CAST(s.n AS float8) + 0.5 * 22.0) AS color_share_in_seg,
    CAST(g.n AS int) AS color_n_global,
    (CAST(g.n AS float8) + 0.5) / (t.n + 0.5 * 22.0) AS color_share_global,
    CAST(r.color_rank AS int) AS color_rank,
    CAST(s.n_colors AS int) AS n_colors,
    CAST(s.entropy AS float8) AS entropy,
    s.top_share,
    s.missing_share
  FROM color_ranked r
  JOIN seg s
    ON s.gen_key = r.gen_key
   AND s.model_variant = r.model_variant
  JOIN color_global g
    ON g.color_bucket = r.color_bucket
  CROSS JOIN total t
)
SELECT
  p.generation,
  p.listing_id,

  CASE WHEN p.gen_key IS NULL THEN NULL WHEN p.gen_key = 13 THEN 1 ELSE 0 END AS dev_gen_13,
  CASE WHEN p.gen_key IS NULL THEN NULL WHEN p.gen_key = 14 THEN 1 ELSE 0 END AS dev_gen_14,
  CASE WHEN p.gen_key IS NULL THEN NULL WHEN p.gen_key = 15 THEN 1 ELSE 0 END AS dev_gen_15,
  CASE WHEN p.gen_key IS NULL THEN NULL WHEN p.gen_key = 16 THEN 1 ELSE 0 END AS dev_gen_16,
  CASE WHEN p.gen_key IS NULL THEN NULL WHEN p.gen_key = 17 THEN 1 ELSE 0 END AS dev_gen_17,
  CASE WHEN p.gen_key IN (13, 14, 15, 16, 17) THEN 0 ELSE 1 END AS dev_gen_other,
  CASE WHEN p.model_variant = 'base' THEN 1 ELSE 0 END AS dev_var_base,
  CASE WHEN p.model_variant = 'pro' THEN 1 ELSE 0 END AS dev_var_pro,
  CASE WHEN p.model_variant = 'pro_max' THEN 1 ELSE 0 END AS dev_var_pro_max,
  CASE WHEN p.model_variant = 'plus' THEN 1 ELSE 0 END AS dev_var_plus,
  CASE WHEN p.model_variant = 'mini' THEN 1 ELSE 0 END AS dev_var_mini,
  CASE WHEN p.model_variant = 'air' THEN 1 ELSE 0 END AS dev_var_air,
  CASE WHEN p.model_variant = 'other' THEN 1 ELSE 0 END AS dev_var_other,
  CASE WHEN p.color_bucket = 'graphite' THEN 1 ELSE 0 END AS dev_color_graphite,
  CASE WHEN p.color_bucket = 'black_titanium' THEN 1 ELSE 0 END AS dev_color_black_titanium,
  CASE WHEN p.color_bucket = 'silver' THEN 1 ELSE 0 END AS dev_color_silver,
  CASE WHEN p.color_bucket = 'space_black' THEN 1 ELSE 0 END AS dev_color_space_black,
  CASE WHEN p.color_bucket = 'midnight' THEN 1 ELSE 0 END AS dev_color_midnight,
  CASE WHEN p.color_bucket = 'sierra_blue' THEN 1 ELSE 0 END AS dev_color_sierra_blue,
  CASE WHEN p.color_bucket = 'blue' THEN 1 ELSE 0 END AS dev_color_blue,
  CASE WHEN p.color_bucket = 'natural_titanium' THEN 1 ELSE 0 END AS dev_color_natural_titanium,
  CASE WHEN p.color_bucket = 'gold' THEN 1 ELSE 0 END AS dev_color_gold,
  CASE WHEN p.color_bucket = 'deep_purple' THEN 1 ELSE 0 END AS dev_color_deep_purple,
  CASE WHEN p.color_bucket = 'white_titanium' THEN 1 ELSE 0 END AS dev_color_white_titanium,
  CASE WHEN p.color_bucket = 'starlight' THEN 1 ELSE 0 END AS dev_color_starlight,
  CASE WHEN p.color_bucket = 'desert_titanium' THEN 1 ELSE 0 END AS dev_color_desert_titanium,
  CASE WHEN p.color_bucket = 'blue_titanium' THEN 1 ELSE 0 END AS dev_color_blue_titanium,
  CASE WHEN p.color_bucket = 'black' THEN 1 ELSE 0 END AS dev_color_black,
  CASE WHEN p.color_bucket = 'alpine_green' THEN 1 ELSE 0 END AS dev_color_alpine_green,
  CASE WHEN p.color_bucket = 'pink' THEN 1 ELSE 0 END AS dev_color_pink,
  CASE WHEN p.color_bucket = 'green' THEN 1 ELSE 0 END AS dev_color_green,
  CASE WHEN p.color_bucket = 'deep_blue' THEN 1 ELSE 0 END AS dev_color_deep_blue,
  CASE WHEN p.color_bucket = 'cosmic_orange' THEN 1 ELSE 0 END AS dev_color_cosmic_orange,
  CASE WHEN p.color_bucket = '_MISSING' THEN 1 ELSE 0 END AS dev_color_missing,
  CASE WHEN p.color_bucket = '_OTHER' THEN 1 ELSE 0 END AS dev_color_other,

  p.image_count AS dev_image_count,
  CASE WHEN p.image_count > 0 THEN 1 ELSE 0 END AS dev_has_images,
  CASE WHEN p.color_bucket = '_MISSING' THEN 1 ELSE 0 END AS dev_color_is_missing,
  CASE WHEN p.color_known THEN 1 ELSE 0 END AS dev_color_known,
  CASE WHEN p.color_conflict THEN 1 ELSE 0 END AS dev_color_conflict,
  CAST(p.n_color_votes AS int) AS dev_n_color_votes,
  CAST(p.color_primary_vote_share AS float8) AS dev_color_vote_share,
  CAST(p.color_vote_margin_share AS float8) AS dev_color_vote_margin,
  CASE WHEN p.model_fixed_any THEN 1 ELSE 0 END AS dev_model_fixed_any,
  CASE WHEN p.model_generation_mismatch THEN 1 ELSE 0 END AS dev_model_generation_mismatch,
  CASE WHEN p.is_spam_below13 THEN 1 ELSE 0 END AS dev_is_spam_below13,

  coalesce(s.seg_n, 0) AS gmc_seg_n,
  s.seg_share AS gmc_seg_share,
  coalesce(s.color_n_in_seg, 0) AS gmc_color_n_in_seg,
  s.color_share_in_seg AS gmc_color_share_in_seg,
  -ln(greatest(s.color_share_in_seg, 1e-12)) AS gmc_color_rarity_score,
  coalesce(s.color_n_global, 0) AS gmc_color_n_global,
  s.color_share_global AS gmc_color_share_global,
  -ln(greatest(s.color_share_global, 1e-12)) AS gmc_color_rarity_global,
  s.color_rank AS gmc_color_rank_in_seg,
  coalesce(s.n_colors, 0) AS gmc_seg_n_distinct_colors,
  s.entropy AS gmc_seg_color_entropy,
  s.top_share AS gmc_seg_top_color_share,
  s.missing_share AS gmc_seg_missing_color_share
FROM phones p
LEFT JOIN shares s
  ON s.gen_key = p.gen_key
 AND s.model_variant = p.model_variant
 AND s.color_bucket = p.color_bucket
