-- What became of each departure: labels. flight_id and t0 say whose; nobody knew it before landed_at.
SELECT
  d.flight_id,
  d.scheduled_at AS t0,
  d.landed_at,
  d.arrival_delay,
  d.late
FROM flights.departures d
