"""Findings as code frames: the line, what is underlined in it, and why, in the manner of a compiler."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from tzero.cli.checked import Checked
from tzero.cli.output import clean
from tzero.prove import PRESENCE, Finding, Verdict
from tzero.prove.rules import RULES

_PIPED, _NARROWEST = 120, 40
_TAB = "    "


def frames(item: Checked) -> Iterator[str]:
    """The lines of the findings of a statement: those with a witness first, each witness told once."""
    told: set[str] = set()
    for group in sorted(_grouped(_plainest(item.proof.findings)), key=lambda g: g[0].verdict is not Verdict.LEAK):
        yield from frame(item, group, told)
        yield ""


def frame(item: Checked, group: list[Finding], told: set[str] | None = None) -> list[str]:
    """One finding: the code, the place, the line, why, what is missing, the fix."""
    first = group[0]
    lines = _wrapped(f"{first.code} {RULES[first.code].name} [{first.verdict.value}] {first.message}", "  ")
    place = f"view {first.view}" if first.view else item.file or item.name
    if first.span is not None:
        lines.append(f"  --> {place}:{first.span.line}:{first.span.column}")
        lines += _excerpt(item.texts.get(first.view, ""), first)
    elif place:
        lines.append(f"  --> {place}")
    if first.view and first.read_at is not None:
        lines.append(f"  read at {item.file or item.name}:{first.read_at.line}:{first.read_at.column}")
    lines += _labelled("also at", ", ".join(_few(_other_places(group))))
    lines += _labelled("columns", ", ".join(_few(list(dict.fromkeys(finding.column for finding in group)))))
    lines += _labelled("missing", first.missing) + _labelled("fix", first.fix)
    if first.witness:
        lines += _witness(group, set() if told is None else told)
    lines.append(f"  see: tzero explain {first.code}")
    return lines


def _witness(group: list[Finding], told: set[str]) -> list[str]:
    """The rows that show it, once, and what they do to each column."""
    rows = _rows_of(group[0])
    effects = dict.fromkeys(text.splitlines()[-1] for finding in group if (text := _text_of(finding)) != rows)
    if rows in told and not effects:
        return ["  witness: the one above"]
    told.add(rows)
    first, *rest = (*rows.splitlines(), *effects)
    return [
        *_labelled("witness", first),
        *(line for told_line in rest for line in _wrapped(f"  {told_line}", "      ")),
    ]


def _text_of(finding: Finding) -> str:
    return str((finding.witness or {}).get("text", ""))


def _rows_of(finding: Finding) -> str:
    """What a witness says of rows; of one that shows a column on both sides, all but the line about it."""
    text = _text_of(finding)
    both = finding.witness and finding.witness.get("before") and finding.witness.get("after")
    return text.rpartition("\n")[0] if both and finding.column != PRESENCE else text


def _plainest(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, without those that only say again that a joined row which may come later is not there yet."""
    found = list(findings)
    entering = {(f.column, f.relation, f.view) for f in found if f.code in ("T001", "T003") and not _of_a_match(f)}
    return [f for f in found if not (_of_a_match(f) and (f.column, f.relation, f.view) in entering and not f.witness)]


def _of_a_match(finding: Finding) -> bool:
    return "Whether a row matches" in finding.message


def _grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of several columns or places, together."""
    found: dict[Any, list[Finding]] = {}
    for finding in findings:
        rows = _rows_of(finding)
        key = (finding.code, finding.verdict, finding.message, finding.fix, finding.view, finding.read_at, rows)
        found.setdefault(key, []).append(finding)
    return list(found.values())


def _other_places(group: list[Finding]) -> list[str]:
    """Where the same is to be said, the first place apart."""
    spans = dict.fromkeys(finding.span for finding in group if finding.span is not None)
    return [f"{span.line}:{span.column}" for span in spans if span != group[0].span]


def _few(names: list[str]) -> list[str]:
    return names if len(names) <= 6 else [*names[:5], f"and {len(names) - 5} more"]


def _excerpt(text: str, finding: Finding) -> list[str]:
    """The line that a finding is about, as far as it fits, and marks under what it is."""
    assert finding.span is not None
    lines = text.split("\n")
    if not 0 < finding.span.line <= len(lines):
        return []
    line, number = lines[finding.span.line - 1].rstrip("\r"), str(finding.span.line)
    start = min(finding.span.column - 1, len(line))
    end = min(len(line), start + max(1, finding.span.end - finding.span.start))
    before, marked, after = (_printable(part) for part in (line[:start], line[start:end], line[end:]))
    room = max(_NARROWEST, _width_of_terminal() - len(number) - 5)
    if columns(before) > room // 2:
        before = "…" + _last(before, room // 3)
    marked = _first(marked, max(1, room - columns(before)))
    after = _first(after, room - columns(before) - columns(marked))
    margin = " " * len(number)
    marks = "^" * max(1, columns(marked))
    return [
        f" {margin} |",
        f" {number} | {before}{marked}{after}".rstrip(),
        f" {margin} | {' ' * columns(before)}{marks}",
    ]


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> columns("naïf"), columns("价格"), columns("e\\u0301")
    (4, 4, 1)
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(bool(unicodedata.combining(letter)) for letter in text)


def _printable(text: str) -> str:
    return clean(text.replace("\t", _TAB))


def _first(text: str, room: int) -> str:
    """As much of a text as there is room for; a cut is shown."""
    if columns(text) <= room:
        return text
    kept = ""
    for letter in text:
        if columns(kept + letter) > room - 1:
            break
        kept += letter
    return kept + "…" if room > 0 else ""


def _last(text: str, room: int) -> str:
    kept = ""
    for letter in reversed(text):
        if columns(letter + kept) > room:
            break
        kept = letter + kept
    return kept


def _labelled(label: str, text: str) -> list[str]:
    return _wrapped(f"  {label}: {text}", "    ") if text else []


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, max(_NARROWEST, _width_of_terminal()), subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False, replace_whitespace=False, drop_whitespace=True,
    ) or [""]  # fmt: skip


def _width_of_terminal() -> int:
    return shutil.get_terminal_size((_PIPED, 24)).columns
