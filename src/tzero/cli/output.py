"""Writing to people and to programs. Text from data never reaches a terminal raw."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import click

from tzero.report.visible import visible

clean = visible
"""Text from data, for a terminal."""


def say(text: str) -> None:
    """Talk: to stderr."""
    click.echo(clean(text), err=True)


def put(text: str) -> None:
    """Data: to stdout."""
    click.echo(clean(text))


def put_json(value: Any) -> None:
    # ensure_ascii keeps control characters of the data out of a terminal
    click.echo(json.dumps(value, indent=2, default=_plain))


def put_table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table in columns, numbers to the right, as wide as it is."""
    shown = [[cell(value) for value in row] for row in rows]
    widths = [max(len(line[at]) for line in [list(headers), *shown]) for at in range(len(headers))]
    right = [any(isinstance(row[at], (int, float)) for row in rows) for at in range(len(headers))]
    for line in [list(headers), ["-" * width for width in widths], *shown]:
        cells = [
            text.rjust(width) if far else text.ljust(width)
            for text, width, far in zip(line, widths, right, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def cell(value: object) -> str:
    """
    >>> cell(1234567), cell(None), cell(0.25)
    ('1,234,567', '', '0.25')
    """
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return clean(f"{value:.6g}" if isinstance(value, float) else value).replace("\n", "\\n")


def ago(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, (dt.date, dt.datetime)) else str(value)
