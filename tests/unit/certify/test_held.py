"""What is held of a subject while it is certified: the same rows for every gate, or nothing."""

from __future__ import annotations

import pytest
from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.baseline import take
from tzero.certify.certificate import certify
from tzero.certify.certification import Certification
from tzero.certify.gates.b3_rows import RowsGate
from tzero.certify.held import held
from tzero.certify.standing import standing_of
from tzero.errors import EngineError

_LATE = "INSERT INTO raw.sales VALUES (900, TIMESTAMP '2024-03-01', 'b1', 'red', 3)"


def test_every_gate_reads_the_rows_of_one_moment(shop: Shop) -> None:
    with held(shop.subject()) as once:
        assert {str(name) for name in once.held} == {"shop.features", "shop.features_base"}
        assert certify(Certification(once, ())).predicate["held"] == ["shop.features", "shop.features_base"]
        whole = take(once)
        shop.run(_LATE)
        assert (take(once), standing_of(once).rows) == (whole, 120)
        assert standing_of(shop.subject()).rows == 121
        (missing,) = RowsGate()(once).findings  # the own rows are a table: they are read as they are
        assert missing.code == "B3.missing"
    assert RowsGate()(shop.subject()).findings == ()


def test_digests_are_those_of_the_views(shop: Shop) -> None:
    for subject in (shop.subject(), own_subject(shop, OWN_SQL)):
        with held(subject) as once:
            assert once.held
            assert take(once) == take(subject)


def test_what_was_held_is_gone_afterwards(shop: Shop) -> None:
    with held(shop.subject()) as once:
        places = list(once.held.values())
        assert all(shop.engine.rows(f'SELECT count(*) FROM "{place.name}"') == [(120,)] for place in places)
    for place in places:
        with pytest.raises(EngineError):
            shop.engine.rows(f'SELECT count(*) FROM "{place.name}"')


def test_nothing_is_held_of_too_many_values(shop: Shop) -> None:
    with held(shop.subject(), most=1_000) as once:
        assert once.held == {}
        assert standing_of(once).rows == 120


def test_nothing_is_held_of_a_view_that_does_not_run(shop: Shop) -> None:
    with held(own_subject(shop, OWN_SQL.replace(" AS n ", " AS n, CAST('x' || s.brand AS integer) AS m "))) as once:
        assert once.held == {}
        with pytest.raises(EngineError):
            RowsGate()(once)
            take(once)
    assert shop.engine.rows("SELECT count(*) FROM raw.sales") == [(120,)]
