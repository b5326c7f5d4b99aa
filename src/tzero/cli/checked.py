"""What ``tzero check`` checks: the statements of files, or a live view with everything that it reads."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tzero.certify.proving import proof_of, typed
from tzero.certify.witnessed import with_witness
from tzero.cli.catalogued import closure, live_tables, live_views
from tzero.errors import UsageError
from tzero.prove import Declarations, Proof, load_toml, parse_header, prove
from tzero.prove.declaration_file import DeclarationFile
from tzero.prove.diagnosis import unreadable_finding
from tzero.prove.needed import needed
from tzero.prove.statements import (
    Statement,
    read_by_others,
    read_each,
    relations_of,
    texts_of,
    views_of,
)
from tzero.prove.tables import read_tables
from tzero.sql.names import RelationName
from tzero.sql.parse import Unreadable
from tzero.sql.render import Tree

if TYPE_CHECKING:
    from tzero.engines.base import Engine


@dataclass(frozen=True, slots=True)
class Request:
    """The options. ``dialect`` None is that of the target, or duckdb; ``seconds`` 0 looks for no witness.

    ``facts``: also find the declared facts that each proof needs.
    """

    dialect: str | None = None
    declare: Path | None = None
    anchor: str | None = None
    own: str | None = None
    seconds: float = 0.0
    facts: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """One statement and its proof. ``texts`` are the sources that the findings' spans lie in.

    ``needs`` are the declared facts that the proof needs, where they were asked for.
    """

    file: str
    name: str
    proof: Proof
    texts: Mapping[str, str]
    needs: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return ": ".join(part for part in (self.file, self.name) if part)

    def to_json(self) -> dict[str, object]:
        return {"file": self.file, "name": self.name, **self.proof.to_json(), "needs": list(self.needs)}


def check_files(
    request: Request, paths: Sequence[Path], target: str | None = None, project: str = "."
) -> list[Checked]:
    """Every statement of some files that no other one reads; a ``target`` tells the columns of what they read."""
    if target is None:
        return _check_files(request, paths, request.dialect or "duckdb", None)
    with _engine(target, project) as engine:
        return _check_files(request, paths, request.dialect or engine.dialect, engine)


def _check_files(request: Request, paths: Sequence[Path], dialect: str, engine: Engine | None) -> list[Checked]:
    files = {path: _text(path) for path in _sql_files(paths)}
    declared = load_toml(request.declare) if request.declare else DeclarationFile()
    tables = DeclarationFile()
    for text in files.values():
        tables = tables.merged(read_tables(text, dialect))
    read = {path: read_each(text, dialect, str(path)) for path, text in files.items()}
    everything = [statement for found, _ in read.values() for statement in found]
    if engine is not None:
        everything += live_views(engine, everything, dialect)
        tables = tables.over(live_tables(engine, everything))
    hidden = read_by_others(everything)
    checked = []
    for path, text in files.items():
        header = parse_header(text, file=str(path))
        known = (declared.merged(header) if header else declared).over(tables)
        statements, unreadable = read[path]
        checked += [_unread(str(path), text, found, dialect) for found in unreadable]
        for statement in statements:
            if statement.name not in hidden or statement.name in known.queries:
                checked.append(_check(request, statement, everything, known, dialect))
    return checked


def _unread(file: str, text: str, found: Unreadable, dialect: str) -> Checked:
    """A statement that does not parse: nothing of it is proved, and the others are checked all the same."""
    finding = unreadable_finding(found, dialect)
    return Checked(file, f"statement at line {found.line}", Proof((), (finding,)), {"": text})


def _text(path: Path) -> str:
    return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")


def _sql_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(path.rglob("*.sql"))
        else:
            yield path


def _check(
    request: Request, statement: Statement, everything: list[Statement], known: DeclarationFile, dialect: str
) -> Checked:
    name = statement.name or Path(statement.file).stem
    declarations = _asked(request, known.for_query(name))
    others = [other for other in everything if other is not statement]
    texts = {**texts_of(others), "": statement.text}
    views = views_of(others)
    proof = prove(statement.tree, declarations, dialect=dialect, views=views, sources=texts)
    proof = with_witness(proof, statement.tree, declarations, dialect, views, request.seconds)
    needs = _needs(request, proof, statement.tree, declarations, dialect, views)
    return Checked(statement.file, statement.name, proof, texts, needs)


def _needs(
    request: Request, proof: Proof, query: Tree | str, declarations: Declarations, dialect: str,
    views: Mapping[str, Tree | str],
) -> tuple[str, ...]:  # fmt: skip
    if not (request.facts and proof.proved):
        return ()
    return tuple(needed(query, declarations, dialect=dialect, views=views))


def _asked(request: Request, declarations: Declarations) -> Declarations:
    """The declarations with what the command line says on top."""
    query = declarations.query
    if request.anchor:
        query = replace(query, anchor=request.anchor.lower())
    if request.own:
        query = replace(query, own=request.own.lower(), spine=())
    return replace(declarations, query=query)


def check_relation(request: Request, name: str, target: str | None, project: str) -> list[Checked]:
    """A live view and its whole closure, read from the database; types come from the catalog.

    Without declarations it is a view of the project, which knows all about it.
    """
    if request.declare is None and not (request.anchor or request.own):
        return [_of_project(request, name, target, project)]
    declared = load_toml(request.declare) if request.declare else DeclarationFile()
    with _engine(target, project) as engine:
        dialect = request.dialect or engine.dialect
        views = closure(engine, name, dialect)
        names = sorted({base for sql in views.values() for base in relations_of(sql, dialect)} - set(views))
        known = typed(engine, declared.for_query(name.lower()), map(RelationName.parse, names))
    declarations = _asked(request, known)
    sql = views.pop(name.lower())
    texts = {**views, "": sql}
    proof = prove(sql, declarations, dialect=dialect, views=views)
    proof = with_witness(proof, sql, declarations, dialect, views, request.seconds)
    return [Checked("", name, proof, texts, _needs(request, proof, sql, declarations, dialect, views))]


def _of_project(request: Request, name: str, target: str | None, project: str) -> Checked:
    from tzero.project import open_project
    from tzero.project.config import FILE

    if not (Path(project) / FILE).exists():
        raise UsageError(
            "a live view needs declarations, and there is no project here that has them",
            fix="give --declare FILE.toml, or --anchor and --own for its base relation, or --project DIR",
        )
    with open_project(project, target=target) as opened, opened.session(target, read_only=True) as engine:
        subject = opened.subject(engine, name)
        proved = proof_of(subject, request.seconds)
    return Checked("", str(subject.relation), proved.proof, proved.texts)


@contextmanager
def _engine(target: str | None, project: str) -> Iterator[Engine]:
    """The target, read only: a URL needs no project."""
    from tzero.engines.targets import Target, open_engine
    from tzero.project import open_project

    if target is None or "://" not in target:
        with open_project(project, target=target) as opened, opened.session(target, read_only=True) as engine:
            yield engine
        return
    engine = open_engine(Target.parse(target, Path(project)), read_only=True)
    try:
        yield engine
    finally:
        engine.close()
