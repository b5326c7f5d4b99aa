-- One row per listing with labelled images: how many, which colour and generation the labellers saw, how sure they were.
-- A NULL colour or generation is no vote; an empty colour is one. The main colour has the most votes; of colours with
-- equally many the one voted for first wins, so that no collation decides. A generation other than the category's holds
-- if at least two labellers and more than half of them say so. known_at is when the last label used was known.
WITH colour_votes AS (
  SELECT
    l.generation,
    l.listing_id,
    l.body_color_key,
    count(*) AS n_votes,
    min(l.labelled_at) AS first_vote_at,
    min(l.label_id) AS first_label_id
  FROM raw.image_labels l
  WHERE l.body_color_key IS NOT NULL
  GROUP BY l.generation, l.listing_id, l.body_color_key
),
colours_ranked AS (
  SELECT
    v.generation,
    v.listing_id,
    v.body_color_key,
    v.n_votes,
    row_number() OVER (
      PARTITION BY v.generation, v.listing_id
      ORDER BY v.n_votes DESC, v.first_vote_at, v.first_label_id
    ) AS place
  FROM colour_votes v
),
colour AS (
  SELECT
    r.generation,
    r.listing_id,
    max(CASE WHEN r.place = 1 THEN r.body_color_key END) AS body_color_key_main,
    count(*) AS n_colours,
    CAST(sum(r.n_votes) AS bigint) AS n_votes,
    max(CASE WHEN r.place = 1 THEN r.n_votes END) AS n_first,
    coalesce(max(CASE WHEN r.place = 2 THEN r.n_votes END), 0) AS n_second
  FROM colours_ranked r
  GROUP BY r.generation, r.listing_id
),
generation_votes AS (
  SELECT
    l.generation,
    l.listing_id,
    l.predicted_generation,
    count(*) AS n_votes
  FROM raw.image_labels l
  WHERE l.predicted_generation IS NOT NULL
  GROUP BY l.generation, l.listing_id, l.predicted_generation
),
generations AS (
  SELECT
    v.generation,
    v.listing_id,
    CAST(sum(v.n_votes) AS bigint) AS n_votes
  FROM generation_votes v
  GROUP BY v.generation, v.listing_id
),
majority AS (
  SELECT
    v.generation,
    v.listing_id,
    v.predicted_generation
  FROM generation_votes v
  JOIN generations g
    ON g.generation = v.generation
   AND g.listing_id = v.listing_id
  WHERE v.n_votes >= 2
    AND 2 * v.n_votes > g.n_votes
    AND v.predicted_generation <> v.generation
),
labels AS (
  SELECT
    l.generation,
    l.listing_id,
    count(DISTINCT l.image_id) AS image_count,
    max(CASE WHEN l.predicted_generation <> l.generation THEN 1 ELSE 0 END) AS disagrees,
    max(CASE WHEN l.predicted_generation < 13 AND l.spam_score >= 0.6 THEN 1 ELSE 0 END) AS spam,
    max(l.labelled_at) AS known_at
  FROM raw.image_labels l
  GROUP BY l.generation, l.listing_id
)
SELECT
  l.generation,
  l.listing_id,
  l.image_count,
  c.body_color_key_main,
  coalesce(c.body_color_key_main <> '', false) AS color_known,
  c.n_colours > 1 AS color_conflict,
  CAST(coalesce(c.n_votes, 0) AS int) AS n_color_votes,
  CAST(c.n_first AS float8) / CAST(c.n_votes AS float8) AS color_primary_vote_share,
  CAST(c.n_first - c.n_second AS float8) / CAST(c.n_votes AS float8) AS color_vote_margin_share,
  coalesce(m.predicted_generation, l.generation) AS model_effective_generation,
  m.predicted_generation IS NOT NULL AS model_fixed_any,
  CASE WHEN g.n_votes IS NOT NULL THEN l.disagrees = 1 END AS model_generation_mismatch,
  l.spam = 1 AS is_spam_below13,
  l.known_at
FROM labels l
LEFT JOIN colour c
  ON c.generation = l.generation
 AND c.listing_id = l.listing_id
LEFT JOIN generations g
  ON g.generation = l.generation
 AND g.listing_id = l.listing_id
LEFT JOIN majority m
  ON m.generation = l.generation
 AND m.listing_id = l.listing_id
