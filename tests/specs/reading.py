"""Reads the literate cases: a heading, declarations on top of the shared ones, one query, and what is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tzero.prove import DeclarationFile, Declarations, parse_toml

HERE = Path(__file__).parent
_CASE = re.compile(
    r"^## (?P<title>[^\n]+)\n(?:```toml\n(?P<toml>.*?)```\n)?```sql(?: dialect=(?P<dialect>\w+))?\n(?P<sql>.*?)```\n"
    r"(?P<expected>PROVED|LEAK|UNPROVED)(?: (?P<code>T\d{3}) (?P<column>[^\n]+))?$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Case:
    """``expected`` LEAK: not proved, and a witness is found. UNPROVED: not proved, and a witness need not exist."""

    file: str
    title: str
    sql: str
    declarations: Declarations
    dialect: str
    expected: str
    code: str | None
    column: str | None

    @property
    def id(self) -> str:
        return f"{self.file}: {self.title}"


def cases() -> list[Case]:
    shared = parse_toml((HERE / "declarations.toml").read_text(encoding="utf-8"))
    return [case for path in sorted(HERE.glob("*.md")) for case in _read(path, shared)]


def _read(path: Path, shared: DeclarationFile) -> list[Case]:
    text = path.read_text(encoding="utf-8")
    found = list(_CASE.finditer(text))
    assert len(found) == text.count("\n## "), f"{path.name}: a case is not written as the others are"
    return [_case(path, match, shared) for match in found]


def _case(path: Path, match: re.Match[str], shared: DeclarationFile) -> Case:
    declared = shared.merged(parse_toml(match["toml"] or "")).for_query()
    return Case(
        path.stem, match["title"], match["sql"], declared, match["dialect"] or "duckdb", match["expected"],
        match["code"], match["column"],
    )  # fmt: skip
