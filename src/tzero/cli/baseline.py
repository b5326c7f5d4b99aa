"""``tzero baseline show``, ``diff`` and ``accept``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tzero.cli.options import acceptance_options, full_option, project_options, settings
from tzero.cli.output import ago, put, put_json, put_table, say

if TYPE_CHECKING:
    from tzero.certify.baseline import Comparison


@click.group("baseline")
def command() -> None:
    """What a view held on each day of T0 when somebody accepted it."""


@command.command("show")
@click.argument("view", required=False)
@project_options
def show(view: str | None) -> None:
    """Print every acceptance of VIEW, who answers for it and why."""
    given = settings()
    with given.open_project() as project:
        records = project.baselines(view)
    if given.as_json:
        put_json([record.as_json() for record in records])
        return
    if not records:
        say("no baseline is accepted yet")
        return
    rows = [
        (found.number, ago(found.accepted_at), found.accepted_by, found.account, found.sha256[:16], found.why)
        for found in records
    ]
    put_table(("#", "accepted", "by", "account", "sha256", "why"), rows)


@command.command("diff")
@click.argument("view", required=False)
@full_option
@project_options
@click.pass_context
def diff(ctx: click.Context, view: str | None, full: bool) -> None:
    """Compare VIEW with its accepted baseline, and say why what changed did. Exit 1 where a settled day changed."""
    given = settings()
    with given.open_project() as project:
        found = project.baseline_difference(view, full=full)
    if given.as_json:
        put_json(found.as_json())
    else:
        _told(found)
    if not found.holds:
        ctx.exit(1)


@command.command("accept")
@click.argument("view", required=False)
@acceptance_options
@project_options
def accept(view: str | None, by: str, why: str) -> None:
    """Accept what VIEW holds now, drift and all. What was accepted before is kept beside it."""
    given = settings()
    with given.open_project() as project:
        found, record = project.accept_baseline(view, by=by, why=why)
    if given.as_json:
        put_json(record.as_json())
        return
    for drift in found.drifts:
        put(f"accepted {drift.kind}: {drift.message}")
    for history in found.rewritten:
        put(f"accepted history: {history.message}")
    put(f"baseline {record.number} of {record.relation} is accepted by {by}: {record.sha256[:16]}")


def _told(found: Comparison) -> None:
    now = found.now
    for history in found.rewritten:
        put(f"history  {history.message}\n  fix: {history.fix}")
    put(f"{now.relation}: {now.rows:,} rows, {len(now.days):,} days, {len(now.columns)} columns, {now.sha256[:16]}")
    if found.before is None:
        put("  no baseline is accepted yet: tzero certify takes the first one")
        return
    changes = found.changes
    put(f"  {changes.compared:,} digests compared, {len(changes.drifted)} days drifted, {len(changes.grown)} are new")
    if now.unbroken:
        put(f"  {now.unbroken:,} days are under an unbroken seal and were not digested again (--full digests them)")
    if found.settling_days:
        put(f"  the last {found.settling_days} days are settling ([baseline] settling_days in tzero.toml)")
    for day in changes.settling:
        put(f"  settling: {day.day} changed in {', '.join(day.columns) or 'its rows'}")
    for drift in found.drifts:
        put(f"\n{drift.kind}  {drift.message}")
        for base in drift.base:
            put(f"  row {base}" + (f", and {base.rows - 1:,} more like it" if base.rows > 1 else ""))
        for other in drift.also:
            put(f"  since then: {other}")
        put(f"  fix: {drift.fix}")
