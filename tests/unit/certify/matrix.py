"""Tables of what is planted against what catches it, as the document shows them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "gates.md"


def written(begin: str, end: str, head: str, who: Mapping[str, str], rows: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Assert that the document holds the table between its marks; with ``TZERO_WRITE`` write it there."""
    lines = [f"| {head} | {' | '.join(who.values())} |", f"|---|{'---|' * len(who)}"]
    for says, caught in rows:
        marks = set(caught)
        lines.append(f"| {says} | {' | '.join('x' if name in marks else ' ' for name in who)} |")
    text = DOCUMENT.read_text(encoding="utf-8")
    before, rest = text.split(begin)
    wanted = f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{end}{rest.split(end)[1]}"
    if os.environ.get("TZERO_WRITE"):
        DOCUMENT.write_text(wanted, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == wanted, "run this test with TZERO_WRITE=1"
