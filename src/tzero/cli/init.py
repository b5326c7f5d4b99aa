"""``tzero init``."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put_json, say
from tzero.errors import TargetError, UsageError

SKIPPED = ("__pycache__",)


def starters() -> list[str]:
    """The starters that have a project to copy, blank first."""
    found = [
        item.name for item in files("tzero.starters").iterdir() if item.joinpath("project", "tzero.toml").is_file()
    ]
    return sorted(found, key=lambda name: (name != "blank", name))


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--starter", type=click.Choice(starters()), default="blank", show_default=True, help="What to start from."
)
@project_options
def command(folder: Path, starter: str) -> None:
    """Start a project in DIR. Overwrites nothing."""
    written = copy_starter(starter, folder)
    if settings().as_json:
        put_json({"project": str(folder), "starter": starter, "files": written})
        return
    for name in written:
        say(f"  {folder / name}")
    where = "" if folder == Path() else f"cd {folder}; "
    say(f"next: {where}edit tzero.toml and the declarations, then tzero plan, tzero apply")


def copy_starter(starter: str, folder: Path) -> list[str]:
    """Copy a starter's project into a folder; return the files written. Raises UsageError if one is there already."""
    sources = dict(_walk(files("tzero.starters").joinpath(starter, "project"), ""))
    taken = [name for name in sources if (folder / name).exists()]
    if taken:
        raise UsageError(
            f"{folder / taken[0]} is there already; nothing was written", fix="name an empty or a new folder"
        )
    try:
        for name, source in sources.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(source.read_bytes())
    except OSError as error:
        raise TargetError(f"{folder} cannot be written: {error.strerror}", fix="name another folder") from error
    return list(sources)


def _walk(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name in SKIPPED:
            continue
        name = f"{prefix}{item.name}"
        found += _walk(item, f"{name}/") if item.is_dir() else [(name, item)]
    return found
