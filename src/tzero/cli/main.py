"""``tzero``: the group of commands, and what becomes of errors."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence

import click

from tzero.cli.failures import report, report_unexpected, wants_traceback
from tzero.cli.options import project_options
from tzero.cli.output import say
from tzero.errors import TzeroError

COMMANDS = (
    "init", "demo", "plan", "apply", "refresh", "check", "falsify", "certify", "certificate", "baseline", "contract",
    "load", "show", "train", "predict", "report", "explain", "doctor",
)  # fmt: skip
"""In the order of the help. Each is ``command`` in the module of its name; those without a module are not shown."""

_INTERRUPTED, _READER_GONE = 130, 141  # 128 and the number of SIGINT, SIGPIPE, as shells count


class Commands(click.Group):
    """Imports the module of a command when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's own signature
        return [name for name in COMMANDS if importlib.util.find_spec(f"tzero.cli.{name}") is not None]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = importlib.import_module(f"tzero.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from tzero.features.suggest import nearest

            raise click.UsageError(f"{error.message} {nearest(args[0], self.list_commands(ctx))}", ctx) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="tzero")
@project_options
@click.option("--traceback", is_flag=True, expose_value=False, help="Show where in tzero an unexpected error arose.")
def cli() -> None:
    """A point-in-time feature store that proves its features do not see the future."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code (see ``tzero.errors``)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(_run(given))


def _run(arguments: list[str]) -> int:
    try:
        found = cli.main(args=arguments, prog_name="tzero", standalone_mode=False)
        sys.stdout.flush()
        return found if isinstance(found, int) else 0
    except click.exceptions.Exit as leaving:
        return int(leaving.exit_code)
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; whatever was not finished was rolled back")
        return _INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # the reader of our output has gone (click leaves by SystemExit then): nothing may flush into the closed pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    except TzeroError as error:
        report(error, arguments)
        return error.exit_code
    except Exception as error:
        report_unexpected(error, traceback=wants_traceback(arguments))
        return 5
