"""The value of a statistic for one own row (or one row of a grid), from the events that its anchor sees."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.clock import Time, instant, is_seen, moment
from tests.oracle.description import Row, Statistic

ZERO_WITHOUT_KEYS = ("count", "n_distinct")
OF_THE_SEGMENT = ("entropy", "top_share", "n_distinct", "share_of")


def value_of(statistic: Statistic, own: Row, anchor: Time, events: list[Row]) -> Any:
    """``events`` are the rows of the population's table; ``where`` is applied here."""
    depends_on = statistic.segment
    if statistic.kind not in OF_THE_SEGMENT:
        depends_on += statistic.category
    if any(own[name] is None for name in depends_on):
        return 0 if statistic.kind in ZERO_WITHOUT_KEYS else None
    seen = [
        event
        for event in events
        if meets(event, statistic)
        and is_seen(event, anchor, statistic.population, statistic)
        and all(event[name] is not None for name in (*statistic.segment, *statistic.category))
        and all(event[name] == own[name] for name in statistic.segment)
    ]
    return _VALUES[statistic.kind](statistic, own, anchor, seen)


def meets(event: Row, statistic: Statistic) -> bool:
    where = statistic.population.where
    if where is None:
        return True
    found = event[where.column]
    return found is not None and (where.value is None or found == where.value)


def _category(row: Row, statistic: Statistic) -> tuple[Any, ...]:
    return tuple(row[name] for name in statistic.category)


def _categories(statistic: Statistic, seen: list[Row]) -> Counter[tuple[Any, ...]]:
    return Counter(_category(event, statistic) for event in seen)


def _count(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> int:
    return len(seen)


def _share(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float | None:
    counts = _categories(statistic, seen)
    k = _domain_size(statistic) or max(len(counts), 1)
    below = len(seen) + statistic.alpha * k
    return None if below == 0 else (counts[_category(own, statistic)] + statistic.alpha) / below


def _domain_size(statistic: Statistic) -> int | None:
    if statistic.k is not None:
        return statistic.k
    vocabularies = statistic.population.rows.vocabularies
    if len(statistic.category) == 1 and statistic.category[0] in vocabularies:
        return len(vocabularies[statistic.category[0]])
    return None


def _rarity(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float | None:
    share = _share(statistic, own, anchor, seen)
    return None if share is None else -math.log(max(share, 1e-12))


def _rank(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> int:
    counts = _categories(statistic, seen)
    return 1 + len({count for count in counts.values() if count > counts[_category(own, statistic)]})


def _n_distinct(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> int:
    return len(_categories(statistic, seen))


def _entropy(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float:
    shares = [count / len(seen) for count in _categories(statistic, seen).values()]
    return -math.fsum(share * math.log(share) for share in shares)


def _top_share(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float | None:
    counts = _categories(statistic, seen)
    return max(counts.values()) / len(seen) if seen else None


def _share_of(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float:
    return _categories(statistic, seen)[(statistic.constant,)] / len(seen) if seen else 0.0


def _exact(value: Any, scale: int) -> Fraction:
    if isinstance(value, float):
        return Fraction(math.floor(value * 10.0**scale + 0.5), 10**scale)
    return Fraction(value)


def _values(statistic: Statistic, seen: list[Row]) -> list[Any]:
    assert statistic.value is not None
    values = [event[statistic.value] for event in seen]
    return [
        value for value in values if value is not None and not (isinstance(value, float) and not math.isfinite(value))
    ]


def _sum(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> int | float | None:
    values = _values(statistic, seen)
    if not values:
        return None
    total = sum(_exact(value, statistic.scale) for value in values)
    return float(total) if isinstance(values[0], (float, Decimal)) else int(total)


def _mean(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float | None:
    values = [_exact(value, statistic.scale) for value in _values(statistic, seen)]
    return float(sum(values) / len(values)) if values else None


def _std(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> float | None:
    values = [_exact(value, statistic.scale) for value in _values(statistic, seen)]
    if len(values) < 2:
        return None
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _min(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> Any:
    return min(_values(statistic, seen), default=None)


def _max(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> Any:
    return max(_values(statistic, seen), default=None)


def _first_seen(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> Time | None:
    times = [event[statistic.population.rows.time] for event in seen]
    if statistic.population.zone is None:
        return min(times, default=None)
    return min((moment(time, statistic.population.zone) for time in times), default=None)


def _time_since_last(statistic: Statistic, own: Row, anchor: Time, seen: list[Row]) -> Any:
    zone = statistic.population.zone
    last = max((moment(event[statistic.population.rows.time], zone) for event in seen), default=None)
    if last is None:
        return None
    return (instant(anchor) - last).total_seconds() if zone is None else (anchor - last).days


_VALUES: dict[str, Callable[[Statistic, Row, Time, list[Row]], Any]] = {
    "count": _count, "share": _share, "rarity": _rarity, "rank": _rank, "n_distinct": _n_distinct,
    "entropy": _entropy, "top_share": _top_share, "share_of": _share_of, "sum": _sum, "mean": _mean, "std": _std,
    "min": _min, "max": _max, "first_seen": _first_seen, "time_since_last": _time_since_last,
}  # fmt: skip
