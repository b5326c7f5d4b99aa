"""The advisory lock of every apply and refresh in a database: two of them never meet.

The server frees it when the session ends, however it ends.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from typing import Any

from tzero.engines.catalog import Statement
from tzero.errors import BusyError
from tzero.sql.render import text_literal

Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
KEY = 0x747A65726F000001
"""``tzero`` in ASCII, and a number."""
_POLL_SECONDS = 0.2
_ENDING_SECONDS = 2.0
"""A session whose client is gone holds its lock until the server has noticed."""
_TRY = "SELECT pg_catalog.pg_try_advisory_lock(?)"
_FREE = "SELECT pg_catalog.pg_advisory_unlock(?)"
_HOLDER = """
SELECT s.pid, s.application_name, s.usename, pg_catalog.host(s.client_addr), s.backend_start
FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS s ON s.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (
    SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = ? AND l.objsubid = 1"""


def take(rows: Rows, label: str, seconds: float) -> None:
    """Take the lock, trying again for some seconds, two at least. Raises BusyError that says who holds it."""
    deadline = time.monotonic() + max(seconds, _ENDING_SECONDS)
    while not rows(_TRY, [KEY])[0][0]:
        if time.monotonic() >= deadline:
            fix = "wait for it (busy_timeout says how long), or end that session"
            raise BusyError(f"{label} is busy: {_holder(rows)}", fix=fix)
        time.sleep(_POLL_SECONDS)


def free(rows: Rows) -> None:
    rows(_FREE, [KEY])


def taken_by_script() -> Statement:
    """The same in a script that a person runs: it fails at once where somebody else is in."""
    busy = text_literal("somebody else applies or refreshes this store")
    return Statement(
        f"DO $$ BEGIN IF NOT pg_catalog.pg_try_advisory_lock({KEY}) THEN RAISE EXCEPTION {busy}; END IF; END $$",
        "one advisory lock: other runs of tzero are refused",
    )


def freed_by_script() -> Statement:
    return Statement(_FREE.replace("?", str(KEY)))


def session_described(
    pid: int, application: str | None, user: str | None, address: str | None, since: dt.datetime | None
) -> str:
    """Who a session is, in words. The server tells a role without privileges no more than its process.

    >>> session_described(12, "psql", "ann", None, dt.datetime(2026, 1, 2, 3, 4))
    'psql of ann (process 12, local), since 2026-01-02 03:04:00 UTC'
    >>> session_described(12, None, "ann", None, None)
    'a session of ann (process 12)'
    """
    who = f"{application or 'a session'} of {user or 'another role'} (process {pid}"
    return f"{who})" if since is None else f"{who}, {address or 'local'}), since {since:%F %T} UTC"


def _holder(rows: Rows) -> str:
    found = rows(_HOLDER, [KEY])
    return session_described(*found[0]) if found else "somebody held the lock a moment ago"
