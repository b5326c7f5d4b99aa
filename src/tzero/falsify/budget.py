"""How long a search may go on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_WAITS = 3
"""A search that has to wait for a busy machine may take so many times its seconds by the clock on the wall."""


@dataclass(slots=True)
class Budget:
    """So many seconds, or so many worlds. ``worked``: seconds of this process's work, where all is done within it.

    ``enough`` are the seconds after which a search may end that has exercised what it is for; None: it never may.

    >>> budget = Budget(seconds=60, worlds=10)
    >>> budget.over(9), budget.over(10), budget.over(5, share=0.5)
    (False, True, True)
    """

    seconds: float
    worlds: int
    worked: bool = False
    enough: float | None = None
    _started: float = field(default_factory=time.monotonic)
    _worked: float = field(default_factory=time.process_time)

    def restart(self) -> None:
        """Start anew: opening a database and loading its driver are not the search."""
        self._started, self._worked = time.monotonic(), time.process_time()

    @property
    def elapsed(self) -> float:
        """Seconds by the clock on the wall."""
        return time.monotonic() - self._started

    @property
    def left(self) -> float:
        """The seconds that are not spent yet."""
        return self.seconds - self._spent()

    def over(self, worlds: int, share: float = 1.0) -> bool:
        """Whether a share of the budget is spent after so many worlds."""
        return worlds >= self.worlds * share or self._spent() > self.seconds * share

    def is_enough(self, share: float = 1.0) -> bool:
        """Whether a share of the seconds is spent that are enough."""
        return self.enough is not None and self._spent() > self.enough * share

    def _spent(self) -> float:
        if not self.worked:
            return self.elapsed
        return max(time.process_time() - self._worked, self.elapsed / _WAITS)
