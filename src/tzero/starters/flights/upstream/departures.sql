-- One row per scheduled departure, cancelled ones included. flight_id is the line of the published file.
-- scheduled_at is T0. The published hour is an instant; what is published in local time is turned into one here.
-- landed_at, arrival_delay and late are the outcome: nobody knew them before landed_at. They are NULL for flights that
-- were cancelled or came down elsewhere.
WITH departures AS (
  SELECT
    f.flight_id,
    f.carrier,
    f.flight,
    f.tailnum,
    f.origin,
    f.dest,
    f.distance,
    f.time_hour + f.minute * INTERVAL '1 minute' AS scheduled_at,
    -- hhmm to minutes: 1530 is 15 * 60 + 30
    (f.sched_arr_time - 40 * CAST(floor(f.sched_arr_time / 100.0) AS int)) * INTERVAL '1 minute' AS arrival_clock,
    -- the published airports lack those of Puerto Rico and the Virgin Islands
    coalesce(a.tzone, 'America/Puerto_Rico') AS zone,
    f.arr_delay
  FROM raw.flights f
  LEFT JOIN raw.airports a
    ON a.faa = f.dest
),
local_times AS (
  SELECT
    d.*,
    d.scheduled_at AT TIME ZONE d.zone AS departure_there,
    date_trunc('day', d.scheduled_at AT TIME ZONE d.zone) + d.arrival_clock AS arrival_there
  FROM departures d
),
arrivals AS (
  SELECT
    l.*,
    -- the first time after the departure that the destination's clocks show the published arrival
    CASE
      WHEN l.arrival_there < l.departure_there THEN l.arrival_there + INTERVAL '1 day'
      ELSE l.arrival_there
    END AT TIME ZONE l.zone AS scheduled_arrival_at
  FROM local_times l
)
SELECT
  r.flight_id,
  r.carrier,
  r.flight,
  r.tailnum,
  r.origin,
  r.dest,
  r.distance,
  r.scheduled_at,
  r.scheduled_arrival_at,
  r.scheduled_arrival_at + r.arr_delay * INTERVAL '1 minute' AS landed_at,
  r.arr_delay AS arrival_delay,
  r.arr_delay >= 15 AS late
FROM arrivals r
