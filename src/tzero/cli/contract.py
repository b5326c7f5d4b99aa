"""``tzero contract show``, ``tzero contract check`` and ``tzero contract accept``."""

from __future__ import annotations

import click

from tzero.cli.options import acceptance_options, project_options, settings
from tzero.cli.output import put, put_json, put_table, say


@click.group("contract")
def command() -> None:
    """The columns that a feature view promises."""


@command.command("show")
@click.argument("view", required=False)
@project_options
def show(view: str | None) -> None:
    """Print the contract of VIEW as the store keeps it."""
    given = settings()
    with given.open_project() as project:
        found = project.contract(view)
    if given.as_json:
        put_json(found.as_json())
        return
    say(f"{found.name}: {len(found.columns)} columns of {found.relation}, hash {found.features_hash[:16]}")
    rows = [(at, c.name, c.dtype, "yes" if c.nullable else "no", c.role.value) for at, c in enumerate(found.columns, 1)]
    put_table(("#", "column", "type", "null", "role"), rows)


@command.command("check")
@click.argument("view", required=False)
@project_options
@click.pass_context
def check(ctx: click.Context, view: str | None) -> None:
    """Compare the columns of VIEW (default: of every view) with its contract. Exit 1 where they differ."""
    given = settings()
    with given.open_project() as project:
        views = [project.view(view)] if view else list(project.views)
        found = {str(item.name): project.contract_differences(item) for item in views}
    if given.as_json:
        put_json({name: [difference.as_json() for difference in listed] for name, listed in found.items()})
    for name, listed in found.items():
        if given.as_json:
            continue
        put(f"{name}: {'as promised' if not listed else f'{len(listed)} differences'}")
        for difference in listed:
            put(f"  {difference}")
    if any(found.values()):
        say("  fix: run tzero apply to write a new contract, or restore the relation")
        ctx.exit(1)


@command.command("accept")
@click.argument("view", required=False)
@acceptance_options
@project_options
def accept(view: str | None, by: str, why: str) -> None:
    """Accept VIEW as it is now: the definitions that it is made of and, of a view of your own SQL, its columns."""
    given = settings()
    with given.open_project() as project:
        changed = [str(name) for name in project.accept(view, by=by, why=why)]
    if given.as_json:
        put_json({"accepted": changed, "by": by, "why": why})
        return
    put(f"accepted by {by}: {', '.join(changed) or 'nothing was changed'}")
