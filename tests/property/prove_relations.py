"""The relations that random queries read, with their columns by kind."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Relation:
    """A FROM item: its SQL, and its columns by kind (key, time, late, word, number, flag, day)."""

    sql: str
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[str, ...]:
        return self.columns.get(kind, ())


SALES = Relation(
    "sales",
    {"key": ("id",), "time": ("made",), "late": ("paid",), "word": ("shop", "kind"), "number": ("price",)},
)  # fmt: skip
VISITS = Relation("visits", {"key": ("sale",), "time": ("made", "seen"), "number": ("n", "version")})
SCANS = Relation("scans", {"key": ("sale",), "time": ("learned", "taken"), "number": ("score",)})
OFFERS = Relation(
    "offers",
    {"key": ("id",), "time": ("made",), "late": ("closed",), "word": ("shop",), "number": ("amount", "turn")},
)  # fmt: skip
LEDGER = Relation("ledger", {"day": ("day",), "word": ("shop",), "figure": ("n",)})
SHOPS = Relation("shops", {"word": ("shop", "region"), "figure": ("size",)})
