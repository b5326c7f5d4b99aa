"""A deployed relation run again over the same rows: chance, clock, order of rows, threads, the session's zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tzero.errors import EngineError
from tzero.falsify.account import Account
from tzero.falsify.bench import Cells
from tzero.falsify.compare import Difference
from tzero.falsify.mutations.zone import ZONES
from tzero.falsify.store import Compared, Store
from tzero.falsify.witness import Witness

_SHARE = 1 / 3
"""The share of the time that runs over the same rows may take."""
_THREADS = {
    "duckdb": ("SET threads = 1", "RESET threads", "the number of threads"),
    "postgres": (
        "SET max_parallel_workers_per_gather = 0",
        "RESET max_parallel_workers_per_gather",
        "the number of parallel workers",
    ),
}
"""How a session takes one thread, and how it takes as many as before."""


@dataclass(frozen=True, slots=True)
class _Session:
    """A setting under which nothing may differ: how it begins, and how the usual one comes back."""

    name: str
    begin: str
    end: str
    says: str


def try_sessions(store: Store, names: Sequence[str], account: Account, *, pinned: bool) -> None:
    """Whatever of ``names`` may not matter. ``pinned``: the session's zone is declared, so no other one is tried."""
    for name, says, compared in _twice(store):
        if name in names and _has_time(account, name):
            _compare(account, name, says, store, compared)
    usual: Counter[Cells] | None = None
    for session in _sessions(store.engine.dialect, pinned=pinned):
        if session.name not in names or not _has_time(account, session.name):
            continue
        try:
            usual = store.head() if usual is None else usual
            other = _under(store, session)
        except EngineError as error:
            account.refused(session.name, error)
            continue
        _same(account, session.name, session.says, store, usual.total(), store.paired(usual, other))


def _has_time(account: Account, name: str) -> bool:
    """Whether there is time for a kind of change; one for which there is none is counted."""
    if not account.over(_SHARE):
        return True
    account.untried.append(name)
    return False


def _twice(store: Store) -> Iterator[tuple[str, str, Callable[[], Compared]]]:
    """Pairs of runs that the database compares by itself."""
    yield "rerun", "chance: run again over the same rows, it gives others", lambda: store.compare_with(store)
    times = store.at_times()
    if times is not None:
        early, late = times
        yield "clock", "the time at which the query is run", lambda: early.compare_with(late)
    yield "order", "the physical order of rows", lambda: store.compare_with(store.in_other_order())


def _compare(account: Account, name: str, says: str, store: Store, compared: Callable[[], Compared]) -> None:
    try:
        found = compared()
    except EngineError as error:
        account.refused(name, error)
        return
    _same(account, name, says, store, found.rows, found.difference)


def _sessions(dialect: str, *, pinned: bool) -> Iterator[_Session]:
    if dialect in _THREADS:
        yield _Session("order", *_THREADS[dialect])
    for zone in () if pinned else ZONES:
        says = f"the session's time zone (UTC or {zone})"
        yield _Session("zone", f"SET TimeZone = '{zone}'", "SET TimeZone = 'UTC'", says)


def _under(store: Store, session: _Session) -> Counter[Cells]:
    store.engine.execute(session.begin)
    try:
        return store.head()
    finally:
        store.engine.execute(session.end)


def _same(account: Account, name: str, says: str, store: Store, rows: int, found: Difference | None) -> None:
    account.count(name, rows=rows)
    if found is not None:
        account.witness = Witness(name, says, found, store.engine.label, circumstance=says)
