"""A value depends on a setting of the session, most often its time zone."""

from __future__ import annotations

from tzero.prove.rules.rule import Rule

RULE = Rule(
    code="T009",
    name="session-setting",
    summary="A value depends on a setting of the session, most often its time zone.",
    leaks="""
SELECT s.id, s.at AS t0, CAST(s.at AS DATE) AS day FROM sales s
""",
    safe="""
SELECT s.id, s.at AS t0, CAST(s.at AT TIME ZONE 'UTC' AS DATE) AS day FROM sales s
""",
    why=(
        "The day, the hour and the text of an instant are those of the session's zone. Two sessions "
        "compute two feature stores."
    ),
    missing="zone",
    fix="write AT TIME ZONE '..', or declare the zone that the runner pins, or the type of a column that holds no zone",
)
