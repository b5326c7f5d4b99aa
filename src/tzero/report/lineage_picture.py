"""The lineage as a picture: what is read on the left, what is made of it to the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_WIDTH, _HEIGHT, _ACROSS, _DOWN = 222, 46, 262, 62
_LETTERS = 33


@dataclass(frozen=True, slots=True)
class Box:
    x: int
    y: int
    schema: str
    name: str
    full: str
    kind: str
    role: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Boxes, and for each edge the path from the one that is read to the one that reads it."""

    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    width: int
    height: int
    box_width: int = _WIDTH
    box_height: int = _HEIGHT


def picture_of(lineage: Sequence[Mapping[str, Any]]) -> Picture | None:
    """Lay out the links of a certificate; the last one is the relation itself."""
    if not lineage:
        return None
    level = _levels(lineage)
    rows: dict[int, int] = {}
    places: dict[str, tuple[int, int]] = {}
    tallest = max(list(level.values()).count(number) for number in set(level.values()))
    for link in lineage:
        name = str(link["relation"])
        at = rows.get(level[name], 0)
        rows[level[name]] = at + 1
        spare = (tallest - list(level.values()).count(level[name])) * _DOWN // 2
        places[name] = (level[name] * _ACROSS, spare + at * _DOWN)
    boxes = tuple(_box(link, places[str(link["relation"])], link is lineage[-1]) for link in lineage)
    paths = tuple(
        _path(places[read], places[str(link["relation"])])
        for link in lineage
        for read in link["reads"]
        if read in places
    )
    width = max(x for x, _ in places.values()) + _WIDTH
    return Picture(boxes, paths, width, max(y for _, y in places.values()) + _HEIGHT)


def _levels(lineage: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for link in lineage:  # each comes after those that it reads
        found[str(link["relation"])] = max((found[read] + 1 for read in link["reads"] if read in found), default=0)
    return found


def _box(link: Mapping[str, Any], place: tuple[int, int], is_last: bool) -> Box:
    full = str(link["relation"])
    schema, _, name = full.rpartition(".")
    short = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    role = "itself" if is_last else "source" if link["definition"] is None else "made"
    return Box(*place, schema, short, full, str(link["kind"]), role)


def _path(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + _WIDTH, start[1] + _HEIGHT // 2, end[0], end[1] + _HEIGHT // 2
    middle = (x1 + x2) // 2
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2 - 5} {y2}"
