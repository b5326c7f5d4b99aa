"""The query with its proof in the margin: beside the line that makes a column, why it is safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Note:
    """What is proved of one column, and by which facts; ``PROVED``, ``UNPROVED`` or ``LEAK``. ``likewise`` where the
    note before it says the same, ``given`` where it holds only given that the row is there."""

    column: str
    verdict: str
    facts: tuple[str, ...]
    likewise: bool = False
    given: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    number: int
    text: str
    note: Note | None


@dataclass(frozen=True, slots=True)
class Margin:
    """``apart`` are the notes that belong to no line: the row's presence, and columns that no single line makes."""

    lines: tuple[Line, ...]
    apart: tuple[Note, ...]
    assumptions: tuple[str, ...]


def margin_of(evidence: Mapping[str, Any] | None) -> Margin | None:
    """The margin of what gate B1 proved."""
    if not evidence or not evidence.get("columns"):
        return None
    facts = evidence["facts"]
    notes = {
        item["column"]: Note(
            item["column"],
            item["verdict"],
            tuple(facts[number] for number in item["facts"]),
            given=item.get("given", False),
        )
        for item in evidence["columns"]
    }
    left = dict(notes)
    lines = []
    above: Note | None = None
    for number, (text, column) in enumerate(evidence["query"], 1):
        note = left.pop(column, None) if column else None
        lines.append(Line(number, text, note and _beneath(note, above)))
        above = note or above
    return Margin(tuple(lines), tuple(left.values()), tuple(evidence["assumptions"]))


def _beneath(note: Note, above: Note | None) -> Note:
    same = above is not None and (above.verdict, above.facts) == (note.verdict, note.facts)
    return replace(note, likewise=same and bool(note.facts))
