"""A demonstration on the screen: its stages as they are done, and what came out of it."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tzero.cli.output import cell, clean, put, put_table, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from tzero.starters.demo import Demonstration, Listener, Stage
    from tzero.starters.demo.stability import Stability

_WIDEST = 100


class Lines:
    """One line for each stage that is done."""

    def chapter(self, title: str) -> None:
        click.secho(clean(title), bold=True, err=True)

    def begin(self, title: str) -> None:
        pass

    def done(self, stage: Stage) -> None:
        say(_line(stage))


class Spinner(Lines):
    """The same lines, and under them what is being done now."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("")

    def chapter(self, title: str) -> None:
        self._bar.console.print(clean(title), style="bold", markup=False, highlight=False, soft_wrap=True)

    def begin(self, title: str) -> None:
        self._bar.reset(self._task, description=clean(title).replace("[", r"\["))

    def done(self, stage: Stage) -> None:
        self._bar.console.print(_line(stage), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def progress_shown() -> Iterator[Listener]:
    """Show stages on stderr: with a spinner on a terminal, as plain lines elsewhere."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    shown = (SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*shown, console=console, transient=True) as bar:
        yield Spinner(bar)


def put_summary(found: Demonstration) -> None:
    """What was built, some of it, why it is as it is, and what to do next."""
    from tzero.certify.certificate import CERTIFIED

    _heading(f"{_near(found.folder)} holds a store in {found.target}, built and refreshed in {found.seconds:.1f} s")
    put_table(
        ("relation", "role", "rows", "columns", "days"),
        [(_short(r.name, found), r.role, r.rows, r.columns, r.days) for r in found.relations],
    )
    put(f"Its contract promises {found.contract_columns} columns, and the view has them.")
    _heading(f"Some rows of {found.view}")
    _put_features(found)
    _heading(found.example.title)
    if found.example.rows:
        put_table(found.example.columns, found.example.rows)
    _put_paragraph(found.example.meaning)
    _heading(f"{found.later[0].upper()}{found.later[1:]}, of the rows that were there before")
    put_table(
        ("relation", "rows", "still the same to the bit", "%"),
        [(_short(s.relation, found), s.rows, s.unchanged, _percent(s)) for s in found.stability],
    )
    if found.why_changed and found.stability[0].unchanged < found.stability[0].rows:
        _put_paragraph(found.why_changed)
    if found.certificates:
        _heading("Certificates: open these pages in a browser")
    for made in found.certificates:
        colour = "green" if made.verdict == CERTIFIED else "red"
        click.secho(clean(f"{made.verdict}  {_short(made.relation, found)}"), fg=colour, bold=True)
        _put_paragraph(made.why)
        put(f"  {_near(made.page)}")
    _heading("What to do next")
    put(f"  cd {_near(found.folder)}")
    width = max(len(line) for line, _ in found.next_steps)
    for line, why in found.next_steps:
        put(f"  {line.ljust(width)}  {why}")


def _put_paragraph(text: str) -> None:
    put(textwrap.fill(text, min(_WIDEST, shutil.get_terminal_size().columns)))


def _heading(text: str) -> None:
    click.echo()
    click.secho(clean(text), bold=True)


def _put_features(found: Demonstration) -> None:
    """Rows as columns: a feature's name is longer than its value."""
    heads = ["/".join(str(row[name]) for name in found.key) for row in found.features]
    names = [name for name in (found.features[0] if found.features else {}) if name not in found.key]
    lines = [[_value(row[name]) for row in found.features] for name in names]
    widths = [max(len(text) for text in texts) for texts in zip(heads, *lines, strict=True)]
    put_table(
        ("/".join(found.key), *_to_the_right(heads, widths)),
        [(name, *_to_the_right(line, widths)) for name, line in zip(names, lines, strict=True)],
    )


def _to_the_right(texts: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    return (text.rjust(width) for text, width in zip(texts, widths, strict=True))


def _percent(stability: Stability) -> float:
    return round(100 * stability.unchanged / max(stability.rows, 1), 1)


def _value(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}{' UTC' if value.tzinfo else ''}"
    return "NULL" if value is None else cell(round(value, 4) if isinstance(value, float) else value)


def _line(stage: Stage) -> str:
    rows = "" if stage.rows is None else f"{stage.rows:,}"
    return f"  {stage.seconds:5.2f} s {rows:>9}  {clean(stage.title)}"


def _short(name: str, found: Demonstration) -> str:
    """The name without the schema that the view is in too."""
    return name.removeprefix(found.view.rpartition(".")[0] + ".")


def _near(folder: Path) -> str:
    return os.path.relpath(folder) if folder.is_relative_to(Path.cwd()) else str(folder)
