"""The statements of an SQL text that can be proved: its queries, and the views that it creates, each with its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from tzero.sql.parse import Unreadable, parse_all, parse_each


@dataclass(frozen=True, slots=True)
class Statement:
    """One query. ``name`` is that of the view that it defines, or empty; ``text`` the whole text that it stands in."""

    name: str
    tree: exp.Expr
    text: str
    file: str = ""

    @property
    def reads(self) -> frozenset[str]:
        """The names of the relations in it, in lower case."""
        return frozenset(".".join(part.name for part in table.parts).lower() for table in self.tree.find_all(exp.Table))


def read_statements(text: str, dialect: str, file: str = "") -> list[Statement]:
    """The queries and created views of a text, in order; other statements are left out.

    >>> [s.name for s in read_statements("CREATE VIEW shop.v AS SELECT 1 AS x; SELECT * FROM shop.v", "duckdb")]
    ['shop.v', '']

    Raises ExpressionError where the text does not parse.
    """
    trees = parse_all(text, dialect, what=file or "this")
    return [found for tree in trees if (found := _statement(tree, text, file)) is not None]


def read_each(text: str, dialect: str, file: str = "") -> tuple[list[Statement], list[Unreadable]]:
    """The queries and created views of a text, and the statements in it that do not parse."""
    statements: list[Statement] = []
    unreadable: list[Unreadable] = []
    for tree in parse_each(text, dialect):
        if isinstance(tree, Unreadable):
            unreadable.append(tree)
        elif (found := _statement(tree, text, file)) is not None:
            statements.append(found)
    return statements, unreadable


def _statement(tree: exp.Expr, text: str, file: str) -> Statement | None:
    if isinstance(tree, exp.Create):
        query, target = tree.expression, tree.this
        table = target.this if isinstance(target, exp.Schema) else target
        if isinstance(query, exp.Query) and isinstance(table, exp.Table):
            return Statement(".".join(part.name for part in table.parts).lower(), query, text, file)
        return None
    if isinstance(tree, exp.Insert) and isinstance(tree.expression, exp.Query):
        return Statement("", _inserted(tree, tree.expression), text, file)
    return Statement("", tree, text, file) if isinstance(tree, exp.Query) else None


def _inserted(insert: exp.Insert, query: exp.Query) -> exp.Query:
    """The query of an INSERT, with the CTEs that stand before the INSERT."""
    with_ = insert.args.get("with_")
    if with_ is None or query.args.get("with_") is not None:
        return query
    query.set("with_", with_)
    return query


def defining_query(tree: exp.Expr) -> exp.Expr:
    """The query of a statement: of itself, or of the view or table that it creates."""
    if isinstance(tree, exp.Create) and isinstance(tree.expression, exp.Expr):
        return tree.expression
    return tree


def views_of(statements: Iterable[Statement]) -> dict[str, exp.Expr]:
    """The views among some statements, by name."""
    return {statement.name: statement.tree for statement in statements if statement.name}


def texts_of(statements: Iterable[Statement]) -> Mapping[str, str]:
    """The text that each view stands in, by the view's name."""
    return {statement.name: statement.text for statement in statements if statement.name}


def read_by_others(statements: Iterable[Statement]) -> frozenset[str]:
    """The names of views that another statement reads: they are checked as part of it."""
    found = list(statements)
    names = {statement.name for statement in found if statement.name}
    read = {name for statement in found for name in statement.reads}
    return frozenset(name for name in names if name in read or any(r.endswith(f".{name}") for r in read))


def relations_of(sql: str, dialect: str) -> frozenset[str]:
    """The names of the relations that a query or the view that it creates reads, CTEs apart."""
    return _read_by(read_statements(sql, dialect))


def bases_of(statements: Iterable[Statement]) -> frozenset[str]:
    """The names of the relations that some statements read, apart from CTEs and from views among the statements."""
    found = list(statements)
    return _read_by(found) - {statement.name for statement in found}


def _read_by(statements: Iterable[Statement]) -> frozenset[str]:
    found = list(statements)
    ctes = {cte.alias_or_name.lower() for statement in found for cte in statement.tree.find_all(exp.CTE)}
    return frozenset(name for statement in found for name in statement.reads if name and name not in ctes)
