-- One row per aircraft in the registry. It carries no time: when a row became known is undeclared, and reports say so.
SELECT
  p.tailnum,
  p.year AS built_in,
  p.engines,
  p.seats
FROM raw.planes p
