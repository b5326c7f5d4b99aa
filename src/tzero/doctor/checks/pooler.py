"""A pooler in transaction mode hands one server session to many clients, a transaction each.

tzero's lock, its UTC and its empty search path belong to a session: they would end up with somebody else. Two clients
that each set the same setting must each read their own value again.
"""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.engines.base import Engine

_SET = "SELECT pg_catalog.set_config('tzero.probe', ?, false)"
_READ = "SELECT pg_catalog.current_setting('tzero.probe', true)"


def check(store: Store) -> Iterator[Finding]:
    with store.second() as other:
        if not keeps_sessions(store.engine, other):
            yield Finding(
                "sessions do not keep what is set in them: a pooler in transaction mode is in between",
                "connect to the server itself, or to a pool in session mode",
            )


def keeps_sessions(one: Engine, other: Engine) -> bool:
    """Whether each of two sessions reads what itself has set."""
    one.rows(_SET, ["one"])
    other.rows(_SET, ["other"])
    return [one.rows(_READ), other.rows(_READ)] == [[("one",)], [("other",)]]
