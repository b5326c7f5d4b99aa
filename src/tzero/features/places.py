"""Where a declaration was written."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tzero.errors import Place, TzeroError

_PACKAGE = str(Path(__file__).resolve().parents[1])
_STARTERS = str(Path(_PACKAGE) / "starters")


def here() -> Place:
    """The innermost place outside this package: the user's own line."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_own(frame.f_code.co_filename):
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


@contextmanager
def placed(place: Place) -> Iterator[None]:
    """Give errors raised inside, where they have no place yet, this one."""
    try:
        yield
    except TzeroError as error:
        if error.place is None:
            error.place = place
        raise


def _is_own(filename: str) -> bool:
    if filename.startswith(_STARTERS):
        return False
    return filename.startswith((_PACKAGE, "<frozen", "<string>"))
