"""Features of an event: what it is, and what was known of its like strictly before it happened."""

from __future__ import annotations

from tzero import Events, FeatureView, column, vocabulary

# One row per event: a Parquet, CSV or JSON file beside this one, or a table as schema.name. `time` becomes T0.
events = Events("events.parquet", key="event_id", time="happened_at")

# Columns computed from the own row. A vocabulary closes a text column: anything else becomes _OTHER, NULL _MISSING.
rows = events.derive(color=vocabulary("color_raw", ["black", "white", "blue"]))

# The events of strictly earlier days. Nothing of the same day is ever seen.
before = rows.before_day(zone="UTC")

features = FeatureView(
    "my_features.events_t0",
    rows,
    price=column("price"),
    brand_n=before.count("brand"),
    brand_mean_price=before.mean("price", by="brand"),
    color_share=before.share("color", within="brand", alpha=0.5),
)
