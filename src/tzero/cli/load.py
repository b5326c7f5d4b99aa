"""``tzero load``."""

from __future__ import annotations

from pathlib import Path

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json


@click.command("load")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("relation")
@click.option("--append", is_flag=True, help="Add to the end of a table that is there.")
@project_options
def command(file: Path, relation: str, append: bool) -> None:
    """Load a Parquet or CSV FILE into the table RELATION of the target. Never replaces a table."""
    given = settings()
    with given.open_project() as project:
        number = project.load(file, relation, append=append)
    if given.as_json:
        put_json({"relation": relation, "rows": number})
    else:
        put(f"loaded {number:,} rows into {relation}")
