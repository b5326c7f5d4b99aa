"""``tzero falsify``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tzero.cli.options import project_options, settings
from tzero.cli.output import put, put_json, say

if TYPE_CHECKING:
    from tzero.engines.base import Engine
    from tzero.falsify import Trial
    from tzero.prove import DeclarationFile, Declarations

QUERY_SECONDS, RELATION_SECONDS = 2.0, 60.0


@click.command("falsify")
@click.argument("subject", metavar="[FILE.sql|RELATION]", required=False)
@click.option("--declare", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Declarations, as TOML.")
@click.option("--dialect", type=click.Choice(["duckdb", "postgres", "spark"]), help="What FILE.sql is written in.")
@click.option("--anchor", metavar="COLUMN", help="The output column with T0.")
@click.option("--own", metavar="RELATION", help="The relation that each output row is about a row of.")
@click.option("--setup", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="SQL to run first.")
@click.option(
    "--seconds", type=click.FloatRange(min=0.01), help="How long to search.  [default: 2 a query, 60 a relation]"
)
@click.option("--worlds", type=click.IntRange(min=1), default=5000, show_default=True, help="How many worlds at most.")
@click.option("--seed", type=int, default=0, show_default=True, help="What the worlds are drawn from.")
@project_options
def command(subject: str | None, **given: Any) -> None:
    """Look for data that shows a query seeing the future.

    FILE.sql is run over small random databases in an embedded DuckDB, or in temporary tables of the PostgreSQL that
    --target names by URL. RELATION is taken from the target with all
    that it is made of, and run over the rows that are there, of which a few are changed within the query: nothing
    is written. Without either, every feature view of the project is tried. Exit 1 where a witness was found, or
    where nothing was exercised.
    """
    from tzero.falsify import Outcome

    trials = dict(_trials(subject, given))
    if settings().as_json:
        put_json({name: trial.to_json() for name, trial in trials.items()})
    if any(trial.outcome is not Outcome.CLEAN for trial in trials.values()):
        click.get_current_context().exit(1)


def _trials(subject: str | None, given: dict[str, Any]) -> Iterator[tuple[str, Trial]]:
    is_file = subject is not None and (subject == "-" or subject.endswith(".sql"))
    found: Iterable[tuple[str, Trial]] = [_of_file(str(subject), given)] if is_file else _of_relations(subject, given)
    for name, trial in found:
        if not settings().as_json:
            put(f"{name}: {trial}")
        yield name, trial


def _of_file(file: str, given: dict[str, Any]) -> tuple[str, Trial]:
    from tzero.errors import UsageError
    from tzero.falsify import falsify
    from tzero.prove import DeclarationFile, parse_header

    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", fix="name a file with one query") from error
    declared = _declared(given) or DeclarationFile()
    header = parse_header(text, file=file)
    declared = declared.merged(header) if header else declared
    target = settings().target
    engine = _opened(target, read_only=False) if target else None
    try:
        trial = falsify(
            text,
            _asked(declared.for_query(Path(file).stem), given),
            dialect=given["dialect"] or "duckdb",
            setup=[given["setup"].read_text(encoding="utf-8")] if given["setup"] else (),
            engine=engine,
            seconds=given["seconds"] or QUERY_SECONDS,
            worlds=given["worlds"],
            seed=given["seed"],
        )
    finally:
        if engine is not None:
            engine.close()
    return file, trial


def _of_relations(subject: str | None, given: dict[str, Any]) -> Iterator[tuple[str, Trial]]:
    from tzero.project.config import FILE

    if (Path(settings().project) / FILE).exists():
        yield from _of_project(subject, given)
        return
    yield from _of_target(subject, given)


def _of_project(subject: str | None, given: dict[str, Any]) -> Iterator[tuple[str, Trial]]:
    from tzero.falsify import declared_by, falsify_relation
    from tzero.prove import Declarations
    from tzero.refresh.survey import survey
    from tzero.sql.names import RelationName

    declared = _declared(given)
    with settings().open_project() as project, project.session(read_only=True) as engine:
        seen = survey(project.declared, engine)
        names = [RelationName.parse(subject)] if subject else [view.name for view in project.views]
        upstream = {item.relation for item in project.declared.upstream}
        views = {name: relation.tree for name, relation in seen.relations.items() if name not in upstream}
        ends = {name for versions in project.declared.versions for name in (versions.changes, versions.first)}
        for name in names:
            view = next((view for view in project.views if name in (view.name, view.base_relation)), project.views[0])
            found = declared_by(project.views, view)
            own = seen.relations.get(name)
            if own is not None and own.role == "statistics":
                found = replace(found, query=replace(found.query, anchor=own.key[0], own=None, spine=own.key))
            if declared is not None:
                said = declared.for_query(str(name))
                found = Declarations({**found.relations, **said.relations}, said.query, said.pure_functions)
            tree = {name: own.tree} if own is not None else {}
            told = {"views": views | tree, "sources": ends, **_budget(given)}
            yield str(name), falsify_relation(engine, name, _asked(found, given), **told)


def _of_target(subject: str | None, given: dict[str, Any]) -> Iterator[tuple[str, Trial]]:
    from tzero.errors import UsageError
    from tzero.falsify import falsify_relation
    from tzero.sql.names import RelationName

    declared, target = _declared(given), settings().target
    if subject is None or declared is None or target is None:
        raise UsageError(
            "there is no project here, so RELATION, --declare and --target are needed",
            fix="give them, name a FILE.sql, or --project DIR",
        )
    name = RelationName.parse(subject)
    engine = _opened(target, read_only=True)
    try:
        asked = _asked(declared.for_query(str(name)), given)
        yield str(name), falsify_relation(engine, name, asked, **_budget(given))
    finally:
        engine.close()


def _opened(target: str, *, read_only: bool) -> Engine:
    from tzero.engines.targets import Target, open_engine

    return open_engine(Target.parse(target, Path.cwd()), read_only=read_only)


def _declared(given: dict[str, Any]) -> DeclarationFile | None:
    from tzero.prove import load_toml

    return load_toml(given["declare"]) if given["declare"] else None


def _asked(declared: Declarations, given: dict[str, Any]) -> Declarations:
    """The declarations with what the command line says on top."""
    query = declared.query
    if given["anchor"]:
        query = replace(query, anchor=given["anchor"].lower())
    if given["own"]:
        query = replace(query, own=given["own"].lower(), spine=())
    return replace(declared, query=query)


def _budget(given: dict[str, Any]) -> dict[str, Any]:
    seconds = given["seconds"] or RELATION_SECONDS
    say(f"searching for up to {seconds:g} s")
    return {"seconds": seconds, "worlds": given["worlds"], "seed": given["seed"]}
