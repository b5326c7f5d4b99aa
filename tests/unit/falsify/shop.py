"""Declarations for planted queries: what a shop knows, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tzero.prove import Declarations, Query, Relation

SALES = Relation(
    "sales",
    columns={
        "id": "integer",
        "brand": "text",
        "price": "decimal(10, 2)",
        "weight": "double",
        "sold_at": "timestamptz",
        "closed_at": "timestamptz",
    },
    key=("id",),
    time="sold_at",
    not_null=frozenset({"brand", "price", "weight", "sold_at"}),
    late={"closed_at": "closed_at"},
)
NOTES = Relation(
    "notes",
    columns={
        "note_id": "integer",
        "id": "integer",
        "stars": "integer",
        "written_at": "timestamptz",
        "read_at": "timestamptz",
    },
    key=("note_id",),
    time="written_at",
    known_at="read_at",
    not_null=frozenset({"id", "stars", "written_at", "read_at"}),
)
BRANDS = Relation(
    "brands", columns={"brand": "text", "country": "text"}, key=("brand",), not_null=frozenset({"country"}), static=True
)


def shop(own: str | None = "sales", *, sales: dict[str, Any] | None = None, **query: Any) -> Declarations:
    """The declarations of the shop, with some facts of ``sales`` declared otherwise."""
    relations = {"sales": replace(SALES, **(sales or {})), "notes": NOTES, "brands": BRANDS}
    return Declarations(relations, Query(**({"own": own} | query)))
