"""What is held of a subject while it is certified: the same rows for every gate, or nothing."""

from __future__ import annotations

import pytest
from tests.servers import versions
from tests.unit.certify.own import OWN_SQL, own_subject
from tests.unit.certify.shop import Shop

from tzero.certify.baseline import take
from tzero.certify.certificate import certify
from tzero.certify.certification import Certification
from tzero.certify.gates.b3_rows import RowsGate
from tzero.certify.held import held
from tzero.certify.standing import standing_of
from tzero.certify.subject import Subject
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


def _made(shop: Shop, monkeypatch: pytest.MonkeyPatch, subject: Subject) -> list[str]:
    """The statements that hold something, of a subject whose rows are what its views show."""
    made: list[str] = []
    execute = shop.engine.execute

    def noted(query: str) -> None:
        made.append(query)
        execute(query)

    monkeypatch.setattr(shop.engine, "execute", noted)
    with held(subject) as once:
        assert len(once.held) == 2
        for name, place in once.held.items():
            both = (f"SELECT * FROM {name}", f'SELECT * FROM "{place.name}"')
            for one, other in (both, both[::-1]):
                assert shop.engine.rows(f"SELECT count(*) FROM ({one} EXCEPT ALL {other}) AS x") == [(0,)]
    monkeypatch.undo()
    return [query for query in made if query.startswith("CREATE TEMPORARY TABLE")]


def test_the_anchors_are_computed_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    anchors, rows = _made(shop, monkeypatch, shop.subject())
    assert "shop.features_base" in anchors.replace('"', "")
    assert '"t0_held_anchors"' in rows
    assert "features_base" not in rows.replace('AS "features_base"', "")


def test_a_view_is_held_as_it_was_redefined(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run(
        "ALTER VIEW shop.features RENAME TO was",
        "CREATE VIEW shop.features AS SELECT w.*, features_base.t0 > TIMESTAMP '2024-01-03' AS late "
        "FROM shop.was AS w JOIN shop.features_base ON features_base.id = w.id",
    )
    _, rows = _made(shop, monkeypatch, shop.subject())
    assert '"t0_held_anchors"' in rows


@pytest.mark.parametrize("shop", ["duckdb"], indirect=True)
def test_a_definition_that_does_not_run_over_what_is_held_is_read_as_it_is(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(
        "CREATE OR REPLACE VIEW shop.features AS SELECT shop.features_base.id, shop.features_base.t0 AS at_t0 "
        "FROM shop.features_base"
    )
    *_, rows = _made(shop, monkeypatch, shop.subject())
    assert "features" in rows
    assert "t0_held_anchors" not in rows


@pytest.mark.parametrize("shop", [str(version) for version in versions()], indirect=True)
def test_where_a_policy_hides_rows_a_view_is_read_with_the_rights_of_its_owner(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(
        "DROP ROLE IF EXISTS view_owner", "CREATE ROLE view_owner", "GRANT USAGE ON SCHEMA raw, shop TO view_owner",
        "GRANT SELECT ON raw.sales, shop.features_base TO view_owner",
        "DROP VIEW shop.features",
        "CREATE VIEW shop.features AS SELECT b.id, s.price FROM shop.features_base AS b JOIN raw.sales AS s USING (id)",
        "ALTER VIEW shop.features OWNER TO view_owner",
        "CREATE POLICY part_of_it ON raw.sales FOR SELECT USING (id > 9)",
        "ALTER TABLE raw.sales ENABLE ROW LEVEL SECURITY",
    )  # fmt: skip
    try:
        _, rows = _made(shop, monkeypatch, shop.subject())
        assert "t0_held_anchors" not in rows
    finally:
        shop.run("DROP OWNED BY view_owner CASCADE", "DROP ROLE view_owner")
