"""``tzero refresh``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tzero.cli.certify import certified, show
from tzero.cli.options import Settings, project_options_with, settings
from tzero.cli.output import put, put_json
from tzero.cli.progress import steps_shown

if TYPE_CHECKING:
    from tzero.refresh.selecting import Selection


@click.command("refresh")
@click.option("--only", multiple=True, metavar="SEL",
              help="Refresh these alone: name, +name (with what it reads), name+ (with what reads it).")  # fmt: skip
@click.option("--from", "start", multiple=True, metavar="SEL", help="Leave out the steps before this relation.")
@click.option("--anew", is_flag=True, help="Do not go on with a refresh that failed or was killed.")
@click.option("--explain", is_flag=True, help="Print the same steps as SQL to run by hand; write nothing.")
@click.option("--certify", is_flag=True, help="Certify every view afterwards. Exit 1 where one is refused.")
@project_options_with("github")
@click.pass_context
def command(
    ctx: click.Context, only: tuple[str, ...], start: tuple[str, ...], anew: bool, explain: bool, certify: bool
) -> None:
    """Recheck the sources and rebuild what is stored.

    Readers see the old state of all that a view reads, until all of it is new. A refresh that failed or was killed is
    gone on with: what it had done is kept, unless rows changed since.
    """
    from tzero.refresh.selecting import Selection

    given = settings()
    selection = Selection(only, start)
    if explain:
        _explain(given, selection, anew=anew)
        return
    with given.open_project() as project, steps_shown(None) as progress:
        outcome = project.refresh(selection=selection, anew=anew, progress=progress)
        label = project.target().label
    made = certified() if certify else []
    if given.as_json:
        shown = {"certificates": [found.as_json() for found in made]} if certify else {}
        put_json(outcome.as_json(label) | shown)
    else:
        put(f"{label} is fresh; run {outcome.run_id} took {outcome.whole.seconds:.2f} s")
        if certify:
            show(made, given.output)
    ctx.exit(0 if all(found.is_good for found in made) else 1)


def _explain(given: Settings, selection: Selection, *, anew: bool) -> None:
    with given.open_project() as project:
        if given.as_json:
            put_json(project.plan_refresh(selection=selection, anew=anew).as_json())
        else:
            put(project.refresh_script(selection=selection, anew=anew))
