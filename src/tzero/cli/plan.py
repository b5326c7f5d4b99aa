"""``tzero plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json

if TYPE_CHECKING:
    from tzero.refresh.plan import Plan


@click.command("plan")
@click.option("--brief", is_flag=True, help="The steps alone, without their SQL.")
@project_options
def command(brief: bool) -> None:
    """Show what apply would do, with its SQL and locks. Writes nothing.

    Save the plan with --output json and hand it to apply --plan: it is refused if anything changed since.
    """
    given = settings()
    with given.open_project() as project:
        found = project.plan()
    if given.as_json:
        put_json(found.as_json())
    else:
        put(described(found, brief=brief))


def described(plan: Plan, *, brief: bool) -> str:
    """A plan as text."""
    if plan.is_empty:
        lines = [f"{plan.target} is as declared: nothing to do"]
    else:
        number = len(plan.steps)
        lines = [f"{plan.command} on {plan.target}: {number} {'step' if number == 1 else 'steps'}"]
    for number, step in enumerate(plan.steps, 1):
        lines.append(f"{number:3}. {step.title}")
        if not brief:
            for statement in step.statements:
                lines += [f"       {line}" for line in statement.sql.splitlines()]
                if statement.lock:
                    lines.append(f"       -- locks {statement.lock}")
    return "\n".join([*lines, *(f"note: {note}" for note in plan.notes)])
