"""``tzero train``."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json, say
from tzero.errors import UsageError

if TYPE_CHECKING:
    from tzero.project.config import TrainBlockConfig

_BLOCK = re.compile(r"--(?P<block>\w+(?:-\w+)*?)[-_](?P<part>features[-_]view|feature[-_]set)(?:=(?P<value>.*))?")


def moment(_: click.Context, __: click.Parameter, value: str | None) -> dt.datetime | None:
    try:
        return None if value is None else dt.datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no day or moment; write 2025-03-01 or 2025-03-01T12:00:00") from error


def _days(_: click.Context, __: click.Parameter, value: str | None) -> list[int] | None:
    try:
        return None if value is None else [int(day) for day in value.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{value!r} are no days; write 7,14,21") from error


@click.command("train", context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.option("--labels", metavar="RELATION", help="What became of each row.")
@click.option("--label-t0", metavar="COLUMN", help="T0 of a label.  [default: t0]")
@click.option("--event-at", metavar="COLUMN", help="When the event came; NULL where it was not seen to.")
@click.option("--observed-until", metavar="COLUMN", help="Until when it surely had not come.")
@click.option("--gone-by", metavar="COLUMN", help="When it surely had, where only an interval is known.")
@click.option("--known-at", metavar="COLUMN", help="When a label was known.")
@click.option("--value", metavar="COLUMN", help="The label of the outcomes flag and value.")
@click.option("--outcome", type=click.Choice(["time", "within", "flag", "value"]), help="What is predicted.")
@click.option("--within", metavar="LENGTH", help="Of the outcome within: how soon, like 14d.")
@click.option("--notice", metavar="LENGTH", help="How late an ending may be noticed, like 1d.")
@click.option("--horizons", metavar="DAYS", callback=_days, help="Where a time is judged.  [default: 7,14,21]")
@click.option("--evaluate-from", metavar="DAY", callback=moment, help="Hold out rows from this T0 on.")
@click.option("--evaluate-share", type=float, help="... or the newest share of them.  [default: 0.25]")
@click.option("--train-from", metavar="DAY", callback=moment, help="Train on rows from this T0 on.")
@click.option("--train-until", metavar="DAY", callback=moment, help="... and before this one.")
@click.option("--embargo", metavar="LENGTH", help="How long before the held out rows training ends.")
@click.option("--folds", type=int, help="Earlier origins that are judged too.  [default: 3]")
@click.option("--segment", multiple=True, metavar="FEATURES", help="Features that the rate of a segment counts by.")
@click.option("--exclude", multiple=True, metavar="FEATURES", help="Features to leave out; * stands for any text.")
@click.option("--rounds", type=int, help="Trees, at most.  [default: 500]")
@click.option("--patience", type=int, help="Trees that may not help before no more are added; 0: all.  [default: 50]")
@click.option("--depth", type=int, help="Their depth.  [default: 4]")
@click.option("--rate", type=float, help="The rate of learning.  [default: 0.05]")
@click.option("--seed", type=int, help="[default: 7]")
@click.option("--draws", type=int, help="Bootstrap samples.  [default: 200]")
@click.option("--threads", type=int, default=0, help="They change nothing but the time.  [default: all]")
@click.option("--compare", metavar="RELATION", help="Judge the same model on another relation too, certified or not.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where the model goes.")
@click.option("--explain", is_flag=True, help="Say what would be read and why it may be; read nothing.")
@project_options
@click.pass_context
def command(
    ctx: click.Context, /, threads: int, compare: str | None, out: Path | None, explain: bool, **given: Any
) -> None:
    """Train on certified features, judge on later rows, keep the model with its card. Exit 1 where it may not.

    Features come in blocks, any number of them, each with --NAME-features-view RELATION and --NAME-feature-set
    CONTRACT (or from [[train.block]] in tzero.toml). Before the first row is read, the contract, the columns and the
    certificate of each are checked.
    """
    from tzero.cli.trained import rows_shown, show_admission, show_card

    blocks = blocks_of(ctx.args)
    wanted = settings()
    options = {name: list(value) or None if isinstance(value, tuple) else value for name, value in given.items()}
    with wanted.open_project() as project:
        experiment = project.experiment(threads=threads, block=blocks or None, **options)
        if explain:
            found = project.explain_training(experiment)
            put_json(found.as_json()) if wanted.as_json else show_admission(found)
            return
        with rows_shown() as progress:
            trained, folder = project.train(experiment, compare=compare, out=out, progress=progress)
    page = write_page(trained.card, folder)
    if wanted.as_json:
        put_json({"folder": str(folder), "card": trained.card})
        return
    show_card(trained.card)
    put(f"\nmodel {trained.card['model']['sha256'][:16]} in {folder}")
    say(f"the card, to look at: {page}")


def write_page(card: dict[str, Any], folder: Path) -> Path:
    """Write the card as a page beside the model."""
    from tzero.report.card import render_card

    path = folder / "card.html"
    path.write_text(render_card(card), encoding="utf-8")
    return path


def blocks_of(arguments: Sequence[str]) -> list[TrainBlockConfig]:
    """The blocks that options name, each a pair; every other argument is refused."""
    from tzero.project.config import TrainBlockConfig

    found: dict[str, dict[str, str]] = {}
    left = list(arguments)
    while left:
        word = left.pop(0)
        match = _BLOCK.fullmatch(word)
        if match is None:
            raise UsageError(f"unknown argument {word!r}", fix="see tzero train --help")
        value = match["value"] if match["value"] is not None else (left.pop(0) if left else None)
        if not value or value.startswith("--"):
            raise UsageError(f"{word} needs a value", fix=f"say {word} NAME")
        part = match["part"].replace("-", "_")
        block = found.setdefault(match["block"].replace("-", "_"), {})
        if part in block:
            raise UsageError(f"{word} is given twice", fix="give each block a name of its own")
        block[part] = value
    for name, block in found.items():
        for part in ("features_view", "feature_set"):
            if part not in block:
                raise UsageError(f"the block {name!r} has no {part}", fix=f"say --{name}_{part}")
    return [TrainBlockConfig(name=name, **block) for name, block in found.items()]
