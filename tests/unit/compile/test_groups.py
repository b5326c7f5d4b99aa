"""Which statistics share a relation, and what it is called."""

from __future__ import annotations

from tzero import Events, FeatureView, vocabulary
from tzero.compile.groups import Group, groups_of
from tzero.features.statistics import Statistic

rows = Events("s.sales", key="id", time="at").derive(kind=vocabulary("raw_kind", ["a", "b"]))
before = rows.before_day(zone="UTC", into="s.stats_mv")


def groups(never_null: set[str], **features: Statistic) -> tuple[Group, ...]:
    return groups_of(FeatureView("s.features", rows, **features), lambda name: name in never_null)


def test_fewer_columns_join_where_the_others_are_never_null() -> None:
    (only,) = groups(
        {"shop", "kind"}, n=before.count("shop"), s=before.share("kind", within="shop"), c=before.count("kind")
    )
    assert only.keys == ("shop", "kind")
    assert only.categories == ("kind",)
    assert only.segments == ("shop",)


def test_a_column_that_may_be_null_keeps_statistics_apart() -> None:
    first, second = groups({"kind"}, s=before.share("kind", within="shop"), c=before.count("kind"))
    assert (str(first.relation), first.keys) == ("s.stats_mv", ("shop", "kind"))
    assert (str(second.relation), second.keys) == ("s.stats_mv_by_kind", ("kind",))


def test_a_total_of_everything_has_a_relation_without_keys() -> None:
    first, second = groups(set(), n=before.count("shop"), all_n=before.count())
    assert (str(second.relation), second.keys) == ("s.stats_mv_overall", ())
    assert first.keys == ("shop",)


def test_indexes_are_named_after_the_relation() -> None:
    (only,) = groups({"shop"}, n=before.count("shop"))
    assert only.index == "ux_stats"


def test_long_names_are_shortened_and_stay_different() -> None:
    long = [f"a_rather_long_column_name_number_{number}" for number in range(3)]
    found = groups(set(), **{f"n{at}": before.count((name, "shop")) for at, name in enumerate(long)})
    names = [group.relation.name for group in found]
    assert len(set(names)) == 3
    assert all(len(name) <= 63 for name in names)


def test_a_vocabulary_used_as_a_segment_is_one() -> None:
    (only,) = groups({"kind", "shop"}, s=before.share("shop", within="kind"))
    assert only.categories == ()
