"""Random stores with random data: few values, coarse times, so that ties, bursts and NULLs abound."""

from __future__ import annotations

import math
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.oracle.description import (
    KINDS,
    AsOfLookup,
    Coalesce,
    Condition,
    Derivation,
    KeyLookup,
    Population,
    Rename,
    Row,
    Rows,
    Statistic,
    Store,
    Table,
    Tables,
    Vocabulary,
)

TIME_TYPES = ("date", "timestamp", "timestamptz")
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
FIRST = datetime(2024, 10, 26)
"""The day before Europe leaves summer time; the pool reaches past the end of America's a week later."""
DAYS = (0, 1, 2, 3, 7, 8, 9)
READINGS = ("00:00:00", "00:30:00", "01:00:00", "12:00:00", "21:59:59.999999", "22:00:00", "23:00:00")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAY_LENGTHS = (DAY, 2 * DAY, 3 * DAY, 7 * DAY)
LENGTHS = (HOUR / 2, HOUR, 11 * HOUR, 24 * HOUR, 25 * HOUR, timedelta(microseconds=1), 3 * DAY)

TEXTS = ("x", "y", "z", "X", "", " ", "it's", "_MISSING", "_OTHER")
NOT_FINITE = (math.nan, math.inf, -math.inf)
DOUBLES = (0.0, -0.0, 0.1, 0.2, 0.3, -0.1, 2.5, 1.005, 1e-7, -1 / 3, 1e9 + 0.1, -123456.789, *NOT_FINITE)
PRICES: dict[str, tuple[Any, ...]] = {
    "integer": (0, 1, -1, 7, 2**31 - 1, -(2**31)),
    "bigint": (0, 1, -1, 10**12, -(10**12), 10**12 + 1),
    "double": DOUBLES,
    "decimal(12, 2)": tuple(Decimal(text) for text in ("0.00", "0.10", "0.20", "-0.01", "19.99", "9999999999.99")),
}
OF_ONE_KEY = ("count", "sum", "mean", "std", "min", "max", "first_seen", "time_since_last")
OF_VALUES = ("sum", "mean", "std", "min", "max")


def times(kind: str) -> tuple[Any, ...]:
    """Times of one SQL type: a pool of about fifty, seven of dates."""
    readings = [time.fromisoformat(reading) for reading in READINGS]
    instants = [datetime.combine(FIRST + days * DAY, reading) for days in DAYS for reading in readings]
    if kind == "date":
        return tuple(dict.fromkeys(instant.date() for instant in instants))
    return tuple(instants if kind == "timestamp" else (instant.replace(tzinfo=UTC) for instant in instants))


@st.composite
def _table(draw: DrawFn, columns: dict[str, str], key: str, never_null: tuple[str, ...]) -> Table:
    """Rows from a seed, evenly spread over small pools; shrinking drops rows and leaves the others as they are."""
    random = Random(draw(st.integers(0, 2**32)))
    pools = {
        name: _pool(name, kind, random) + ((None,) if name not in never_null else ()) for name, kind in columns.items()
    }
    size = draw(st.sampled_from((0, 1, 7, 14, 21, 30)))
    rows: list[Row] = [{key: n, **{name: random.choice(pool) for name, pool in pools.items()}} for n in range(size)]
    kept = draw(st.lists(st.integers(0, 9), min_size=size, max_size=size))
    return Table({key: "integer", **columns}, [row for row, keep in zip(rows, kept, strict=True) if keep])


def _pool(name: str, kind: str, random: Random) -> tuple[Any, ...]:
    """The values of a column, some several times: NULL comes to these once."""
    if kind in TIME_TYPES:
        return tuple(random.sample(times(kind), random.randint(2, 7)) * random.randint(1, 3))
    if name == "price":
        return PRICES[kind]
    if kind == "boolean":
        return (True, False) * random.randint(1, 4)
    pool: tuple[Any, ...] = (1, 1, 1, 0, 2, -5) if kind == "integer" else ("x",) * 8 + ("y",) * 4 + TEXTS
    return tuple(random.sample(pool, random.randint(1, 3)) * random.randint(1, 4))


