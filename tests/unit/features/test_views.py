"""Feature views: their columns, their relations, and what they refuse."""

from __future__ import annotations

import pytest
from tests.unit.features.refusals import Refusal, check, named

from tzero.errors import DeclarationError
from tzero.features.expressions import column, columns
from tzero.features.rows import Events
from tzero.features.views import FeatureView

SALES = Events("sales", key=("shop", "id"), time="at")
DAYS = SALES.before_day(zone="UTC")
LATER = SALES.before_day(zone="UTC", lag="1d")
N = DAYS.count("brand")


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(
            lambda: FeatureView("shop.v", SALES), DeclarationError, "shop.v has no features", "declare at least one"
        ),
        Refusal(lambda: FeatureView("Shop.v", SALES, n=N), DeclarationError, "relation name 'Shop' is not usable"),
        Refusal(lambda: FeatureView("v.parquet", SALES, n=N), DeclarationError, "'v.parquet' is not usable"),
        Refusal(lambda: FeatureView("v", SALES, N=N), DeclarationError, "feature name 'N' is not usable"),
        Refusal(lambda: FeatureView("v", SALES, n=N, contract="my set"), DeclarationError, "contract name 'my set'"),
        Refusal(lambda: FeatureView("v", SALES, n=N, t0="T0"), DeclarationError, "T0 column name 'T0' is not usable"),
        Refusal(
            lambda: FeatureView("v", SALES, n="count"),  # type: ignore[arg-type]
            DeclarationError,
            "feature 'n' is a str",
            "use column(...)",
        ),
        Refusal(
            lambda: FeatureView("v", SALES, *columns("n"), n=N), DeclarationError, "v has two columns 'n'", "own name"
        ),
        Refusal(lambda: FeatureView("v", SALES, id=N), DeclarationError, "v has two columns 'id'"),
        Refusal(lambda: FeatureView("v", SALES, n=N, t0="n"), DeclarationError, "v has two columns 'n'"),
        Refusal(lambda: FeatureView("v", SALES, n=N, t0="id"), DeclarationError, "v has two columns 'id'"),
        Refusal(lambda: FeatureView("v", SALES.named("v"), n=N), DeclarationError, "v would create v twice"),
        Refusal(
            lambda: FeatureView(
                "v", SALES, a=SALES.before_day(zone="UTC", into="s").count(), b=SALES.before_instant(into="s").count()
            ),
            DeclarationError,
            "v would create s twice",
            "its own into=",
        ),
        Refusal(
            lambda: FeatureView("v", SALES, a=SALES.before_day(zone="UTC", into="v_base").count()),
            DeclarationError,
            "v would create v_base twice",
        ),
        Refusal(lambda: FeatureView("v" * 60, SALES, n=N), DeclarationError, "is not usable on every engine"),
    ],
    ids=named,
)
def test_refused_views(refusal: Refusal) -> None:
    check(refusal)


def test_columns_come_in_the_order_given() -> None:
    view = FeatureView("s.v", SALES, *columns("brand"), n=N, price=column("price"), m=LATER.count())
    assert view.columns == ("shop", "id", "t0", "brand", "n", "price", "m")
    assert FeatureView("s.v", SALES, t0=None, n=N).columns == ("shop", "id", "n")
    assert FeatureView("s.v", SALES, t0="asked", n=N).columns == ("shop", "id", "asked", "n")


def test_names_of_its_relations() -> None:
    view = FeatureView("s.v", SALES, a=N, b=LATER.count(), c=SALES.before_instant(into="s.other").count())
    assert str(view.base_relation) == "s.v_base"
    assert [str(view.statistics_relation(population)) for population in view.populations] == [
        "s.v_stats", "s.v_stats_2", "s.other",
    ]  # fmt: skip
    assert str(FeatureView("s.v", SALES.named("s.rows"), a=N).base_relation) == "s.rows"
    assert view.contract == "v"


def test_equal_populations_share_a_relation() -> None:
    again = Events("sales", key=("shop", "id"), time="at").before_day(zone="UTC")
    assert FeatureView("v", SALES, a=N, b=again.count()).populations == (DAYS,)
