"""The options that every command takes, before or after its name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from tzero.project import Project

F = TypeVar("F", bound=Callable[..., Any])
_KEY = "tzero."


@dataclass(frozen=True, slots=True)
class Settings:
    """What the options say: the project's folder, the target, and ``text`` or ``json``."""

    project: str
    target: str | None
    output: str

    @property
    def as_json(self) -> bool:
        return self.output == "json"

    def open_project(self) -> Project:
        from tzero.project import open_project

        return open_project(self.project, target=self.target)


def project_options(command: F) -> F:
    """Add ``--project``, ``--target`` and ``--output``; read them with `settings`."""
    return project_options_with()(command)


def project_options_with(*formats: str) -> Callable[[F], F]:
    """The same, with further formats of output beside text and json."""
    return lambda command: _with_options(command, ("text", "json", *formats))


def _with_options(command: F, formats: Sequence[str]) -> F:
    for option in (
        click.option("--output", type=click.Choice(formats), help="How results are written to stdout.", **_KEPT),
        click.option(
            "--target", metavar="NAME|URL", help="Where the store is: a name in tzero.toml, or a URL.", **_KEPT
        ),
        click.option("--project", metavar="DIR", help="The project's folder.  [default: .]", **_KEPT),
    ):
        command = option(command)
    return command


def acceptance_options(command: F) -> F:
    """Add ``--by`` and ``--why``: nothing is accepted without a name and a reason."""
    command = click.option("--why", required=True, metavar="REASON", help="Why what changed is right.")(command)
    return click.option("--by", required=True, metavar="NAME", help="Who answers for it.")(command)


def full_option(command: F) -> F:
    """Add ``--full``: seals are not enough."""
    return click.option("--full", is_flag=True, help="Digest every day, those whose seals are unbroken too.")(command)


def settings() -> Settings:
    """What was given on the command line, the value nearest to the command's end first."""
    kept = click.get_current_context().find_root().meta
    return Settings(kept.get(f"{_KEY}project", "."), kept.get(f"{_KEY}target"), kept.get(f"{_KEY}output", "text"))


def _keep(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_root().meta[f"{_KEY}{parameter.name}"] = value


_KEPT: dict[str, Any] = {"expose_value": False, "callback": _keep}
