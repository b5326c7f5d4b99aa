"""How long a session waits for locks, and for whom: seen by a second session, because the first one waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

from tzero.engines.postgres_lock import session_described

POLL_SECONDS = 0.1
"""A shorter wait may go unseen; a longer one is known to this."""
_WAIT = """
SELECT pg_catalog.extract('epoch', l.waitstart)::float8,
  pg_catalog.extract('epoch', pg_catalog.clock_timestamp() - l.waitstart)::float8
FROM pg_catalog.pg_locks AS l
WHERE l.pid = $1 AND NOT l.granted AND l.waitstart IS NOT NULL"""
_BLOCKERS = """
SELECT s.pid, s.application_name, s.usename, pg_catalog.host(s.client_addr), s.xact_start
FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) AS b (pid) JOIN pg_catalog.pg_stat_activity AS s USING (pid)
ORDER BY s.xact_start NULLS LAST LIMIT 3"""


class LockWatch:
    """Watches the session with a process id until it is stopped. ``seconds`` is what it has waited so far."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], pid: int) -> None:
        self._connection = connect()
        self._pid = pid
        self._waits: dict[float, float] = {}
        self._blockers = ""
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="tzero lock watch", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        return sum(self._waits.values())

    @property
    def blockers(self) -> str:
        """Who was last waited for, in words; empty where nobody was."""
        return self._blockers

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
        self._connection.close()

    def _watch(self) -> None:
        # without the second session there is nothing to know, and the first one says what is wrong with the server
        with suppress(psycopg.Error):
            while not self._done.wait(POLL_SECONDS):
                for began, waited in self._connection.execute(_WAIT, [self._pid]).fetchall():
                    self._waits[began] = waited
                    found = self._connection.execute(_BLOCKERS, [self._pid]).fetchall()
                    self._blockers = ", ".join(session_described(*who) for who in found) or self._blockers
