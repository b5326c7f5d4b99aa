"""How much work one proof may take: counted, not timed, so that a query has the same proof on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_left: ContextVar[int | None] = ContextVar("left", default=None)


class TooMuchWorkError(Exception):
    """The proof was given up; nothing is known of the query."""


@contextmanager
def limited(steps: int) -> Iterator[None]:
    """Raise TooMuchWorkError once what is done within has spent more than ``steps``."""
    token = _left.set(steps)
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int) -> None:
    left = _left.get()
    if left is None:
        return
    if left < steps:
        raise TooMuchWorkError
    _left.set(left - steps)
