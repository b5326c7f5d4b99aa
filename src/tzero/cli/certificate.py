"""``tzero certificate show`` and ``tzero certificate verify``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json, put_table

if TYPE_CHECKING:
    from tzero.certify.certificate import Certificate

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("certificate")
def command() -> None:
    """Certificates that somebody hands over: read them, and check them."""


@command.command("show")
@click.argument("file", type=_FILE)
@project_options
def show(file: Path) -> None:
    """Print what the certificate in FILE says."""
    from tzero.cli.certify import show as put_certificates

    put_certificates([read_file(file)[0]], settings().output)


@command.command("verify")
@click.argument("file", type=_FILE)
@project_options
@click.pass_context
def verify_file(ctx: click.Context, file: Path) -> None:
    """Check the certificate in FILE: its id, its digests, that its verdict follows from its gates.

    With --target also against the database: its kept copy, the definitions, the contract and the rows as they are now.
    Exit 1 where something is wrong. A whole certificate may refuse: its verdict is printed.
    """
    from tzero.certify.verify import verify, verify_at
    from tzero.state.schema import StateSchema

    given = settings()
    found, told = read_file(file)
    checks = verify(found, told)
    if given.target is not None and all(check.holds for check in checks):
        with given.open_project() as project, project.session(read_only=True) as engine:
            checks = (*checks, *verify_at(found, StateSchema(engine, project.config.state_schema)))
    whole = all(check.holds for check in checks)
    if given.as_json:
        listed = [{"check": check.what, "holds": check.holds, "wrong": check.wrong} for check in checks]
        put_json({"id": found.id, "whole": whole, "checks": listed})
    else:
        put_table(("check", "", "what is wrong"), [(c.what, "ok" if c.holds else "WRONG", c.wrong) for c in checks])
        put("the certificate is whole" if whole else "do not rely on this certificate")
        if whole:
            put(f"{found.relation}: {found.predicate['verdict']}, of {found.certified_at:%Y-%m-%d %H:%M} UTC")
    ctx.exit(0 if whole else 1)


def read_file(file: Path) -> tuple[Certificate, str]:
    from tzero.certify.verify import read_certificate
    from tzero.errors import UsageError

    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} cannot be read as JSON: {error}", fix="name a certificate's .json file") from error
    return read_certificate(document)
