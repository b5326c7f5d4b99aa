-- One row per phone, from its own listing and its images.
CREATE VIEW feature_store.v_device_meta_base_t0_v1 AS
WITH listing AS (
  SELECT generation, listing_id, edited_date AS t0, edited_date::date AS t0_day,
    lower(regexp_replace(model, '\s+', ' ', 'g')) AS title
  FROM feature_store.listing_device_features_clean_mv
),
seen AS (
  SELECT generation, listing_id, model_effective_generation, image_count::int AS image_count,
    COALESCE(NULLIF(body_color_key_main, ''), '_MISSING') AS color, (color_known IS TRUE)::int AS color_known
  FROM feature_store.device_image_features_unified_v1
)
SELECT l.generation, l.listing_id, l.t0, l.t0_day,
  COALESCE(s.model_effective_generation, l.generation) AS gen_key,
  CASE WHEN l.title IS NULL THEN 'other' WHEN l.title LIKE '%pro%' THEN 'pro' ELSE 'base' END AS model_variant,
  CASE WHEN COALESCE(s.color, '_MISSING') = '_MISSING' THEN '_MISSING'
    WHEN COALESCE(s.color, '_MISSING') = ANY (ARRAY['black', 'blue', 'gold']) THEN s.color
    ELSE '_OTHER' END AS color_bucket,
  s.image_count, COALESCE(s.color_known, 0) AS dev_color_known
FROM listing l
LEFT JOIN seen s ON s.generation = l.generation AND s.listing_id = l.listing_id;