@st.composite
def stores(draw: DrawFn) -> tuple[Store, Tables]:
    """A store and its tables."""
    time_type = draw(st.sampled_from(TIME_TYPES))
    tables: dict[str, Table] = {}
    events = draw(_events("events", time_type, tables))
    others = draw(_other_rows(events, time_type, tables))
    own = draw(st.sampled_from((events, events, *others)))
    sources = [rows for rows in (events, *others) if not rows.is_spine]
    populations = draw(_populations(own, sources, tables))
    columns = _shared_columns((own, *(population.rows for population in populations)))
    statistics = draw(st.lists(_statistic(populations, columns, tables), min_size=1, max_size=6))
    features: list[tuple[str, str | Statistic]] = [(f"f{number}", value) for number, value in enumerate(statistics)]
    shown = draw(st.lists(st.sampled_from(_plain_columns(own, tables)), max_size=2, unique=True))
    features += [(f"p{number}", name) for number, name in enumerate(shown)]
    t0 = draw(st.sampled_from(("t0", None, "decided_at")))
    return Store("view", own, tuple(features), t0), tables


@st.composite
def _events(draw: DrawFn, name: str, time_type: str, tables: dict[str, Table]) -> Rows:
    kind = draw(st.sampled_from(tuple(PRICES)))
    columns = {
        "at": time_type, "known": time_type, "learned": time_type, "seg": "text", "gen": "integer", "cat": "text",
        "flag": "boolean", "thing": "integer", "price": kind,
    }  # fmt: skip
    tables[name] = draw(_table(columns, "id", draw(_refused_times("at"))))
    known_at = draw(st.sampled_from((None, None, "known")))
    rows = Rows(name, ("id",), "at", known_at)
    return draw(_extended(rows, time_type, tables))


def _refused_times(column: str) -> SearchStrategy[tuple[str, ...]]:
    """Mostly no NULLs in the event time, which sources refuse, and now and then some."""
    return st.sampled_from(((column,), (column,), (column,), ()))


@st.composite
def _extended(draw: DrawFn, rows: Rows, time_type: str, tables: dict[str, Table]) -> Rows:
    """The rows with lookups and derived columns; the tables that are looked up are shared by all rows of their type."""
    lookups: list[KeyLookup | AsOfLookup] = []
    derived: dict[str, Derivation] = {"bucket": draw(_vocabularies("cat"))}
    if draw(st.booleans()):
        derived["mixed"] = Coalesce(draw(st.permutations(("seg", "cat", "bucket")).map(lambda names: tuple(names[:2]))))
    if draw(st.booleans()):
        lookups.append(draw(_key_lookup(time_type, tables)))
        derived["colour"] = draw(st.one_of(_vocabularies("paint"), st.just(Rename("paint"))))
    if draw(st.booleans()):
        lookups.append(draw(_as_of_lookup(time_type, tables)))
        derived["label"] = draw(st.one_of(_vocabularies(f"{lookups[-1].table}.tag"), st.just(Coalesce(("tag", "seg")))))
    return Rows(rows.table, rows.key, rows.time, rows.known_at, tuple(lookups), tuple(derived.items()), rows.is_spine)


def _vocabularies(column: str) -> SearchStrategy[Vocabulary]:
    domains = st.lists(st.sampled_from(("x", "y", "z", "it's", "")), min_size=1, max_size=3, unique=True)
    return st.builds(
        Vocabulary, st.just(column), domains.map(tuple), missing=st.sampled_from(("_MISSING", "none", None))
    )


@st.composite
def _key_lookup(draw: DrawFn, time_type: str, tables: dict[str, Table]) -> KeyLookup:
    name = f"things_{time_type}"
    if name not in tables:
        tables[name] = draw(_table({"paint": "text", "grade": "integer", "seen": time_type}, "thing_key", ()))
    known_at = draw(st.sampled_from((None, "seen")))
    sla = draw(st.sampled_from((None, HOUR, 24 * HOUR, 36 * HOUR))) if known_at else None
    return KeyLookup(name, (("thing", "thing_key"),), known_at, sla)


@st.composite
def _as_of_lookup(draw: DrawFn, time_type: str, tables: dict[str, Table]) -> AsOfLookup:
    name = f"tags_{time_type}"
    if name not in tables:
        columns = {"thing": "integer", "since": time_type, "noted": time_type, "tag": "text", "rank": "integer"}
        tables[name] = draw(_table(columns, "no", ("since",)))
    refuses = _has_no_ties(tables[name])
    ties = draw(st.sampled_from(((), ("rank",), ("tag", "rank"), *((None,) if refuses else ()))))
    known_at = draw(st.sampled_from((None, "noted")))
    max_age = draw(st.sampled_from((None, DAY, 25 * HOUR, 7 * DAY)))
    return AsOfLookup(name, ("no",), (("thing", "thing"),), "since", known_at, ties, max_age)


def _has_no_ties(table: Table) -> bool:
    places = [(row["thing"], row["since"]) for row in table.rows]
    return len(set(places)) == len(places)


