"""An interval of which the parser keeps only a part is refused, not read as another interval."""

from __future__ import annotations

import pytest
from sqlglot import exp

from tzero.errors import ExpressionError
from tzero.sql.parse import parse_each, parse_one


@pytest.mark.parametrize("text", ["1 day ago", "1 day 02:00", "- 1 day", ".5 hour", "@ 1 day"])
@pytest.mark.parametrize("dialect", ["duckdb", "postgres"])
def test_an_interval_that_would_be_cut_is_refused(text: str, dialect: str) -> None:
    with pytest.raises(ExpressionError, match="INTERVAL"):
        parse_one(f"SELECT made - INTERVAL '{text}' FROM sales", dialect)


@pytest.mark.parametrize("text", ["1 day", "-1 day", "+1.5 hours", "1 day 2 hours", "02:00:00", "1 day 2 hours ago"])
def test_an_interval_that_is_kept_is_read(text: str) -> None:
    tree = parse_one(f"SELECT made - INTERVAL '{text}', 'interval ''1 day ago''' FROM sales", "duckdb")
    interval = tree.find(exp.Interval)
    assert interval is not None
    kept = " ".join(filter(None, (interval.name, interval.text("unit"))))
    assert kept.lower().rstrip("s") == text.lstrip("+").lower().rstrip("s")


def test_one_statement_that_is_refused_does_not_hide_the_others() -> None:
    found = list(parse_each("SELECT 1; SELECT made - INTERVAL '1 day ago' FROM sales; SELECT 2", "duckdb"))
    assert [type(one).__name__ for one in found] == ["Select", "Unreadable", "Select"]
