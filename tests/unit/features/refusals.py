"""What a wrong declaration must say: which error, about what, at the user's own line, with a way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tzero.errors import TzeroError


@dataclass(frozen=True)
class Refusal:
    """A planted violation: ``declare`` must raise ``error`` whose text holds ``what`` and whose fix holds ``fix``."""

    declare: Callable[[], Any]
    error: type[TzeroError]
    what: str
    fix: str = ""


def check(refusal: Refusal) -> None:
    with pytest.raises(refusal.error) as caught:
        refusal.declare()
    error = caught.value
    assert type(error) is refusal.error
    assert refusal.what in error.what
    assert refusal.fix in (error.fix or "")
    code = refusal.declare.__code__
    assert error.place is not None, "the error names no place"
    assert Path(error.place.file).name == Path(code.co_filename).name
    assert error.place.line in {line for _, _, line in code.co_lines()}
    assert str(error).startswith(f"{error.place}: {error.what}")


def named(value: Any) -> str:
    """The identifier of a case: what it complains of."""
    return value.what if isinstance(value, Refusal) else ""
