"""What checks conclude from numbers that a test cannot arrange on a real server."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tzero.doctor.checks.clock import skewed
from tzero.doctor.checks.server_version import findings
from tzero.doctor.checks.space import tight

NOON = dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ((15, 5), ("CVE-2024-0985", "CVE-2025-8713")),
        ((15, 6), ("CVE-2025-8713",)),
        ((14, 3), ("corrupt index", "CVE-2024-0985", "CVE-2025-8713")),
        ((17, 1), ("crash", "CVE-2025-8713")),
        ((16, 1), ("CVE-2025-8713",)),
        ((13, 20), ("older than 14",)),
        ((15, 14), ()),
        ((18, 0), ()),
    ],
)
def test_versions_with_known_defects(version: tuple[int, int], words: tuple[str, ...]) -> None:
    found = [finding.what for finding in findings(*version)]
    assert len(found) == len(words)
    for what, word in zip(found, words, strict=True):
        assert word in what


@pytest.mark.parametrize(("seconds", "word"), [(-60, "60 s behind"), (60, "60 s ahead"), (0, None), (1, None)])
def test_a_clock_that_is_off(seconds: int, word: str | None) -> None:
    found = [finding.what for finding in skewed(NOON, NOON + dt.timedelta(seconds=seconds), NOON)]
    assert bool(found) == (word is not None)
    assert word is None or word in found[0]


def test_a_slow_answer_is_no_skew() -> None:
    later = NOON + dt.timedelta(minutes=1)
    assert not list(skewed(NOON, NOON + dt.timedelta(seconds=30), later))


def test_a_disk_without_room_for_both(tmp_path: Path) -> None:
    assert list(tight(tmp_path, 1 << 60))
    assert not list(tight(tmp_path, 1))
