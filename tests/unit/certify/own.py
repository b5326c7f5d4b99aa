"""A view of the user's own SQL in the shop, and its subject."""

from __future__ import annotations

from tests.unit.certify.shop import Shop

from tzero.certify.subject import Anchors, Subject
from tzero.prove import Declarations, Query, Relation
from tzero.sql.names import RelationName

OWN = RelationName.parse("shop.own")
OWN_SQL = (
    "SELECT s.id, s.sold_at AS t0, "
    "(SELECT count(*) FROM raw.sales o WHERE o.brand = s.brand AND o.sold_at < s.sold_at) AS n "
    "FROM raw.sales s"
)
SALES = Relation("raw.sales", key=("id",), time="sold_at", not_null=frozenset({"sold_at"}))


def own_subject(shop: Shop, query: str) -> Subject:
    """The subject of a view with a query, made anew. Sales are declared, nothing else is."""
    shop.run(f"CREATE OR REPLACE VIEW {OWN} AS {query}")
    declared = Declarations({"raw.sales": SALES}, Query(anchor="t0", own="raw.sales", zone="UTC"))
    sources = frozenset({RelationName.parse("raw.sales")})
    return Subject(shop.engine, shop.state, OWN, "own", ("id",), Anchors(OWN, ("id",), "t0"), declared, sources=sources)
