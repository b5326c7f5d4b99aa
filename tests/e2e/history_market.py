"""A market whose rows are overwritten in place, and what its features must be: counted in plain Python.

``Market`` edits a table of sales and a table of sellers in a database. ``Memory`` is told after each refresh what the
tables held, and knows nothing else: from that it computes the features of any row by going through all versions.
"""

from __future__ import annotations

import datetime as dt
import math
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

START = dt.datetime(2024, 3, 1)
BRANDS = ("ace", "bell", "cube")
Row = dict[str, Any]
Run = Callable[[str], list[tuple[Any, ...]]]
FEATURES = """from tzero import Entity, Events, FeatureView, columns

sellers = Entity("raw.sellers", key="seller", known_at="changed_at", history={history})
sales = Events("raw.sales", key="id", time="sold_at", history={history}).lookup(sellers)
before, day = sales.before_instant(), sales.before_day(zone="UTC")
view = FeatureView(
    "shop.features",
    sales,
    *columns("brand", "price", "city"),
    number=before.count("brand"),
    recent=before.count("brand", window="36h"),
    average=before.mean("price", by="brand"),
    spread=before.std("price", by="brand"),
    kinds=before.n_distinct("brand"),
    entropy=before.entropy("brand"),
    ranked=before.rank("brand"),
    share=before.share("brand", alpha=0.5),
    rarity=before.rarity("brand", alpha=0.5),
    total=before.sum("price", by="brand"),
    top=before.top_share("brand"),
    aces=before.share_of("brand", "ace"),
    lagged=sales.before_instant(lag="30h", where="seller > 0").count("brand"),
    before_today=day.count("brand"),
    of_city=day.count("city"),
)
"""
FEW = """from tzero import Events, FeatureView, columns

sales = Events("raw.sales", key="id", time="sold_at", history={history})
view = FeatureView("shop.features", sales, *columns("brand", "price"), number=sales.before_instant().count("brand"))
"""
LOOKED_UP = """from tzero import Entity, Events, FeatureView, columns, vocabulary

sellers = Entity("raw.sellers", key="seller", known_at="changed_at", history={history})
sales = Events("raw.sales", key="id", time="sold_at").lookup(sellers)
sales = sales.derive(place=vocabulary("city", ["city 0", "city 1"], missing="none", other="other"))
day = sales.before_day(zone="UTC")
view = FeatureView(
    "shop.features",
    sales,
    *columns("place"),
    number=day.count("brand"),
    share=day.share("place", within="brand", alpha=0.5),
)
"""


@dataclass(frozen=True)
class Version:
    """What a row held (None: it was gone) and when that was known."""

    known: dt.datetime
    row: Row | None


class Market:
    """The two tables; every change goes to the database at once."""

    def __init__(self, run: Run, seed: int) -> None:
        self.run, self.random = run, random.Random(seed)
        self.sales: dict[int, Row] = {}
        self.sellers: dict[int, Row] = {}
        run("CREATE SCHEMA raw")
        run(
            "CREATE TABLE raw.sales (id integer, seller integer, brand text, price double precision, sold_at timestamp)"
        )
        run("CREATE TABLE raw.sellers (seller integer, city text, changed_at timestamp)")
        for at in range(4):
            self.put("sellers", {"seller": at, "city": f"city {at % 2}", "changed_at": START})
        for at in range(24):
            self.put("sales", self._sale(at, START + dt.timedelta(hours=7 * at)))

    def put(self, table: str, row: Row) -> None:
        kept, key = (self.sales, "id") if table == "sales" else (self.sellers, "seller")
        self.delete(table, row[key])
        kept[row[key]] = row
        self.run(f"INSERT INTO raw.{table} VALUES ({', '.join(_literal(value) for value in row.values())})")

    def delete(self, table: str, key: int) -> None:
        kept, name = (self.sales, "id") if table == "sales" else (self.sellers, "seller")
        kept.pop(key, None)
        self.run(f"DELETE FROM raw.{table} WHERE {name} = {key}")

    def shake(self) -> None:
        """Edit prices and brands, move sales to other days, delete and bring back, sell something now."""
        known = sorted(self.sales)
        for at in self.random.sample(known, 4):
            self.put("sales", self.sales[at] | {"brand": self._brand(), "price": self._price()})
        moved = self.random.choice(known)
        self.put("sales", self.sales[moved] | {"sold_at": START + dt.timedelta(hours=self.random.randrange(200))})
        self.delete("sales", self.random.choice(known))
        back = [at for at in range(24) if at not in self.sales]
        if len(back) > 1:
            self.put("sales", self._sale(back[0], START + dt.timedelta(hours=7 * back[0])))
        at = self.random.randrange(4)
        if self.random.random() < 0.3:
            self.delete("sellers", at)
        else:
            self.put("sellers", {"seller": at, "city": f"city {self.random.randrange(3)}", "changed_at": START})
        self.put("sales", self._sale(100 + len(known) + self.random.randrange(10**6), utc_now()))

    def _sale(self, at: int, sold_at: dt.datetime) -> Row:
        seller = self.random.randrange(4)
        return {"id": at, "seller": seller, "brand": self._brand(), "price": self._price(), "sold_at": sold_at}

    def _brand(self) -> str | None:
        return self.random.choice([*BRANDS, None])

    def _price(self) -> float | None:
        return self.random.choice([None, math.nan, *(float(at) for at in range(9))])


