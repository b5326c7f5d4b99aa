"""Reads the literate cases: a heading, declarations on top of the shared ones, one query, and what is expected."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tzero.prove import Declarations, parse_toml

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


def _read(path: Path, shared: object) -> list[Case]:
    from tzero.prove import DeclarationFile

    assert isinstance(shared, DeclarationFile)
    text = path.read_text(encoding="utf-8")
    found = list(_CASE.finditer(text))
    assert len(found) == text.count("\n## "), f"{path.name}: a case is not written as the others are"
    return [_case(path, match, shared) for match in found]


def _case(path: Path, match: re.Match[str], shared: object) -> Case:
    from tzero.prove import DeclarationFile

    assert isinstance(shared, DeclarationFile)
    own = parse_toml(match["toml"] or "")
    keys = {line.split("=")[0].strip() for line in (match["toml"] or "").splitlines() if "=" in line}
    query = own.query if keys & {"anchor", "own", "spine"} else shared.query
    if keys & {"zone", "tolerance"} and query is shared.query:
        from dataclasses import replace

        query = replace(shared.query, zone=own.query.zone, tolerance=own.query.tolerance)
    elif "anchor" in keys and not keys & {"own", "spine"}:
        from dataclasses import replace

        query = replace(query, own=shared.query.own)
    declared = Declarations({**shared.relations, **own.relations}, query, own.pure_functions)
    return Case(
        path.stem, match["title"], match["sql"], declared, match["dialect"] or "duckdb", match["expected"],
        match["code"], match["column"],
    )  # fmt: skip