@st.composite
def _other_rows(draw: DrawFn, events: Rows, time_type: str, tables: dict[str, Table]) -> list[Rows]:
    """Other events, of any time type, and a spine, or none."""
    found = []
    if draw(st.booleans()):
        found.append(draw(_events("deals", draw(st.sampled_from((time_type, time_type, *TIME_TYPES))), tables)))
    if draw(st.booleans()):
        columns = {"asked": time_type, "seg": "text", "gen": "integer", "cat": "text"}
        columns |= {"flag": "boolean", "thing": "integer"}
        tables["questions"] = draw(_table(columns, "id", draw(_refused_times("asked"))))
        found.append(draw(_extended(Rows("questions", ("id",), "asked", is_spine=True), time_type, tables)))
    return found


@st.composite
def _populations(draw: DrawFn, own: Rows, sources: list[Rows], tables: dict[str, Table]) -> list[Population]:
    found = []
    for number in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        rows = draw(st.sampled_from(sources))
        clocks = {_time_type(rows, tables), _time_type(own, tables)}
        name, where = f"stats_{number}", draw(_conditions())
        if len(clocks) == 1 and "date" not in clocks and draw(st.booleans()):
            found.append(Population(rows, name, None, where, draw(_lengths(LENGTHS))))
        else:
            grid = draw(st.sampled_from(("as_of", "full", "observed")))
            found.append(Population(rows, name, draw(st.sampled_from(ZONES)), where, draw(_lengths(DAY_LENGTHS)), grid))
    return found


def _lengths(values: tuple[timedelta, ...]) -> SearchStrategy[timedelta]:
    return st.sampled_from((0 * DAY,) * 2 * len(values) + values)


def _conditions() -> SearchStrategy[Condition | None]:
    equal = (Condition("seg", "x"), Condition("gen", 1), Condition("bucket", "x"), Condition("flag", True))
    return st.sampled_from((*[None] * 5, Condition("price"), *equal))


def _time_type(rows: Rows, tables: dict[str, Table]) -> str:
    return tables[rows.table].columns[rows.time]


def _shared_columns(all_rows: tuple[Rows, ...]) -> list[str]:
    everywhere = set.intersection(*(set(dict(rows.derived)) for rows in all_rows))
    return ["seg", "gen", "cat", "flag", "bucket", *sorted(everywhere)]


def _plain_columns(own: Rows, tables: dict[str, Table]) -> list[str]:
    found = ["seg", "thing", own.time, *(name for name, _ in own.derived)]
    for lookup in own.lookups:
        found += [f"{lookup.table}.{name}" for name in tables[lookup.table].columns]
    return found


@st.composite
def _statistic(draw: DrawFn, populations: list[Population], columns: list[str], tables: dict[str, Table]) -> Statistic:
    population = draw(st.sampled_from(populations))
    kind = draw(st.sampled_from(KINDS))
    names = draw(st.lists(st.sampled_from(columns), max_size=draw(st.sampled_from((1, 1, 2, 3))), unique=True))
    category: tuple[str, ...] = ()
    constant = value = None
    if kind not in OF_ONE_KEY:
        category, names = draw(_category(kind, columns, names))
    if kind == "share_of":
        constant = draw(st.sampled_from(population.rows.vocabularies.get(category[0], TEXTS)))
    if kind in OF_VALUES:
        value = draw(st.sampled_from(_value_columns(kind, population.rows)))
    lengths = DAY_LENGTHS if population.zone else LENGTHS
    window = None if kind == "first_seen" else draw(st.sampled_from((None,) * 2 * len(lengths) + lengths))
    return Statistic(
        kind,
        population,
        tuple(names),
        category,
        value,
        constant,
        window,
        draw(st.sampled_from((None, None, "learned"))),
        draw(st.sampled_from((0.0, 0.5, 1.0, 0.1))) if kind in ("share", "rarity") else 0.0,
        draw(st.sampled_from((None, None, 7, 22))) if kind in ("share", "rarity") else None,
        draw(st.sampled_from((6, 2, 0))) if kind in ("sum", "mean", "std") else 6,
    )


@st.composite
def _category(draw: DrawFn, kind: str, columns: list[str], names: list[str]) -> tuple[tuple[str, ...], list[str]]:
    texts = [name for name in columns if name not in ("gen", "flag")]
    of = [draw(st.sampled_from(texts if kind == "share_of" else columns))]
    if kind != "share_of" and names and names[0] not in of and draw(st.booleans()):
        of.append(names[0])
    return tuple(of), [name for name in names if name not in of]


def _value_columns(kind: str, rows: Rows) -> tuple[str, ...]:
    if kind in ("min", "max"):
        return ("price", "gen", "learned", rows.time)
    return ("price", "price", "gen", "flag")