@dataclass
class Memory:
    """All versions that refreshes can have seen, in order."""

    sales: dict[int, list[Version]] = field(default_factory=dict)
    sellers: dict[int, list[Version]] = field(default_factory=dict)

    def see(self, market: Market) -> None:
        """What a refresh that is over by now has captured."""
        now = utc_now()
        for kept, live, clock in (
            (self.sales, market.sales, "sold_at"),
            (self.sellers, market.sellers, "changed_at"),
        ):
            for key in {*kept, *live}:
                row, versions = live.get(key), kept.setdefault(key, [])
                if not versions:
                    assert row is not None
                    versions.append(Version(row[clock], dict(row)))
                elif not _same(versions[-1].row, row):
                    versions.append(Version(now, None if row is None else dict(row)))
        time.sleep(0.002)  # whatever is sold next is sold after this moment

    def features(self) -> dict[int, Row]:
        return {key: self._of(versions[0].row) for key, versions in self.sales.items() if versions[0].row}

    def _of(self, own: Row) -> Row:
        t0, brand = own["sold_at"], own["brand"]
        seen = [row for row in self._rows_before(t0) if row["sold_at"] < t0]
        day = t0.replace(hour=0, minute=0, second=0, microsecond=0)
        # a day anchor takes all times as days: what was known during the day of T0 is not known before it
        earlier = [row for row in self._rows_before(day) if row["sold_at"] < day]
        same = [row for row in seen if brand is not None and row["brand"] == brand]
        prices = [row["price"] for row in same if row["price"] is not None and not math.isnan(row["price"])]
        counts = Counter(row["brand"] for row in seen if row["brand"] is not None)
        whole, mean = counts.total(), sum(prices) / len(prices) if prices else None
        city = self._city(own["seller"], t0)
        recent = [row for row in same if row["sold_at"] >= t0 - dt.timedelta(hours=36)]
        there = brand is not None
        then = t0 - dt.timedelta(hours=30)
        lagged = [r for r in self._rows_before(then) if r["sold_at"] < then and r["seller"] > 0]
        share = (counts[brand] + 0.5) / (whole + 0.5 * max(len(counts), 1)) if there else None
        return {
            "id": own["id"],
            "t0": t0,
            "brand": brand,
            "price": own["price"],
            "city": city,
            "number": len(same),
            "recent": len(recent),
            "average": mean,
            "spread": _deviation(prices),
            "kinds": len(counts),
            "entropy": -sum(n / whole * math.log(n / whole) for n in counts.values()),
            "ranked": 1 + len({n for n in counts.values() if n > counts[brand]}) if there else None,
            "share": share,
            "rarity": None if share is None else -math.log(max(share, 1e-12)),
            "total": sum(prices) if prices else None,
            "top": max(counts.values()) / whole if whole else None,
            "aces": counts["ace"] / whole if whole else 0.0,
            "lagged": len([r for r in lagged if there and r["brand"] == brand]),
            "before_today": len([row for row in earlier if there and row["brand"] == brand]),
            "of_city": len([r for r in earlier if city and self._city(r["seller"], r["sold_at"]) == city]),
        }

    def _rows_before(self, t0: dt.datetime) -> list[Row]:
        found = (_last(versions, t0) for versions in self.sales.values())
        return [row for row in found if row is not None]

    def _city(self, seller: int, t0: dt.datetime) -> str | None:
        row = _last(self.sellers.get(seller, []), t0)
        return None if row is None else row["city"]


def _last(versions: list[Version], t0: dt.datetime) -> Row | None:
    known = [version for version in versions if version.known < t0]
    return known[-1].row if known else None


def _deviation(values: list[float]) -> float | None:
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _same(one: Row | None, other: Row | None) -> bool:
    return repr(one) == repr(other)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float) and math.isnan(value):
        return "CAST('NaN' AS double precision)"
    if isinstance(value, dt.datetime):
        return f"TIMESTAMP '{value}'"
    return f"'{value}'" if isinstance(value, str) else str(value)


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def agrees(found: Row, own: Row) -> bool:
    """Equal, floats to 1e-9; NaN is itself."""
    return found.keys() == own.keys() and all(_close(found[name], own[name]) for name in own)


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-9)
    return bool(one == other)
