"""What random queries are read with, and the worlds that they are asked in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import sqlglot
from tests.property.prove_keys import SPINE
from tests.property.prove_queries import query
from tests.property.prove_worlds import Worlds
from tests.specs.reading import HERE

from tzero.falsify.literals import Literals, read_literals
from tzero.prove import Declarations, parse_toml

_LIKE = 200
Draw = Callable[[], Worlds]
"""Gives worlds: the same ones for a while, then others."""


def declared() -> Declarations:
    """What the wide queries are read with."""
    shared = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8"))
    return shared.merged(
        parse_toml((Path(__file__).parent / "prove_declarations.toml").read_text(encoding="utf-8"))
    ).for_query()


@cache
def _literals() -> Literals:
    return read_literals(
        sqlglot.parse_one(query(f"like {number}", wide=True), read="duckdb") for number in range(_LIKE)
    )


@dataclass
class Drawn:
    """Worlds for a while: after ``most`` queries, others."""

    make: Callable[[int], Worlds]
    most: int
    asked: int = 0
    held: Worlds | None = None

    def __call__(self) -> Worlds:
        if self.held is None or self.asked % self.most == 0:
            if self.held is not None:
                self.held.close()
            self.held = self.make(self.asked)
        self.asked += 1
        return self.held


@dataclass(frozen=True)
class Setting:
    """Declarations, and a query of all rows that may be asked about."""

    declarations: Declarations
    rest: str = "SELECT id, made AS t0 FROM sales"

    def worlds(self, seed: object, databases: int, futures: int, dialect: str) -> Worlds:
        more = {"databases": databases, "futures": futures}
        return Worlds(self.declarations, _literals(), self.rest, seed, **more, dialect=dialect)

    def drawn(self, seed: str, databases: int, futures: int, dialect: str) -> Drawn:
        return Drawn(lambda number: self.worlds(f"{seed} {number}", databases, futures, dialect), most=300)


def _settings() -> tuple[Setting, Setting, Setting]:
    """Of the own row; the same, with rows that may be known a little after T0; of keys that are given."""
    plain = declared()
    spans = {"visits": timedelta(days=1), "offers": timedelta(hours=6), "scans": timedelta(microseconds=1)}
    tolerant = replace(plain, query=replace(plain.query, tolerance=spans))
    keyed = replace(plain, query=replace(plain.query, own=None, spine=SPINE))
    return Setting(plain), Setting(tolerant), Setting(keyed, "SELECT DISTINCT shop, made AS t0 FROM sales")


SETTINGS = _settings()


def worlds_of(seed: object, *, databases: int, futures: int, dialect: str = "duckdb") -> Worlds:
    """Worlds for the queries of the own row."""
    return SETTINGS[0].worlds(seed, databases, futures, dialect)
