"""``tzero plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tzero.cli.options import Settings, project_options, settings
from tzero.cli.output import put, put_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tzero.refresh.coverage import Coverage
    from tzero.refresh.plan import Plan


@click.command("plan")
@click.option("--brief", is_flag=True, help="The steps alone, without their SQL.")
@click.option("--roles", is_flag=True, help="A GRANT script for an owner, a refresher and a reader instead.")
@click.option("--owner", default="tzero_owner", show_default=True, help="With --roles: the owner's name.")
@click.option("--refresher", default="tzero_refresher", show_default=True, help="With --roles: the refresher's name.")
@click.option("--reader", default="tzero_reader", show_default=True, help="With --roles: the reader's name.")
@project_options
def command(brief: bool, roles: bool, owner: str, refresher: str, reader: str) -> None:
    """Show what apply would do, with its SQL and locks. Writes nothing.

    Save the plan with --output json and hand it to apply --plan: it is refused if anything changed since.
    """
    given = settings()
    if roles:
        _write_grants(given, owner, refresher, reader)
        return
    with given.open_project() as project:
        found = project.plan()
    if given.as_json:
        put_json(found.as_json())
    else:
        put(described(found, brief=brief))


def _write_grants(given: Settings, owner: str, refresher: str, reader: str) -> None:
    from tzero.refresh.roles import Roles

    roles = Roles(owner, refresher, reader)
    with given.open_project() as project:
        script = project.grants(roles)
    if given.as_json:
        put_json({"owner": owner, "refresher": refresher, "reader": reader, "sql": script})
    else:
        put(script)


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
    return "\n".join([*lines, *(f"note: {note}" for note in plan.notes), *covered(plan.coverage)])


def covered(found: Iterable[Coverage]) -> list[str]:
    """A line for each vocabulary: how much of the data it covers."""
    return [f"{'warning' if item.is_low else 'note'}: {item}" for item in found]
