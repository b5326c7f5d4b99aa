"""``tzero report``."""

from __future__ import annotations

from pathlib import Path

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json


@click.command("report")
@click.argument("subject", metavar="[FILE.json|VIEW]", required=False)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="The page.  [default: beside FILE, or VIEW.html]"
)
@project_options
def command(subject: str | None, out: Path | None) -> None:
    """Write the page of a certificate again: of FILE.json, or of the last one that the store keeps of VIEW."""
    from tzero.cli.certificate import read_file
    from tzero.report.page import render_page

    given = settings()
    if subject is not None and subject.endswith(".json"):
        found = read_file(Path(subject))[0]
        path = out or Path(subject).with_suffix(".html")
    else:
        with given.open_project() as project:
            found = project.last_certificate(subject)
        path = out or Path(f"{found.relation.replace('/', '_')}.html")
    path.write_text(render_page(found), encoding="utf-8")
    if given.as_json:
        put_json({"certificate": found.id, "verdict": found.predicate["verdict"], "page": str(path)})
    else:
        put(f"{found.relation}: {found.predicate['verdict']}, written to {path}")
