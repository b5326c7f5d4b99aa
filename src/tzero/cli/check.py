"""``tzero check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tzero.cli.checked import Checked

FORMATS = ("text", "json", "sarif", "github")


@click.command("check")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--dialect", type=click.Choice(("duckdb", "postgres", "spark")), help="The dialect of the SQL.")
@click.option("--declare", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Declarations in TOML.")
@click.option("--anchor", metavar="COL", help="The output column that holds T0.")
@click.option("--own", metavar="RELATION", help="The relation whose row each output row is about.")
@click.option("--relation", metavar="NAME", help="A live view of the target, with all that it reads.")
@click.option("--target", metavar="NAME|URL", help="The database of a live view, or of what files read.")
@click.option("--project", metavar="DIR", default=".", help="The project's folder.")
@click.option(
    "--output", type=click.Choice(FORMATS), default="text", show_default=True, help="How findings are written."
)
@click.option("--seconds", type=float, default=1.0, show_default=True, help="How long to look for a witness; 0: not.")
@click.option("--facts", is_flag=True, help="Show the facts that each proof used, and which declared ones it needs.")
def command(
    paths: tuple[Path, ...], dialect: str | None, declare: Path | None, anchor: str | None, own: str | None,
    relation: str | None, target: str | None, project: str, output: str, seconds: float, facts: bool,
) -> None:  # fmt: skip
    """Prove that SQL cannot see the future, or point at what it may see.

    PATHS are SQL files, or folders of them; - reads standard input. Declarations stand in --declare, or in the comment
    header of a file. The exit code is 0 only when everything is proved.
    """
    from tzero.cli.checked import Request, check_files, check_relation
    from tzero.cli.findings import write

    request = Request(dialect, declare, anchor, own, seconds, facts)
    if relation is not None:
        found = check_relation(request, relation, target, project)
    elif paths:
        found = check_files(request, paths, target, project)
    else:
        raise click.UsageError("nothing to check: name files or folders, or a --relation")
    write(found, output, facts=facts)
    click.get_current_context().exit(0 if _all_proved(found) else 1)


def _all_proved(found: list[Checked]) -> bool:
    return all(item.proof.proved for item in found)
