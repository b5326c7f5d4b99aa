"""Relations that have no row, or perhaps none, each for another reason; and a few rows that are written out."""

from __future__ import annotations

from random import Random

from tests.property.prove_relations import Relation

FIXED = Relation(
    "(SELECT * FROM (VALUES (1, 'a', TIMESTAMPTZ '2024-03-30 12:00:00+00', 2), "
    "(2, 'b', TIMESTAMPTZ '2024-03-31 02:00:00+00', 3)) AS z(id, shop, made, price))",
    {"key": ("id",), "word": ("shop",), "time": ("made",), "number": ("price",)},
)  # fmt: skip


def emptied(inner: Relation, random: Random) -> Relation:
    """The same relation without its rows, or without most of them."""
    if random.random() < 0.15:
        return FIXED
    columns = [f"n.{name}" for names in inner.columns.values() for name in names]
    one = random.choice(columns)
    numbers = [f"n.{name}" for kind in ("number", "figure", "key") for name in inner.of(kind)] or ["1"]
    number = random.choice(numbers)
    text = f"SELECT * FROM {inner.sql} AS n"
    empty = random.choice((
        f"{text} WHERE FALSE", f"{text} WHERE 1 = 0", f"{text} WHERE {number} = 1 AND {number} = 2", f"{text} LIMIT 0",
        f"{text} WHERE {number} < 1 AND {number} > 2", f"{text} WHERE {one} IS NULL", f"{text} WHERE {one} < {one}",
        f"{text} EXCEPT {text}", f"{text} WHERE {one} IS NULL AND {one} IS NOT NULL", f"{text} WHERE NULL",
        f"{text} WHERE NOT ({one} = {one})", f"{text} WHERE {number} > 90",
        f"{text} INTERSECT {text} WHERE {number} = 2",
        f"{text} WHERE {one} IN (SELECT {one.replace('n.', 'm.')} FROM {inner.sql} AS m WHERE FALSE)",
        f"{text} WHERE NOT EXISTS (SELECT 1 FROM shops AS m WHERE FALSE)",
    ))  # fmt: skip
    return Relation(f"({empty})", inner.columns)
