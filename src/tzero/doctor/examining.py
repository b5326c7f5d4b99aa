"""All checks, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tzero.doctor.checks import (
    bloat,
    clock,
    duckdb_memory,
    duckdb_version,
    invoker,
    null_keys,
    ownership,
    pooler,
    populated,
    privileges,
    replica,
    search_path,
    server_version,
    space,
    stale_statistics,
    there,
    undated,
    unique_index,
)
from tzero.doctor.finding import Checked, Diagnosis, Finding
from tzero.doctor.store import Store
from tzero.errors import EngineError


@dataclass(frozen=True, slots=True)
class Check:
    """``about`` in a few words; ``dialect`` where it makes sense on one engine alone."""

    name: str
    about: str
    run: Callable[[Store], Iterable[Finding]]
    dialect: str | None = None


POSTGRES, DUCKDB = "postgres", "duckdb"
CHECKS = (
    Check("server_version", "the server's version and its known defects", server_version.check, POSTGRES),
    Check("duckdb_version", "the format of the file", duckdb_version.check, DUCKDB),
    Check("replica", "a server that can be written to", replica.check, POSTGRES),
    Check("pooler", "a session of one's own, from its begin to its end", pooler.check, POSTGRES),
    Check("clock", "the clock and the time zone of the server", clock.check),
    Check("privileges", "what apply and refresh need to be allowed", privileges.check, POSTGRES),
    Check("search_path", "names that mean the same to everybody", search_path.check, POSTGRES),
    Check("there", "every relation that was made is there, and works", there.check),
    Check("ownership", "nobody else's materialized view is refreshed", ownership.check, POSTGRES),
    Check("invoker", "views that run with their owner's rights", invoker.check, POSTGRES),
    Check("populated", "materialized views that hold rows", populated.check, POSTGRES),
    Check("unique_index", "the unique index that a concurrent refresh needs", unique_index.check, POSTGRES),
    Check("null_keys", "keys that are never NULL", null_keys.check),
    Check("stale_statistics", "what the planner knows", stale_statistics.check, POSTGRES),
    Check("bloat", "room that dead rows take", bloat.check, POSTGRES),
    Check("space", "free room on the disk", space.check),
    Check("memory", "memory, and where to go beyond it", duckdb_memory.check, DUCKDB),
    Check("undated", "when what is looked up became known", undated.check),
)


def diagnose(store: Store) -> Diagnosis:
    """Make every check that makes sense on this engine; one that fails says so and keeps no other from being made."""
    wanted = [check for check in CHECKS if check.dialect in (None, store.engine.dialect)]
    return Diagnosis(store.engine.label, tuple(_made(check, store) for check in wanted))


def _made(check: Check, store: Store) -> Checked:
    try:
        return Checked(check.name, check.about, tuple(check.run(store)))
    except EngineError as error:
        failed = Finding(f"the check cannot be made: {error.what}", error.fix or "see that it can, and run it again")
        return Checked(check.name, check.about, (failed,), error.what)
