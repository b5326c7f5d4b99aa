"""What a baseline is taken under: everything beside the rows that may change what a relation holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib.metadata import version

from tzero.certify.lineage import lineage_of
from tzero.certify.subject import Subject

DEFINITION, ENGINE, TZERO = "definition ", "engine", "tzero"
_DRIVERS = {"duckdb": "duckdb", "postgres": "psycopg"}


def context_of(subject: Subject) -> Mapping[str, str]:
    """Versions, and the sha256 of every definition in the closure, by name."""
    engine = subject.engine
    return {
        TZERO: version("tzero"),
        ENGINE: f"{engine.dialect} {engine.rows('SELECT version()')[0][0]}",
        "driver": version(_DRIVERS[engine.dialect]),
        **{f"{DEFINITION}{link.name}": str(link.sha256) for link in lineage_of(subject).defined},
    }


def changed(before: Mapping[str, str], now: Mapping[str, str], what: str) -> tuple[str, ...]:
    """The entries that begin with ``what`` and differ, by name.

    >>> changed({"tzero": "1", "definition a": "x"}, {"tzero": "2", "definition a": "x"}, "tzero")
    ('tzero',)
    """
    return tuple(_differing(before, now, what))


def _differing(before: Mapping[str, str], now: Mapping[str, str], what: str) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name.startswith(what) and before.get(name) != now.get(name):
            yield name.removeprefix(DEFINITION)
