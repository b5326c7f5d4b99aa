"""Errors as the best compilers print them: what, where with the line itself, what to do."""

from __future__ import annotations

import os
import traceback as tracebacks
from collections.abc import Sequence
from pathlib import Path

import click

from tzero.cli.output import clean, put_json, say
from tzero.errors import Place, TzeroError


def report(error: TzeroError, arguments: Sequence[str]) -> None:
    """To people on stderr; with ``--output json`` to programs on stdout too."""
    if _wants_json(arguments):
        place = {"file": error.place.file, "line": error.place.line} if error.place else None
        found = {"kind": type(error).__name__, "what": error.what, "place": place, "fix": error.fix}
        put_json({"error": {**found, "exit_code": error.exit_code}})
    first, _, rest = error.what.partition("\n")
    click.echo(f"{click.style('error', fg='red', bold=True)}: {clean(first)}", err=True)
    if rest:
        say(rest)
    if error.place is not None:
        say(frame(error.place))
    if error.fix:
        click.echo(f"  {click.style('fix', fg='green', bold=True)}: {clean(error.fix)}", err=True)


def report_unexpected(error: Exception, *, traceback: bool) -> None:
    """A defect of tzero: short, unless the traceback was asked for."""
    say(f"internal error: {type(error).__name__}: {error}")
    if traceback:
        say("".join(tracebacks.format_exception(error)))
    else:
        say("  this is a defect of tzero; run the command again with tzero --traceback ... to see where")


def frame(place: Place) -> str:
    """The place, and the line that is there."""
    shown = Path(place.file)
    if shown.is_absolute() and shown.is_relative_to(Path.cwd()):
        shown = Path(os.path.relpath(shown))
    head = f"  --> {shown}:{place.line}"
    try:
        line = Path(place.file).read_text(encoding="utf-8").splitlines()[place.line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        return head
    margin = " " * len(str(place.line))
    return f"{head}\n {margin} |\n {place.line} | {line.rstrip()}\n {margin} |"


def wants_traceback(arguments: Sequence[str]) -> bool:
    return "--traceback" in arguments


def _wants_json(arguments: Sequence[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return "--output=json" in arguments or ("--output", "json") in pairs
