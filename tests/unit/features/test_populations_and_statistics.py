"""Populations and statistics: what can be declared, and what is refused where."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from tests.unit.features.refusals import Refusal, check, named

from tzero.errors import DeclarationError, ExpressionError
from tzero.features.expressions import vocabulary
from tzero.features.populations import Grid
from tzero.features.rows import Events, Spine
from tzero.features.statistics import COUNTS, Kind
from tzero.timeline import Day, Instant

SALES = Events("sales", key="id", time="at").derive(color=vocabulary("paint", ["black", "blue"]))
ASKED = Spine("asked", key="id", time="at")
DAYS = SALES.before_day(zone="Europe/Oslo")
INSTANTS = SALES.before_instant()


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(lambda: ASKED.before_day(zone="UTC"), DeclarationError, "asked is a spine, not events", "Events(...)"),
        Refusal(lambda: ASKED.before_instant(), DeclarationError, "asked is a spine, not events"),
        Refusal(lambda: SALES.before_day(zone="Oslo"), DeclarationError, "unknown time zone 'Oslo'", "IANA name"),
        Refusal(lambda: SALES.before_day(zone=""), DeclarationError, "unknown time zone ''"),
        Refusal(
            lambda: SALES.before_day(zone="UTC", lag="36h"),
            DeclarationError,
            "is no whole number of days",
            "whole days",
        ),
        Refusal(lambda: SALES.before_day(zone="UTC", lag="-1d"), DeclarationError, "'-1d' is not a length of time"),
        Refusal(lambda: SALES.before_instant(lag=timedelta(-1)), DeclarationError, "cannot be negative"),
        Refusal(lambda: SALES.before_day(zone="UTC", grid="dense"), DeclarationError, "unknown grid 'dense'", "as_of"),
        Refusal(
            lambda: SALES.before_day(zone="UTC", into="Stats"), DeclarationError, "relation name 'Stats' is not usable"
        ),
        Refusal(lambda: SALES.before_day(zone="UTC", index="a-b"), DeclarationError, "index name 'a-b' is not usable"),
        Refusal(
            lambda: SALES.before_day(zone="UTC", where="sum(price) > 1"),
            ExpressionError,
            "'SUM' is not in the portable",
        ),
        Refusal(lambda: SALES.before_instant(where="brand ="), ExpressionError, "cannot read the expression 'brand ='"),
    ],
    ids=named,
)
def test_refused_populations(refusal: Refusal) -> None:
    check(refusal)


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(lambda: DAYS.count("brand", window="0d"), DeclarationError, "a window of no length sees nothing"),
        Refusal(lambda: DAYS.count("brand", window="7"), DeclarationError, "'7' is not a length of time", "like '36h'"),
        Refusal(
            lambda: DAYS.count("brand", window="36h"), DeclarationError, "window 1 day, 12:00:00 is no whole number"
        ),
        Refusal(lambda: DAYS.count(("brand", "brand")), DeclarationError, "count names a column twice: brand, brand"),
        Refusal(lambda: DAYS.share("color", within="color"), DeclarationError, "share names a column twice"),
        Refusal(lambda: DAYS.share(()), DeclarationError, "share of nothing", "name the column"),
        Refusal(lambda: DAYS.rarity(()), DeclarationError, "rarity of nothing", "name the column"),
        Refusal(lambda: DAYS.rank(()), DeclarationError, "rank of nothing"),
        Refusal(lambda: DAYS.n_distinct(()), DeclarationError, "n_distinct of nothing"),
        Refusal(lambda: DAYS.entropy(()), DeclarationError, "entropy of nothing"),
        Refusal(lambda: DAYS.top_share(()), DeclarationError, "top_share of nothing"),
        Refusal(lambda: DAYS.share("color", alpha=-0.5), DeclarationError, "alpha must not be negative, it is -0.5"),
        Refusal(lambda: DAYS.share("color", alpha=math.nan), DeclarationError, "alpha must be"),
        Refusal(lambda: DAYS.share("color", alpha=math.inf), DeclarationError, "alpha must be"),
        Refusal(lambda: DAYS.share("brand", k=0), DeclarationError, "k must be at least 1, it is 0"),
        Refusal(lambda: DAYS.share("color", k=3), DeclarationError, "k=3 is smaller than the vocabulary", "or use k=4"),
        Refusal(
            lambda: DAYS.share_of("color", "red"), DeclarationError, "'red' is not in the vocabulary", "black, blue"
        ),
        Refusal(
            lambda: DAYS.sum("price", scale=13), DeclarationError, "scale must be 0 to 12 decimal places, it is 13"
        ),
        Refusal(
            lambda: DAYS.mean("price", scale=-1), DeclarationError, "scale must be 0 to 12 decimal places, it is -1"
        ),
        Refusal(lambda: INSTANTS.count(window="1month"), DeclarationError, "'1month' is not a length of time"),
    ],
    ids=named,
)
def test_refused_statistics(refusal: Refusal) -> None:
    check(refusal)


def test_a_population_keeps_what_it_was_told() -> None:
    population = SALES.before_day(zone="UTC", where="price > 0", lag="2d", grid="full", into="shop.stats", index="ux_s")
    assert population.anchor == Day("UTC")
    assert (population.lag, population.grid) == (timedelta(days=2), Grid.FULL)
    assert (str(population.into), population.index) == ("shop.stats", "ux_s")
    assert DAYS.grid is Grid.AS_OF
    assert (INSTANTS.anchor, INSTANTS.grid) == (Instant(), Grid.OBSERVED)


def test_equal_populations_are_equal_wherever_they_are_written() -> None:
    assert SALES.before_day(zone="UTC") == SALES.before_day(zone="UTC")
    assert SALES.before_day(zone="UTC") != SALES.before_day(zone="UTC", lag="1d")
    assert SALES.before_day(zone="UTC") != SALES.before_day(zone="Europe/Oslo")


def test_a_statistic_keeps_what_it_was_told() -> None:
    statistic = SALES.before_instant(lag="1h").share(
        "color", within=("brand", "model"), alpha=0.5, k=9, window="36h", known_at="learned"
    )
    assert statistic.kind is Kind.SHARE
    assert statistic.keys == ("brand", "model", "color")
    assert (statistic.alpha, statistic.k, statistic.known_at) == (0.5, 9, "learned")
    assert (statistic.trail.enters_after, statistic.trail.leaves_after) == (timedelta(hours=1), timedelta(hours=37))


@pytest.mark.parametrize(("statistic", "expected"), [
    (DAYS.count(("brand", "color")), ("brand", "color")),
    (DAYS.share("color", within="brand"), ("brand", "color")),
    (DAYS.rarity("color", within="brand"), ("brand", "color")),
    (DAYS.rank("color", within="brand"), ("brand", "color")),
    (DAYS.n_distinct("color", within="brand"), ("brand",)),
    (DAYS.entropy("color", within="brand"), ("brand",)),
    (DAYS.top_share("color", within="brand"), ("brand",)),
    (DAYS.share_of("color", "blue", within="brand"), ("brand",)),
    (DAYS.sum("price", by="brand"), ("brand",)),
    (DAYS.time_since_last(), ()),
])  # fmt: skip
def test_what_a_statistic_depends_on(statistic: object, expected: tuple[str, ...]) -> None:
    assert getattr(statistic, "own_keys", None) == expected


def test_the_size_of_a_domain() -> None:
    assert DAYS.share("color").domain_size == 4
    assert DAYS.share("color", k=22).domain_size == 22
    assert DAYS.share("brand").domain_size is None
    assert DAYS.share(("brand", "color")).domain_size is None


def test_every_kind_has_a_method_of_its_name() -> None:
    assert {kind.value for kind in Kind} <= set(dir(DAYS))
    assert {Kind.COUNT, Kind.N_DISTINCT} == COUNTS
