"""``tzero apply``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json, say
from tzero.cli.plan import covered, described
from tzero.cli.progress import steps_shown
from tzero.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tzero.refresh.coverage import Coverage
    from tzero.refresh.performing import Outcome
    from tzero.refresh.plan import Plan


@click.command("apply")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--plan", "saved", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help="A plan saved with tzero plan --output json; refused if anything changed since.")  # fmt: skip
@project_options
def command(yes: bool, saved: Path | None) -> None:
    """Bring the store to what is declared, in one transaction."""
    given = settings()
    with given.open_project() as project:
        found = project.plan()
        if saved is not None:
            _require_same(found, saved)
        if found.is_empty:
            _finish(found, None, found.coverage, as_json=given.as_json)
            return
        if not yes and not _agreed(found):
            say("nothing was changed")
            return
        with steps_shown(len(found.steps)) as progress:
            outcome = project.apply(planned=found, progress=progress)
        # sources that the plan did not find are built now
        vocabularies = found.coverage or project.coverage()
    _finish(found, outcome, vocabularies, as_json=given.as_json)


def _require_same(found: Plan, saved: Path) -> None:
    from tzero.refresh.plan import saved_fingerprint

    try:
        found.refuse_if_stale(saved_fingerprint(saved.read_text(encoding="utf-8")))
    except UnicodeDecodeError as error:
        raise UsageError(f"{saved} is no saved plan", fix="save one with tzero plan --output json > FILE") from error


def _agreed(found: Plan) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("apply asks before it changes anything, and nobody is there to answer", fix="add --yes")
    say(described(found, brief=True))
    return click.confirm("apply these steps?", err=True)


def _finish(found: Plan, outcome: Outcome | None, vocabularies: Sequence[Coverage], *, as_json: bool) -> None:
    if as_json:
        done = (
            {"target": found.target, "run_id": None, "steps": []} if outcome is None else outcome.as_json(found.target)
        )
        put_json(done | {"vocabularies": [item.as_json() for item in vocabularies]})
    elif outcome is None:
        put(described(found, brief=True))
    else:
        put(f"{found.target} is as declared; run {outcome.run_id} took {outcome.whole.seconds:.2f} s")
        for line in covered(item for item in vocabularies if item.is_low):
            say(line)
