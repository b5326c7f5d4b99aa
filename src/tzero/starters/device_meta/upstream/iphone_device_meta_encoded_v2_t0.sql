-- The leaky predecessor with the T0 of each row: the moment at which its listing was last edited.
SELECT l.edited_date AS t0, p.*
FROM feature_store.iphone_device_meta_encoded_v2 p
JOIN feature_store.listing_device_features_clean_mv l
  ON l.generation = p.generation AND l.listing_id = p.listing_id
