from __future__ import annotations

from pathlib import Path

import pytest

from tzero.engines.duckdb import open_target
from tzero.engines.postgres_options import Options, libpq_url, options_of
from tzero.engines.targets import Target
from tzero.errors import ConfigError

ROOT = Path("/shop")


def test_the_url_wins_over_the_file_and_the_file_over_the_default() -> None:
    target = Target.parse("postgresql://h/d?lock_timeout=3s", ROOT, {"lock_timeout": "5s", "busy_timeout": "2min"})
    assert options_of(target) == Options("3s", "0", 120.0, "256MB")


@pytest.mark.parametrize("option", ["lock_timeout=5", "statement_timeout=soon", "busy_timeout=-1s", "work_mem=lots"])
def test_a_value_without_a_unit_is_refused(option: str) -> None:
    with pytest.raises(ConfigError, match=option.partition("=")[0]):
        options_of(Target.parse(f"postgresql://h/d?{option}", ROOT))


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("postgresql:///d?host=%2Ftmp%2Fa%20b&lock_timeout=5s", "postgresql:///d?host=%2Ftmp%2Fa%20b"),
        ("postgresql://?work_mem=1GB&service=prod", "postgresql://?service=prod"),
        ("postgresql://h/d?lock_timeout=5s", "postgresql://h/d"),
        ("postgresql://h/d", "postgresql://h/d"),
    ],
)
def test_libpq_gets_the_url_as_it_was_written(url: str, rest: str) -> None:
    assert libpq_url(url) == rest


def test_a_service_is_shown() -> None:
    assert Target.parse("postgresql://?service=prod", ROOT).label == "postgresql:// (service prod)"


def test_duckdb_has_no_lock_timeout() -> None:
    with pytest.raises(ConfigError, match="no option 'lock_timeout'"):
        open_target(Target.parse("duckdb://", ROOT, {"lock_timeout": "5s"}), read_only=False)
