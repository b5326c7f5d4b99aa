"""``tzero explain``."""

from __future__ import annotations

import click

from tzero.cli.options import project_options, settings


@click.command("explain")
@click.argument("code", required=False)
@project_options
def command(code: str | None) -> None:
    """Explain a finding: what leaks, an example that does, the same that does not, and why.

    Without CODE, list all of them.
    """
    from tzero.cli.output import put, put_json
    from tzero.errors import UsageError
    from tzero.features.suggest import nearest
    from tzero.prove.rules import RULES

    as_json = settings().as_json
    if code is None:
        if as_json:
            put_json([{"code": rule.code, "name": rule.name, "summary": rule.summary} for rule in RULES.values()])
        else:
            put("\n".join(f"{rule.code}  {rule.name:20} {rule.summary}" for rule in RULES.values()))
        return
    rule = RULES.get(code.upper())
    if rule is None:
        raise UsageError(f"no finding has the code '{code}'", fix=nearest(code.upper(), list(RULES)) or "tzero explain")
    if as_json:
        put_json({"code": rule.code, "name": rule.name, "summary": rule.summary, "leaks": rule.leaks.strip(),
                  "safe": rule.safe.strip(), "why": rule.why, "missing": rule.missing, "fix": rule.fix})  # fmt: skip
    else:
        put(rule.document().rstrip())
