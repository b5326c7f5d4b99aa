"""Run the checks of sources, and say what they found so that a person can act on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tzero.compile import SourceCheck
from tzero.engines.base import Engine
from tzero.errors import SourceError
from tzero.sql.select import as_text

COUNT = "n"


def require_sound(engine: Engine, checks: Iterable[SourceCheck]) -> None:
    """Raise SourceError that lists every problem, how many rows have it, and examples."""
    found = [(check, examples) for check in checks if (examples := _examples(engine, check))]
    if not found:
        return
    described = [f"{check.source}: {describe(check.problem, examples)}" for check, examples in found]
    if len(found) == 1:
        raise SourceError(described[0], fix=found[0][0].fix)
    listed = "\n".join(f"  {text}\n    fix: {check.fix}" for text, (check, _) in zip(described, found, strict=True))
    raise SourceError(f"{len(found)} problems in the sources, nothing was built\n{listed}")


def describe(problem: str, examples: list[Mapping[str, str]]) -> str:
    """A problem with its count and examples.

    >>> describe("the key (id) is not unique", [{"id": "7", "rows_with_it": "2", "n": "1"}])
    'the key (id) is not unique: 1 case, such as (id=7, rows_with_it=2)'
    """
    number = int(examples[0][COUNT])
    shown = " ".join(f"({_listed(example)})" for example in examples)
    return f"{problem}: {number:,} {'case' if number == 1 else 'cases'}, such as {shown}"


def _examples(engine: Engine, check: SourceCheck) -> list[Mapping[str, str]]:
    rows = engine.rows(as_text(check.query))
    if not rows:
        return []
    columns = engine.describe_query(check.query)
    return [
        {
            column.name: "NULL" if value is None else repr(value) if column.dtype == "text" else str(value)
            for column, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]


def _listed(example: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in example.items() if name != COUNT)
