"""The columns that a query names."""

from __future__ import annotations

from sqlglot import exp

from tzero.sql.render import Tree


def column_names(tree: Tree) -> frozenset[str]:
    """Every column name in a query, in lower case; those that a star stands for are not in it.

    >>> from tzero.sql.parse import parse_one
    >>> sorted(column_names(parse_one("SELECT a.X FROM a WHERE a.is_current", "duckdb")))
    ['is_current', 'x']
    """
    return frozenset(column.name.lower() for column in tree.find_all(exp.Column))


def names_every_column(tree: Tree) -> bool:
    """Whether a star stands for columns that are not named; the one of ``count(*)`` stands for none.

    >>> from tzero.sql.parse import parse_one
    >>> [names_every_column(parse_one(f"SELECT {what} FROM a", "duckdb")) for what in ("count(*)", "a.*", "*")]
    [False, True, True]
    """
    return any(not isinstance(star.parent, exp.Count) for star in tree.find_all(exp.Star))
