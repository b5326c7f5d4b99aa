-- One row per hourly observation at each airport of origin. What was measured in an hour is taken to be known one hour
-- after it began, when the hour is over.
SELECT
  w.origin,
  w.time_hour AS observed_at,
  w.time_hour + INTERVAL '1 hour' AS known_at,
  w.temp,
  w.humid,
  w.wind_speed,
  w.wind_gust,
  w.precip,
  w.pressure,
  w.visib
FROM raw.weather w
