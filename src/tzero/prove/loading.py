"""Declarations from TOML text or file, and from the comment header of an SQL file.

A header is a run of ``-- tzero: ...`` lines, or one ``/* tzero ... */`` block, before the first statement; its text is
the same TOML, and the keys of a query may stand at the top.
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tzero.errors import DeclarationError, Place
from tzero.prove.declaration_file import DeclarationFile
from tzero.prove.declarations import EVERY_RELATION, Query, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

RELATION_KEYS = (
    "columns", "key", "time", "known_at", "not_null", "unique", "late", "mutable", "static",
    "after", "nonnegative", "monotone",
)  # fmt: skip
QUERY_KEYS = ("anchor", "own", "spine", "zone", "tolerance")
TOP_KEYS = ("relations", "query", "queries", "pure_functions")

_LINE = re.compile(r"^--\s?tzero:\s?(.*)$")
_BLOCK = re.compile(r"\A\s*/\*\s*tzero\b:?(.*?)\*/", re.DOTALL)
_DURATION = re.compile(
    r"(\d+)\s*(microseconds?|us|milliseconds?|ms|seconds?|s|minutes?|min|m|hours?|h|days?|d|weeks?|w)"
)
_UNITS = {"us": "microseconds", "ms": "milliseconds", "min": "minutes", "s": "seconds", "m": "minutes", "h": "hours",
          "d": "days", "w": "weeks"}  # fmt: skip


def load_toml(path: Path) -> DeclarationFile:
    """The declarations of a TOML file.

    Raises:
        DeclarationError: it is not TOML, a key is unknown, a type is wrong, or a column does not exist.
    """
    return parse_toml(path.read_text(encoding="utf-8"), file=str(path))


def parse_toml(text: str, *, file: str = "<declarations>") -> DeclarationFile:
    """The declarations of a TOML text.

    >>> parse_toml('[query]\\nanchor = "t0"\\nown = "sales"').query.own
    'sales'
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        place = Place(file, int(found[1]) if found else 1)
        raise DeclarationError(f"not TOML: {error}", place=place, fix="quote text and close brackets") from error
    return _Reader(text, file).read(data)


def parse_header(sql: str, *, file: str = "<sql>") -> DeclarationFile | None:
    """The declarations in the comment header of an SQL text, or None when it has none.

    >>> parse_header('-- tzero: anchor = "t0"\\nSELECT 1').query.anchor
    't0'
    """
    block = _BLOCK.match(sql)
    if block:
        return parse_toml("\n" * sql[: block.start(1)].count("\n") + block[1], file=file)
    lines: list[str] = []
    found = False
    for line in sql.splitlines():
        match = _LINE.match(line.strip())
        if not match and line.strip() and not line.strip().startswith("--"):
            break
        found = found or bool(match)
        lines.append(match[1] if match else "")
    return parse_toml("\n".join(lines), file=file) if found else None


def parse_duration(text: str, *, place: Place | None = None) -> timedelta:
    """A length of time such as ``24h``, ``24 hours`` or ``1 day 30 minutes``.

    >>> parse_duration("1 day 30 min")
    datetime.timedelta(days=1, seconds=1800)
    """
    if not re.fullmatch(rf"\s*(?:{_DURATION.pattern}\s*)+", text):
        raise DeclarationError(f"not a length of time: {text!r}", place=place, fix="write for example '24 hours'")
    total = timedelta(0)
    for number, unit in _DURATION.findall(text):
        name = _UNITS.get(unit, unit if unit.endswith("s") else unit + "s")
        total += timedelta(**{name: int(number)})
    return total


