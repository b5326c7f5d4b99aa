"""What a certificate says was declared: the facts that its proof and its trials were allowed to assume."""

from __future__ import annotations

from typing import Any

from tzero.prove import Declarations, Relation


def declared_json(declarations: Declarations) -> dict[str, Any]:
    """The declarations, without columns, which the lineage shows."""
    query = declarations.query
    return {
        "anchor": query.anchor,
        "own": query.own,
        "spine": list(query.spine),
        "zone": query.zone,
        "tolerance": {name: str(length) for name, length in sorted(query.tolerance.items())},
        "pure_functions": sorted(declarations.pure_functions),
        "relations": {name: _relation(found) for name, found in sorted(declarations.relations.items())},
    }


def _relation(found: Relation) -> dict[str, Any]:
    told = {
        "key": list(found.key),
        "time": found.time,
        "known_at": found.known_at,
        "static": found.static,
        "late": dict(found.late),
        "mutable": sorted(found.mutable),
        "not_null": sorted(found.not_null),
    }
    return {name: value for name, value in told.items() if value}
