"""``tzero certify``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tzero.cli.annotations import annotation
from tzero.cli.options import full_option, project_options_with, settings
from tzero.cli.output import put, put_json, put_table, say

if TYPE_CHECKING:
    from tzero.certify.certificate import Certificate
    from tzero.certify.certification import Progress
    from tzero.certify.gate import Gate


@click.command("certify")
@click.argument("view", required=False)
@full_option
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where the files go.")
@project_options_with("github")
@click.pass_context
def command(ctx: click.Context, view: str | None, out: Path | None, full: bool) -> None:
    """Run every gate over VIEW (default: over every view) and write its certificate. Exit 1 where one refuses.

    A certificate is kept in the store, and written to the folder certificates of the project.
    """
    made = certified(view, out, full)
    show(made, settings().output)
    ctx.exit(0 if all(found.is_good for found in made) else 1)


def certified(view: str | None = None, out: Path | None = None, full: bool = False) -> list[Certificate]:
    """Certify a view, or every view, telling of each gate; the certificates are kept and written."""
    from tzero.report.written import write_certificate

    made = []
    with settings().open_project() as project:
        folder = out or project.root / "certificates"
        names = [project.certifiable_name(view)] if view else project.certifiable_names
        for name in names:
            with gates_shown(str(name)) as progress:
                made.append(project.certify(str(name), full=full, progress=progress))
            say(f"  written to {write_certificate(made[-1], folder)}")
    return made


@contextmanager
def gates_shown(name: str) -> Iterator[Progress]:
    """Give the function that is told of each gate before it runs: a line that moves on a terminal, else a line each."""
    if not sys.stderr.isatty():
        say(f"certifying {name}")
        yield lambda gate: say(f"  {gate.code} {gate.title}")
        return
    from rich.console import Console

    from tzero.cli.output import clean

    with Console(stderr=True).status(f"certifying {clean(name)}") as status:

        def show_gate(gate: Gate) -> None:
            status.update(f"certifying {clean(name)}: {gate.code} {gate.title}")

        yield show_gate


def show(made: list[Certificate], output: str) -> None:
    if output == "json":
        put_json([found.as_json() for found in made])
        return
    for found in made:
        if output == "github":
            _annotate(found.predicate)
        else:
            _table(found)


def _table(found: Certificate) -> None:
    predicate = found.predicate
    rows = [
        (gate["gate"], gate["title"], gate["verdict"], f"{gate['seconds']:.2f} s", gate["summary"])
        for gate in predicate["gates"]
    ]
    put_table(("gate", "", "verdict", "took", "what it says"), rows)
    for gate in predicate["gates"]:
        for finding in gate["findings"]:
            put(f"\n{finding['code']}  {finding['message']}")
            if finding["fix"]:
                put(f"  fix: {finding['fix']}")
        for note in gate["notes"]:
            put(f"  note {gate['gate']}: {note}")
    for waiver in predicate["waivers"]:
        put(f"  waived {waiver['gate']} by {waiver['by']}: {waiver['reason']}")
    for waiver in predicate["unused_waivers"]:
        put(f"  the waiver of {waiver['gate']} by {waiver['by']} covers nothing: take it out of tzero.toml")
    put(f"\n{found.relation}: {predicate['verdict']}, certificate {found.id[:16]}")


def _annotate(predicate: Mapping[str, Any]) -> None:
    findings = [finding for gate in predicate["gates"] for finding in gate["findings"]]
    for finding in findings:
        put(annotation("error", finding["message"], title=f"{finding['code']} {predicate['relation']}"))
    if not findings:
        put(annotation("notice", f"{predicate['relation']} is certified", title="tzero certify"))
