-- One row per phone: its own attributes, and the statistics of its day, kind and colour.
CREATE VIEW feature_store.device_meta_encoded_t0_v1 AS
SELECT b.generation, b.listing_id,
  (b.gen_key = 15)::int AS dev_gen_15, (b.model_variant = 'pro')::int AS dev_var_pro,
  (b.color_bucket = 'gold')::int AS dev_color_gold, b.image_count AS dev_image_count, b.dev_color_known,
  COALESCE(g.gmc_seg_n, 0) AS gmc_seg_n, g.gmc_seg_share, g.gmc_color_rarity_score, g.gmc_color_rank_in_seg,
  COALESCE(g.gmc_seg_n_distinct_colors, 0) AS gmc_seg_n_distinct_colors, g.gmc_seg_color_entropy,
  g.gmc_seg_top_color_share
FROM feature_store.v_device_meta_base_t0_v1 b
LEFT JOIN feature_store.device_meta_gmc_stats_t0_v1_mv g
  ON g.t0_day = b.t0_day AND g.gen_key = b.gen_key AND g.model_variant = b.model_variant
 AND g.color_bucket = b.color_bucket;
