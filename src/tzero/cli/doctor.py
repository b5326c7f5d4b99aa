"""``tzero doctor``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json

if TYPE_CHECKING:
    from tzero.doctor import Diagnosis


@click.command("doctor")
@project_options
def command() -> None:
    """Examine the store and the database that it lives in. Writes nothing.

    The exit code is 1 where there is something to act upon; notes alone leave it 0.
    """
    given = settings()
    with given.open_project() as project:
        found = project.diagnose()
    if given.as_json:
        put_json(found.as_json())
    else:
        put(described(found))
    click.get_current_context().exit(0 if found.healthy else 1)


def described(diagnosis: Diagnosis) -> str:
    """A diagnosis as text: what is well on one line each, what is not with what to do."""
    lines = [f"{diagnosis.target}: {len(diagnosis.checks)} checks"]
    for checked in diagnosis.checks:
        levels = [finding.level.value for finding in checked.findings]
        verdict = "finding" if "finding" in levels else "note" if levels else "ok"
        lines.append(f"  {verdict:8}{checked.check:18}{checked.about}")
        for finding in checked.findings:
            lines += [f"          {finding.level.value}: {finding.what}", f"            fix: {finding.fix}"]
    return "\n".join(lines)
