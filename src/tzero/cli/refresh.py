"""``tzero refresh``."""

from __future__ import annotations

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json
from tzero.cli.progress import steps_shown


@click.command("refresh")
@project_options
def command() -> None:
    """Recheck the sources and rebuild the statistics, in one transaction.

    Readers see the old state until it is done; a refresh that is interrupted leaves it.
    """
    given = settings()
    with given.open_project() as project, steps_shown(None) as progress:
        outcome = project.refresh(progress=progress)
        label = project.target().label
    if given.as_json:
        put_json(outcome.as_json(label))
    else:
        put(f"{label} is fresh; run {outcome.run_id} took {outcome.whole.seconds:.2f} s")
