-- What a seller asks, beside what was usually asked for the same model on the sixty days before. One row per listing.
-- Placeholders (1, 123456) are no prices. Whole euros add up to the same sum in any order.
WITH phones AS (
  SELECT
    l.generation,
    l.listing_id,
    l.edited_date,
    CAST(date_trunc('day', l.edited_date) AS date) AS t0_day,
    CASE WHEN l.price BETWEEN 20 AND 5000 THEN l.price END AS price,
    CASE
      WHEN l.model IS NULL THEN 'other'
      WHEN lower(regexp_replace(l.model, '\s+', ' ', 'g')) LIKE '%pro max%' THEN 'pro_max'
      WHEN lower(regexp_replace(l.model, '\s+', ' ', 'g')) LIKE '%pro%' THEN 'pro'
      WHEN lower(regexp_replace(l.model, '\s+', ' ', 'g')) LIKE '%plus%' THEN 'plus'
      WHEN lower(regexp_replace(l.model, '\s+', ' ', 'g')) LIKE '%mini%' THEN 'mini'
      WHEN lower(regexp_replace(l.model, '\s+', ' ', 'g')) LIKE '%air%' THEN 'air'
      ELSE 'base'
    END AS variant
  FROM feature_store.listing_device_features_clean_mv l
)
SELECT
  p.generation,
  p.listing_id,
  p.edited_date AS t0,
  p.price AS price_asked,
  count(p.price) OVER earlier AS price_usual_n,
  CAST(p.price AS float8) * count(p.price) OVER earlier / sum(p.price) OVER earlier AS price_to_usual
FROM phones p
WINDOW earlier AS (
  PARTITION BY p.generation, p.variant ORDER BY p.t0_day
  RANGE BETWEEN INTERVAL '60 days' PRECEDING AND INTERVAL '1 day' PRECEDING
)
