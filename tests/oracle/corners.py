"""Stores that use everything at once on dense data: every statistic, for each clock and each kind of own row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tests.oracle.description import (
    KINDS,
    AsOfLookup,
    Coalesce,
    Condition,
    KeyLookup,
    Population,
    Rename,
    Rows,
    Statistic,
    Store,
    Table,
    Tables,
    Vocabulary,
)
from tests.oracle.strategies import OF_ONE_KEY, OF_VALUES, PRICES, times

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SIZE = 60
TEXTS = ("x", "x", "x", "y", "y", "z", "", None)


def corner_stores() -> Iterator[tuple[Store, Tables]]:
    for number, (time_type, zone) in enumerate(
        (kind, zone)
        for kind in ("date", "timestamp", "timestamptz")
        for zone in ("Europe/Oslo", None)
        if (kind, zone) != ("date", None)
    ):
        for own in ("events", "deals", "questions"):
            yield _store(own, time_type, zone), _tables(time_type, Random(number))


def _store(own: str, time_type: str, zone: str | None) -> Store:
    sla = 30 * HOUR if time_type == "date" else DAY
    events = _rows("events", ("x", "y"), sla)
    # deals have a value that the vocabulary of the events lacks, questions one fewer
    deals, questions = _rows("deals", ("y", "z"), sla), _rows("questions", ("x",), sla)
    others = {"events": events, "deals": deals, "questions": questions}
    length = DAY if zone else HOUR
    plain = Population(events, "plain", zone, grid="as_of" if zone else "observed")
    moved = Population(events, "moved", zone, Condition("flag", True), 2 * length, "full" if zone else "observed")
    features = [(f"{kind}_{len(keys)}", _statistic(kind, plain, keys)) for kind in KINDS for keys in ((), ("colour",))]
    features += [
        (f"moved_{kind}", _statistic(kind, moved, ("seg",), None if kind == "first_seen" else 3 * length))
        for kind in KINDS
    ]
    late = ("share", "sum", "std", "max", "time_since_last")
    features += [(f"late_{kind}", _statistic(kind, plain, (), 5 * length, "learned")) for kind in late]
    shown = [(f"p{at}", name) for at, name in enumerate(("bucket", "colour", "label", "tags.no"))]
    return Store("view", others[own], (*features, *shown))


def _statistic(
    kind: str,
    population: Population,
    keys: tuple[str, ...],
    window: timedelta | None = None,
    known_at: str | None = None,
) -> Statistic:
    category = () if kind in OF_ONE_KEY else ("bucket",)
    constant = "x" if kind == "share_of" else None
    value = "price" if kind in OF_VALUES else None
    alpha = 0.5 if kind in ("share", "rarity") else 0.0
    return Statistic(kind, population, keys, category, value, constant, window, known_at, alpha)


def _rows(table: str, domain: tuple[str, ...], sla: timedelta) -> Rows:
    lookups = (
        KeyLookup("things", (("thing", "key"),), "seen", sla),
        AsOfLookup("tags", ("no",), (("thing", "thing"),), "since", "noted", ("rank",), DAY),
    )
    derived = (
        ("bucket", Vocabulary("cat", domain)),
        ("colour", Rename("paint")),
        ("label", Coalesce(("tag", "seg"))),
    )
    known_at = None if table == "questions" else "known"
    return Rows(table, ("id",), "at", known_at, lookups, derived, is_spine=table == "questions")


def _tables(time_type: str, random: Random) -> Tables:
    asked = {"at": time_type, "seg": "text", "cat": "text", "thing": "integer"}
    happened = {**asked, "known": time_type, "learned": time_type, "flag": "boolean", "price": "double"}
    return {
        "events": _table("id", happened, random),
        "deals": _table("id", happened, random),
        "questions": _table("id", asked, random),
        "things": _table("key", {"paint": "text", "seen": time_type}, random),
        "tags": _table(
            "no", {"thing": "integer", "since": time_type, "noted": time_type, "rank": "integer", "tag": "text"}, random
        ),
    }


def _table(key: str, columns: dict[str, str], random: Random) -> Table:
    rows = []
    for number in range(SIZE):
        row = {key: number, **{name: _value(name, kind, random) for name, kind in columns.items()}}
        if "known" in row and random.random() < 0.7:
            row["known"] = row["at"]
        rows.append(row)
    return Table({key: "integer", **columns}, rows)


def _value(name: str, kind: str, random: Random) -> object:
    if kind in ("date", "timestamp", "timestamptz"):
        return None if name in ("noted", "seen", "learned") and random.random() < 0.1 else random.choice(times(kind))
    if kind == "text":
        return random.choice(TEXTS)
    if kind == "double":
        return random.choice((*PRICES["double"], None))
    return random.choice((True, True, False) if kind == "boolean" else range(6))
