"""The query on trial, in the form that the bench runs, and what its text tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError, UnsupportedError

from tzero.errors import DeclarationError, ExpressionError
from tzero.falsify.closure import renamed
from tzero.falsify.literals import Literals, read_literals
from tzero.falsify.mutations.clock import EARLY, LATE, stopped_at
from tzero.prove.declarations import Declarations, Query, Relation
from tzero.prove.inferred import with_columns
from tzero.sql.parse import parse_one
from tzero.sql.render import relations_of

Sql = str | exp.Expr


@dataclass(frozen=True)
class Subject:
    """A query and its views in the bench's dialect; ``translated`` where they were written in another.

    ``untranslatable`` says why they mean something else there, or nothing: then there is nothing to run. ``threads``:
    the fewest that it comes to an end with.
    """

    tree: exp.Expr
    sql: str
    views: Mapping[str, str]
    relations: tuple[Relation, ...]
    literals: Literals
    translated: bool
    stopped: tuple[str, str] | None
    untranslatable: str = ""
    threads: int = 1

    @classmethod
    def read(
        cls,
        query: Sql,
        declarations: Declarations,
        dialect: str,
        views: Mapping[str, Sql],
        *,
        everything: bool = False,
        to: str = "duckdb",
    ) -> Subject:
        """Raises ExpressionError where the query does not parse, DeclarationError where it reads what is not declared.

        ``everything`` takes all declared relations, named by the query or not; ``to`` is the bench's dialect.
        """
        tree = _tree(query, dialect)
        parsed = {name.lower(): _tree(view, dialect) for name, view in views.items()}
        used = {name: view for name, view in parsed.items() if name in _reached(tree, parsed)}
        written = _Writer(dialect, to, [tree, *used.values()])
        declarations = with_columns(declarations, tree, used, dialect)
        relations = _relations([tree, *used.values()], declarations, used, everything)
        literals = read_literals([tree, *used.values()])
        try:
            early, late = (stop and written.text(stop) for stop in (stopped_at(tree, EARLY), stopped_at(tree, LATE)))
            texts = {name: written.text(views.get(name, view)) for name, view in used.items()}
            stopped = (early, late) if early and late else None
            # how another dialect reads the clock may mean nothing here: there it stands still
            sql = early if early and dialect != to else written.text(query)
            threads = max(map(_fewest_threads, [tree, *used.values()]))
            return cls(tree, sql, texts, relations, literals, dialect != to, stopped, threads=threads)
        except SqlglotError as error:
            return cls(tree, "", {}, relations, literals, True, None, str(error))

    def output_names(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """What the query calls columns of its own row in its output."""
        select = self.tree.find(exp.Select)
        renamed: dict[str, str] = {}
        for item in select.expressions if select else []:
            if isinstance(item, exp.Alias) and isinstance(item.this, exp.Column):
                renamed.setdefault(item.this.name.lower(), item.alias.lower())
        outputs = {item.alias_or_name.lower() for item in (select.expressions if select else [])}
        return tuple(name if name in outputs else renamed.get(name, name) for name in names)

    def day_zone(self, query: Query) -> str:
        """The zone of days: declared, or that of the anchor's expression, or the only one that is named, or UTC."""
        named = self.literals.zones
        of_anchor = self._zone_of(query.anchor)
        return query.zone or of_anchor or (next(iter(named)) if len(named) == 1 else "UTC")

    def _zone_of(self, column: str) -> str | None:
        """The only time zone that an output column is written with."""
        select = self.tree.find(exp.Select)
        for item in select.expressions if select else []:
            if item.alias_or_name.lower() == column:
                zones = {node.args["zone"].name for node in item.find_all(exp.AtTimeZone)}
                return next(iter(zones)) if len(zones) == 1 else None
        return None


def _tree(query: Sql, dialect: str) -> exp.Expr:
    tree = parse_one(query, dialect) if isinstance(query, str) else query
    if isinstance(tree, exp.Create) and isinstance(tree.expression, exp.Query):
        return tree.expression
    if not isinstance(tree, exp.Query):
        raise ExpressionError("this is no query", fix="give a SELECT, or the CREATE VIEW of one")
    return tree


class _Writer:
    """Writes queries for the bench: as they are where it speaks their dialect, and has a place for every name."""

    def __init__(self, dialect: str, to: str, trees: list[exp.Expr]) -> None:
        self.dialect, self.to = dialect, to
        names = [name for tree in trees for name in relations_of(tree)]
        # temporary tables have no schema
        self.bare = {name: name.name for name in names if name.schema} if to == "postgres" else {}

    def text(self, query: Sql) -> str:
        tree = _tree(query, self.dialect)
        as_it_is = self.dialect == self.to and not self.bare
        if as_it_is and isinstance(query, str) and not isinstance(parse_one(query, self.dialect), exp.Create):
            return query
        if self.dialect == self.to:
            return renamed(tree, self.bare).sql(dialect=self.to)
        other = next((node for node in tree.walk() if _means_something_else(node)), None)
        if other is not None:
            raise UnsupportedError(f"{other.sql(self.dialect)} has no like there")
        return renamed(tree, self.bare).sql(dialect=self.to, unsupported_level=ErrorLevel.RAISE)


def _means_something_else(node: exp.Expr) -> bool:
    """What is written alike and is not: ties of a limit are dropped elsewhere, the mode of a tie is any of them."""
    limits = node.args.get("limit_options") if isinstance(node, exp.Fetch) else None
    return isinstance(node, exp.Mode) or (limits is not None and bool(limits.args.get("with_ties")))


def _fewest_threads(tree: exp.Expr) -> int:
    """Two where a row of the right side of an as-of join may be alone: one thread of DuckDB 2.0.0 never ends there."""
    sides = (join.side for join in tree.find_all(exp.Join) if join.method.upper() == "ASOF")
    return 2 if any(side.upper() in ("RIGHT", "FULL") for side in sides) else 1


def _reached(tree: exp.Expr, views: Mapping[str, exp.Expr]) -> set[str]:
    """The views that a query reads, and those that they read."""
    found: set[str] = set()
    pending = [tree]
    while pending:
        for name in map(_plain_name, relations_of(pending.pop())):
            view = name if name in views else next((v for v in views if v.rpartition(".")[2] == name), None)
            if view is not None and view not in found:
                found.add(view)
                pending.append(views[view])
    return found


def _relations(
    trees: list[exp.Expr], declarations: Declarations, views: Mapping[str, exp.Expr], everything: bool
) -> tuple[Relation, ...]:
    found = dict(declarations.relations) if everything else {}
    bare = {view.rpartition(".")[2] for view in views}
    for tree in trees:
        for name in map(_plain_name, relations_of(tree)):
            if name in views or name in bare:
                continue
            relation = declarations.relation(name)
            if relation is None:
                raise DeclarationError(
                    f"the query reads {name}, which is not declared",
                    fix=f'declare [relations."{name}"] with its columns',
                )
            found[relation.name] = relation
    return tuple(found.values())


def _plain_name(name: object) -> str:
    return str(name).lower().replace('"', "")
