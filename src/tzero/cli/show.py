"""``tzero show``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import ago, put_json, put_table, say

if TYPE_CHECKING:
    from tzero.project.shown import Shown


@click.command("show")
@project_options
def command() -> None:
    """Show what is in the store: relations, columns, rows, days, and the last run."""
    given = settings()
    with given.open_project() as project:
        found = project.show()
    if given.as_json:
        put_json(found.as_json())
        return
    say(_headline(found))
    if found.relations:
        rows = [
            (r.name, r.role, r.kind, r.columns, r.rows, r.days, _span(r.first_day, r.last_day)) for r in found.relations
        ]
        put_table(("relation", "role", "kind", "columns", "rows", "days", "from - to"), rows)


def _headline(found: Shown) -> str:
    if not found.relations:
        return f"{found.target}: nothing is built yet; run tzero apply"
    if found.last_run is None:
        return found.target
    return f"{found.target}: last {found.last_run.command} {ago(found.last_run.ended_at)}"


def _span(first: object, last: object) -> str | None:
    return f"{first} - {last}" if first is not None else None
