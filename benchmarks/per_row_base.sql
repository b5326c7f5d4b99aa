SELECT l.generation, l.listing_id, l.edited_date AS t0, CAST(l.edited_date AS DATE) AS t0_day,
  coalesce(i.model_effective_generation, l.generation) AS gen_key,
  CASE WHEN norm IS NULL OR norm = '' THEN 'other' WHEN norm LIKE '%pro max%' THEN 'pro_max' WHEN norm LIKE '%pro%' THEN 'pro'
       WHEN norm LIKE '%plus%' THEN 'plus' WHEN norm LIKE '%mini%' THEN 'mini' WHEN norm LIKE '%air%' THEN 'air'
       ELSE 'base' END AS model_variant,
  CASE WHEN coalesce(nullif(i.body_color_key_main, ''), '_MISSING') = '_MISSING' THEN '_MISSING'
       WHEN i.body_color_key_main IN ('graphite', 'black_titanium', 'silver', 'space_black', 'midnight', 'sierra_blue', 'blue',
         'natural_titanium', 'gold', 'deep_purple', 'white_titanium', 'starlight', 'desert_titanium', 'blue_titanium', 'black',
         'alpine_green', 'pink', 'green', 'deep_blue', 'cosmic_orange') THEN i.body_color_key_main
       ELSE '_OTHER' END AS color_bucket,
  CAST(i.image_count AS INTEGER) AS dev_image_count,
  CASE WHEN i.image_count > 0 THEN 1 ELSE 0 END AS dev_has_images,
  CASE WHEN coalesce(nullif(i.body_color_key_main, ''), '_MISSING') = '_MISSING' THEN 1 ELSE 0 END AS dev_color_is_missing,
  coalesce(CAST(i.color_known AS INTEGER), 0) AS dev_color_known,
  coalesce(CAST(i.color_conflict AS INTEGER), 0) AS dev_color_conflict,
  i.n_color_votes AS dev_n_color_votes,
  CAST(i.color_primary_vote_share AS DOUBLE) AS dev_color_vote_share,
  CAST(i.color_vote_margin_share AS DOUBLE) AS dev_color_vote_margin,
  coalesce(CAST(i.model_fixed_any AS INTEGER), 0) AS dev_model_fixed_any,
  coalesce(CAST(i.model_generation_mismatch AS INTEGER), 0) AS dev_model_generation_mismatch,
  coalesce(CAST(i.is_spam_below13 AS INTEGER), 0) AS dev_is_spam_below13
FROM (
  SELECT *, lower(regexp_replace(model, '\s+', ' ', 'g')) AS norm FROM feature_store.listing_device_features_clean_mv
) AS l
LEFT JOIN feature_store.device_image_features_unified_v1 AS i USING (generation, listing_id)