class _Reader:
    """Reads one parsed document; remembers the text to say where things are."""

    def __init__(self, text: str, file: str) -> None:
        self.lines = text.splitlines()
        self.file = file

    def read(self, data: dict[str, Any]) -> DeclarationFile:
        bare = {key: data.pop(key) for key in QUERY_KEYS if key in data}
        self.known(data, TOP_KEYS + QUERY_KEYS, "the file")
        query = data.get("query", {}) | bare
        relations = list(self.tables(data, "relations"))
        return DeclarationFile(
            {name.lower(): self.relation(name, table) for name, table in relations},
            self.query(query, "query") if query else Query(),
            {name: self.query(_on_top(query, table), name) for name, table in self.tables(data, "queries")},
            frozenset(self.names(data, "pure_functions", "the file")),
            frozenset(query),
            {name.lower(): frozenset(table) for name, table in relations},
        )

    def tables(self, data: dict[str, Any], key: str) -> Iterable[tuple[str, dict[str, Any]]]:
        """The named tables under a key; a dotted name that was not quoted nests, and is joined again."""
        found = data.get(key, {})
        if not isinstance(found, dict):
            raise self.wrong(key, "a table", found, key)
        known = RELATION_KEYS if key == "relations" else QUERY_KEYS
        return list(_flatten("", found, known))

    def relation(self, name: str, table: dict[str, Any]) -> Relation:
        self.known(table, RELATION_KEYS, name)
        columns = table.get("columns", {})
        if isinstance(columns, list):
            columns = dict.fromkeys(columns, "")
        time = self.name(table, "time", name)
        return Relation(
            name=name.lower(),
            columns=self.pairs({"columns": columns}, "columns", name, fold_values=True),
            key=tuple(self.names(table, "key", name)),
            time=time,
            known_at=self.name(table, "known_at", name),
            not_null=frozenset(self.names(table, "not_null", name)),
            unique=self.uniques(table, name),
            late=self.pairs(table, "late", name),
            mutable=frozenset(self.names(table, "mutable", name)),
            static=self.flag(table, "static", name),
            after=self.pairs(table, "after", name),
            nonnegative=frozenset(self.names(table, "nonnegative", name)),
            monotone=self.pairs(table, "monotone", name),
            place=self.place(name),
        )

    def query(self, table: dict[str, Any], name: str) -> Query:
        self.known(table, QUERY_KEYS, name)
        own = self.name(table, "own", name)
        return Query(
            anchor=self.name(table, "anchor", name) or "t0",
            own=None if own in (None, "none") else own,
            spine=tuple(self.names(table, "spine", name)),
            zone=self.text(table, "zone", name),
            tolerance=self.tolerance(table, name),
            place=self.place("anchor"),
        )

    def tolerance(self, table: dict[str, Any], where: str) -> dict[str, timedelta]:
        value = table.get("tolerance", {})
        if isinstance(value, str):
            value = {EVERY_RELATION: value}
        pairs = self.pairs({"tolerance": value}, "tolerance", where, fold_values=False)
        return {name: parse_duration(text, place=self.place("tolerance")) for name, text in pairs.items()}

    def uniques(self, table: dict[str, Any], where: str) -> tuple[tuple[str, ...], ...]:
        """``unique = ["a", "b"]`` is one constraint on both; ``[["a"], ["b"]]`` are two."""
        value = table.get("unique", [])
        if isinstance(value, list) and value and all(isinstance(item, list) for item in value):
            return tuple(tuple(self.names({"unique": item}, "unique", where)) for item in value)
        names = tuple(self.names(table, "unique", where))
        return (names,) if names else ()

    def known(self, table: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
        for key in table:
            if key not in keys:
                raise DeclarationError(
                    f"unknown key '{key}' in {where}", place=self.place(key), fix=f"known keys: {', '.join(keys)}"
                )

    def text(self, table: dict[str, Any], key: str, where: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "a text", value, where)
        return value

    def name(self, table: dict[str, Any], key: str, where: str) -> str | None:
        value = self.text(table, key, where)
        return value.lower() if value else None

    def names(self, table: dict[str, Any], key: str, where: str) -> list[str]:
        value = table.get(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, "a list of names", value, where)
        return [item.lower() for item in value]

    def pairs(self, table: dict[str, Any], key: str, where: str, *, fold_values: bool = True) -> dict[str, str]:
        value = table.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self.wrong(key, "a table of texts", value, where)
        if len({name.lower() for name in value}) != len(value):
            raise DeclarationError(
                f"'{key}' of {where} has names that only their case tells apart",
                place=self.place(key),
                fix="names are folded to lower case: rename one in a view",
            )
        return {name.lower(): text.lower() if fold_values else text for name, text in value.items()}

    def flag(self, table: dict[str, Any], key: str, where: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false", value, where)
        return value

    def wrong(self, key: str, wanted: str, found: object, where: str) -> DeclarationError:
        return DeclarationError(
            f"'{key}' of {where} is {found!r}", place=self.place(key), fix=f"'{key}' must be {wanted}"
        )

    def place(self, word: str) -> Place:
        """The first line that holds a word; good enough to jump to."""
        pattern = re.compile(rf"(?<![\w.]){re.escape(word)}(?![\w.])")
        found = (number for number, line in enumerate(self.lines, 1) if pattern.search(line))
        return Place(self.file, next(found, 1))


def _on_top(default: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    """A named query over the default one; ``own`` and ``spine`` replace each other."""
    kept = {
        key: value for key, value in default.items() if not ({"own", "spine"} & set(table) and key in ("own", "spine"))
    }
    return kept | table


def _flatten(prefix: str, table: dict[str, Any], known: tuple[str, ...]) -> Iterable[tuple[str, dict[str, Any]]]:
    for name, value in table.items():
        path = f"{prefix}.{name}" if prefix else name
        if not isinstance(value, dict):
            raise DeclarationError(f"'{path}' must be a table", fix=f"known keys of a table: {', '.join(known)}")
        nested = value and all(isinstance(item, dict) for item in value.values()) and not set(value) & set(known)
        if nested:
            yield from _flatten(path, value, known)
        else:
            yield path, value
