"""Run the checks of sources, and say what they found so that a person can act on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tzero.compile import SourceCheck
from tzero.engines.base import Engine
from tzero.errors import SourceError

COUNT = "n"


def require_sound(engine: Engine, checks: Iterable[SourceCheck]) -> None:
    """Raise SourceError that lists every problem, how many rows have it, and examples."""
    found = [(check, rows) for check in checks if (rows := engine.arrow(check.query).read_all().to_pylist())]
    if not found:
        return
    described = [f"{check.source}: {describe(check.problem, rows)}" for check, rows in found]
    if len(found) == 1:
        raise SourceError(described[0], fix=found[0][0].fix)
    listed = "\n".join(f"  {text}\n    fix: {check.fix}" for text, (check, _) in zip(described, found, strict=True))
    raise SourceError(f"{len(found)} problems in the sources, nothing was built\n{listed}")


def describe(problem: str, examples: list[dict[str, Any]]) -> str:
    """A problem with its count and examples.

    >>> describe("the key (id) is not unique", [{"id": 7, "rows_with_it": 2, "n": 1}])
    'the key (id) is not unique: 1 case, such as (id=7, rows_with_it=2)'
    """
    number = int(examples[0][COUNT])
    shown = " ".join(f"({_listed(example)})" for example in examples)
    return f"{problem}: {number:,} {'case' if number == 1 else 'cases'}, such as {shown}"


def _listed(example: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in example.items() if name != COUNT)


def _value(value: Any) -> str:
    if value is None:
        return "NULL"
    return repr(value) if isinstance(value, str) else str(value)
