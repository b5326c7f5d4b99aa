"""flights: how late an airline, a route, an airport and an aircraft had been before a flight was due to leave.

T0 is the instant of the scheduled departure. A flight counts in a statistic of delays from the moment that it landed
(`known_at="landed_at"`): at T0 many flights are still in the air, and nobody knows yet how late they will be.
"""

from tzero import Entity, Events, FeatureView, History, Population, Statistic, columns, one_hot

departures = Events("flights.departures", key="flight_id", time="scheduled_at")
# the registry of the year: it was there before the first flight, and does not change
planes = Entity("flights.planes", key="tailnum", static=True)
weather = History("flights.weather", key=("origin", "observed_at"), time="observed_at", known_at="known_at")

rows = (
    departures.lookup(planes)
    # the last observation known before T0; one older than six hours says nothing of the weather at departure
    .lookup_as_of(weather, on="origin", max_age="6h")
    .derive(
        dep_hour="cast(extract(hour FROM scheduled_at AT TIME ZONE 'America/New_York') AS int)",
        dep_weekday="cast(extract(isodow FROM scheduled_at AT TIME ZONE 'America/New_York') AS int)",
        scheduled_minutes="seconds_between(scheduled_arrival_at, scheduled_at) / 60",
        plane_age_years="cast(extract(year FROM scheduled_at AT TIME ZONE 'America/New_York') AS int) - built_in",
        plane_seats="seats",
        weather_age_minutes="seconds_between(scheduled_at, observed_at) / 60",
    )
    .named("flights.v_departures_t0_v1")
)

# What is happening: flights due to leave strictly before T0. Two due at the same instant do not see each other.
before = rows.before_instant(into="flights.delay_stats")
# What is usual: flights of strictly earlier days. It changes slowly, and one row a day says it.
before_today = rows.before_day(zone="America/New_York", grid="observed", into="flights.usual_stats")
ROUTE = ("origin", "dest")


def late_rate(population: Population, by: str | tuple[str, ...], window: str) -> Statistic:
    """The share of flights that arrived 15 minutes late or more, of those that had landed before the anchor."""
    return population.mean("late", by=by, window=window, known_at="landed_at")


flights = FeatureView(
    "flights.delay_features_t0_v1",
    rows,
    *one_hot("origin", {"EWR": "ewr", "JFK": "jfk", "LGA": "lga"}, prefix="origin_"),
    *columns("distance", "scheduled_minutes", "dep_hour", "dep_weekday", "plane_age_years", "plane_seats"),
    *columns("temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib", "weather_age_minutes"),
    # the airport
    origin_departures_1h=before.count("origin", window="1h"),
    origin_late_rate_3h=late_rate(before, "origin", "3h"),
    origin_late_rate_24h=late_rate(before, "origin", "24h"),
    origin_hour_late_rate_7d=late_rate(before_today, ("origin", "dep_hour"), "7d"),
    # the airline
    carrier_departures_24h=before.count("carrier", window="24h"),
    carrier_late_rate_24h=late_rate(before, "carrier", "24h"),
    carrier_late_rate_7d=late_rate(before_today, "carrier", "7d"),
    carrier_late_rate_28d=late_rate(before_today, "carrier", "28d"),
    carrier_n_dests_28d=before_today.n_distinct("dest", within="carrier", window="28d"),
    carrier_dest_entropy_28d=before_today.entropy("dest", within="carrier", window="28d"),
    # the route
    route_departures_28d=before_today.count(ROUTE, window="28d"),
    route_late_rate_7d=late_rate(before_today, ROUTE, "7d"),
    route_late_rate_28d=late_rate(before_today, ROUTE, "28d"),
    route_delay_mean_28d=before_today.mean("arrival_delay", by=ROUTE, window="28d", known_at="landed_at"),
    route_delay_std_28d=before_today.std("arrival_delay", by=ROUTE, window="28d", known_at="landed_at"),
    route_carrier_share_28d=before_today.share("carrier", within=ROUTE, alpha=1.0, window="28d"),
    dest_rarity_28d=before_today.rarity("dest", within="origin", alpha=1.0, window="28d"),
    # the aircraft
    tail_departures_24h=before.count("tailnum", window="24h"),
    tail_seconds_since_last=before.time_since_last("tailnum"),
    tail_first_seen=before.first_seen("tailnum"),
    tail_delay_max_24h=before.max("arrival_delay", by="tailnum", window="24h", known_at="landed_at"),
    tail_late_rate_28d=late_rate(before_today, "tailnum", "28d"),
)
