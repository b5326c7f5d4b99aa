"""Relations that have no row, or perhaps none, each for another reason; and a few rows that are written out."""

from __future__ import annotations

from random import Random

from tests.property.prove_relations import Relation

FIXED = Relation(
    "(SELECT * FROM (VALUES (1, 'a', TIMESTAMPTZ '2024-03-30 12:00:00+00', 2), "
    "(2, 'b', TIMESTAMPTZ '2024-03-31 02:00:00+00', 3)) AS z(id, shop, made, price))",
    {"key": ("id",), "word": ("shop",), "time": ("made",), "number": ("price",)},
)  # fmt: skip

BESIDE = (
    "(SELECT 1 AS y FROM shops HAVING COUNT(*) > 2)",
    "(SELECT 1 AS y FROM visits HAVING COUNT(*) > 2)",
    "(SELECT 1 AS y WHERE (SELECT COUNT(*) FROM shops) > 2)",
    "(SELECT 1 AS y WHERE EXISTS (SELECT 1 FROM offers))",
    "(SELECT COUNT(*) AS y FROM shops)",
    "(SELECT COUNT(*) AS y FROM visits)",
    "(SELECT MAX(1) AS y FROM offers)",
    "(SELECT y FROM (VALUES (1), (2)) AS v(y))",
    "(SELECT y FROM (VALUES (1)) AS v(y) WHERE y > 0)",
)
"""One row or none, or two: of data, or of none."""


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
        f"SELECT n.* FROM {inner.sql} AS n CROSS JOIN {random.choice(BESIDE)} AS one",
        f"SELECT n.* FROM {inner.sql} AS n LEFT JOIN {random.choice(BESIDE)} AS one ON TRUE",
        f"SELECT n.* FROM {random.choice(BESIDE)} AS one RIGHT JOIN {inner.sql} AS n ON one.y = 1",
    ))  # fmt: skip
    return Relation(f"({empty})", inner.columns)
