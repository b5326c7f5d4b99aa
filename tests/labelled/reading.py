"""Reads a file of labelled queries: what each is asked, what it assumes, and whether it sees the future.

The file is YAML: ``schema`` (relation -> columns), ``declarations`` (profile -> relation -> what it declares), and
``items``, each with ``id``, ``label`` (SAFE or LEAK), ``tier``, ``dialect``, ``anchor``, ``own``, ``sql``, and perhaps
``profile``, ``setup`` (dialect -> statements), ``safe_if`` (assumptions that make a LEAK SAFE).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from tzero.prove import Declarations, Query, Relation

_COLUMNS = re.compile(r",(?!\d)")
_NO_ROW = "none"


@dataclass(frozen=True, slots=True)
class Item:
    """One labelled query. ``declarations`` are those of its profile, without any of ``safe_if``."""

    id: str
    label: str
    tier: str
    dialect: str
    sql: str
    declarations: Declarations
    setup: Mapping[str, tuple[str, ...]]
    safe_if: tuple[str, ...]

    @property
    def safe(self) -> bool:
        return self.label == "SAFE"

    def runs_on(self, dialect: str) -> bool:
        return self.dialect in ("any", dialect)

    def assuming(self, assumption: str) -> Declarations:
        """The declarations with one of ``safe_if`` on top."""
        return _ASSUMPTIONS[assumption](self.declarations)


def read_items(path: Path) -> list[Item]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    schema = {name: dict(_columns(text)) for name, text in found["schema"].items()}
    return [_item(item, schema, found["declarations"]) for item in found["items"]]


def _columns(text: str) -> Iterator[tuple[str, str]]:
    for part in _COLUMNS.split(text):
        name, _, type_ = part.strip().partition(" ")
        yield name, type_.lower()


def _item(item: Mapping[str, Any], schema: Mapping[str, dict[str, str]], profiles: Mapping[str, Any]) -> Item:
    profile = profiles[item.get("profile", "default")]
    relations = {name: _relation(name, columns, profile[name]) for name, columns in schema.items()}
    return Item(
        item["id"], item["label"], item["tier"], item["dialect"], item["sql"],
        Declarations(relations, _query(item, schema)),
        {dialect: tuple(statements) for dialect, statements in item.get("setup", {}).items()},
        tuple(item.get("safe_if", ())),
    )  # fmt: skip


def _relation(name: str, columns: Mapping[str, str], declared: Mapping[str, Any]) -> Relation:
    return Relation(
        name,
        columns,
        tuple(declared["key"]),
        declared["known_at"],
        not_null=frozenset(declared["not_null"]),
        late=declared["late_columns"],
        mutable=frozenset(declared["mutable"]),
    )


def _query(item: Mapping[str, Any], schema: Mapping[str, object]) -> Query:
    own = item["own"]
    if isinstance(own, Mapping):
        return Query(item["anchor"], spine=tuple(own["spine"]))
    if own == _NO_ROW:
        return Query(item["anchor"])
    return Query(item["anchor"], own=next(name for name in schema if name.startswith(own)))


def _with_query(declared: Declarations, **given: Any) -> Declarations:
    return replace(declared, query=replace(declared.query, **given))


def _with(declared: Declarations, name: str, **given: Any) -> Declarations:
    return replace(declared, relations={**declared.relations, name: replace(declared.relations[name], **given)})


def _unique_times(declared: Declarations) -> Declarations:
    for name, relation in declared.relations.items():
        time = next(column for column in ("edited_at", "scored_at") if column in relation.columns)
        declared = _with(declared, name, unique=((time,),))
    return declared


_ASSUMPTIONS = {
    "unique_times": _unique_times,
    "pin_timezone": lambda declared: _with_query(declared, zone="Europe/Oslo"),
    "session_utc": lambda declared: _with_query(declared, zone="UTC"),
    "spine_given": lambda declared: _with_query(declared, own=None, spine=(declared.query.anchor,)),
    "lookahead_24h": lambda declared: _with_query(declared, tolerance={"*": timedelta(hours=24)}),
    "votes_nonneg": lambda declared: _with(declared, "images", nonnegative=frozenset({"votes"})),
    "monotone_version": lambda declared: _with(
        declared, "images", monotone={"img_version": "scored_at"}, unique=(("scored_at",),)
    ),
    "sold_after_edited": lambda declared: _with(declared, "listings", after={"sold_at": "edited_at"}),
}
