"""Statements of DuckDB that may take only so long: a timer interrupts the connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tzero.errors import OutOfTimeError


class TimeLimit:
    """What a statement may take, in seconds; None: as long as it wants."""

    def __init__(self, label: str, interrupt: Callable[[], None]) -> None:
        self.label, self.interrupt = label, interrupt
        self.seconds: float | None = None

    @contextmanager
    def set_to(self, seconds: float) -> Iterator[None]:
        before, self.seconds = self.seconds, seconds
        try:
            yield
        finally:
            self.seconds = before

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Interrupt the statement within when its time is over. Raises OutOfTimeError; a user's interrupt stays one."""
        if self.seconds is None:
            yield
            return
        over = threading.Event()
        timer = threading.Timer(self.seconds, self._end, [over])
        timer.daemon = True
        timer.start()
        try:
            yield
        except KeyboardInterrupt as error:
            if not over.is_set():
                raise
            raise OutOfTimeError(f"{self.label}: a statement ran out of its time ({self.seconds:g} s)") from error
        finally:
            timer.cancel()
            timer.join()

    def _end(self, over: threading.Event) -> None:
        over.set()
        self.interrupt()
