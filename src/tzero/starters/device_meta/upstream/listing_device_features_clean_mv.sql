-- One row per listing: what its latest readable scrape says.
-- listing_id is unique within a search category (generation) only. The latest scrape wins, of scrapes in the same
-- second the one with the lowest scrape_id. A scrape whose date could not be read says nothing about T0 and is left out.
WITH ranked AS (
  SELECT
    s.generation,
    s.listing_id,
    s.edited_date,
    s.model,
    s.price,
    row_number() OVER (
      PARTITION BY s.generation, s.listing_id
      ORDER BY s.scraped_at DESC, s.scrape_id
    ) AS recency
  FROM raw.listing_scrapes s
  WHERE s.edited_date IS NOT NULL
)
SELECT
  r.generation,
  r.listing_id,
  r.edited_date,
  r.model,
  r.price
FROM ranked r
WHERE r.recency = 1
