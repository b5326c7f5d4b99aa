"""Steps as they are done: a moving bar on a terminal, one line each elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tzero.cli.output import clean, say

if TYPE_CHECKING:
    from tzero.refresh.performing import Progress
    from tzero.refresh.steps import Step
    from tzero.state.run import RunRecord


@contextmanager
def steps_shown(total: int | None) -> Iterator[Progress]:
    """Give the function that a run tells its steps; ``total`` is their number, where it is known."""
    if not sys.stderr.isatty():
        yield lambda step, record: say(done(step, record)) if record is not None else None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def show(step: Step, record: RunRecord | None) -> None:
            if record is None:
                bar.update(task, description=escape(clean(step.title)))
                return
            bar.advance(task)
            console.print(done(step, record), markup=False, highlight=False, soft_wrap=True)

        yield show


def done(step: Step, record: RunRecord) -> str:
    """One line: what was done, how many rows it gave, how long it took and waited for locks."""
    rows = "" if record.n_rows is None else f"  {record.n_rows:,} rows"
    waited = f" ({record.lock_seconds:.2f} s of it waiting for locks)" if record.lock_seconds else ""
    return f"  {clean(step.title)}{rows}  {record.seconds:.2f} s{waited}"
