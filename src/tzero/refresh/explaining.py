"""The steps of a refresh as a script that a person can read, and run by hand with the same result."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.engines.base import Engine
from tzero.engines.catalog import Statement
from tzero.refresh.plan import Plan
from tzero.refresh.steps import CheckSources, Step


def script(plan: Plan, engine: Engine) -> str:
    """SQL with a comment before each step, every transaction of the plan one of the script."""
    return "\n".join(_lines(plan, engine)) + "\n"


def _lines(plan: Plan, engine: Engine) -> Iterator[str]:
    before, after = engine.script_frame()
    total = len(plan.units)
    yield _comment(f"tzero {plan.command} on {plan.target}: {len(plan.steps)} steps in {total} transactions.")
    yield _comment("Stop at the first error (psql -X -v ON_ERROR_STOP=1); tzero keeps no record of a run by hand.")
    for statement in before:
        yield from _written(statement)
    number = 0
    for at, unit in enumerate(plan.units, 1):
        yield f"\n-- transaction {at} of {total}\nBEGIN;"
        for step in unit:
            number += 1
            yield "\n" + _comment(f"{number}. {step.title}")
            for statement in statements(step, engine):
                yield from _written(statement)
        yield "\nCOMMIT;"
    for statement in after:
        yield "\n" + "\n".join(_written(statement))


def statements(step: Step, engine: Engine) -> tuple[Statement, ...]:
    """What a person runs for a step: a check of sources, which must find no row, fails where it finds one."""
    if not isinstance(step, CheckSources):
        return step.statements
    pairs = zip(step.checks, step.statements, strict=True)
    return tuple(engine.refusal(query.sql, f"{check.source}: {check.problem}") for check, query in pairs)


def _written(statement: Statement) -> Iterator[str]:
    if statement.lock:
        yield _comment(f"locks {statement.lock}")
    yield f"{statement.sql};"


def _comment(text: str) -> str:
    # a name may hold a line break: what follows it must not become SQL
    return "-- " + " ".join(text.split())
