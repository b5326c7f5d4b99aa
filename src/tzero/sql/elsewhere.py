"""A query word for word, but that it reads some rows elsewhere: no other word is written anew."""

from __future__ import annotations

from itertools import pairwise

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import TokenType

from tzero.sql.names import RelationName
from tzero.sql.parse import shared
from tzero.sql.render import quoted, relations_of


def reading_elsewhere(text: str, dialect: str, name: RelationName, place: RelationName) -> str | None:
    """The query of a definition with a relation's name replaced by another one, under the same alias.

    None where the query does not read the relation by its schema and name, or where the text cannot be cut for certain.

    >>> given = RelationName.parse("s.t"), RelationName(None, "held")
    >>> reading_elsewhere("CREATE VIEW s.v AS SELECT t.a, 's.t' FROM S.t JOIN s.u b USING (a);", "duckdb", *given)
    'SELECT t.a, \\'s.t\\' FROM "held" AS "t" JOIN s.u b USING (a)'
    >>> reading_elsewhere("SELECT a.x FROM s.t AS a, s.t AS b", "postgres", *given)
    'SELECT a.x FROM "held" AS a, "held" AS b'
    >>> for other in ("CREATE VIEW s.v (c) AS SELECT a FROM s.t", "SELECT a FROM s.u", "SELECT a FROM db.s.t"):
    ...     assert reading_elsewhere(other, "duckdb", *given) is None
    """
    tree = shared(text, dialect)
    start = _start(text, dialect) if isinstance(tree, exp.Create) else 0
    query = tree.expression if isinstance(tree, exp.Create) else tree
    if start is None or not isinstance(query, exp.Query):
        return None
    found = [table for table in query.find_all(exp.Table) if _is(table, name)]
    spans = [_span(text, table) for table in found]
    if not found or None in spans:
        return None
    for table, span in sorted(zip(found, spans, strict=True), key=lambda each: each[1] or (0, 0), reverse=True):
        assert span is not None
        alias = "" if table.alias else f" AS {quoted(table.name, dialect)}"
        text = f"{text[: span[0]]}{quoted(place, dialect)}{alias}{text[span[1] :]}"
    return text[start:].strip().removesuffix(";").strip()


def _is(table: exp.Table, name: RelationName) -> bool:
    if not isinstance(table.this, exp.Identifier) or not table.args.get("db"):
        return False
    return relations_of(exp.Table(this=table.this.copy(), db=table.args["db"].copy())) == (name,)


def _span(text: str, table: exp.Table) -> tuple[int, int] | None:
    """Where the schema and the name stand, end exclusive; None where the text there is not just that."""
    schema, own = table.args["db"], table.this
    marks = (schema.meta.get("start"), schema.meta.get("end"), own.meta.get("start"), own.meta.get("end"))
    if table.args.get("catalog") or not all(isinstance(mark, int) for mark in marks):
        return None
    begin, until, again, end = marks
    same = _written(text[begin : until + 1]) == schema.name and _written(text[again : end + 1]) == own.name
    return (begin, end + 1) if same and text[until + 1 : again] == "." else None


def _written(word: str) -> str:
    return word[1:-1].replace('""', '"') if word.startswith('"') else word


def _start(text: str, dialect: str) -> int | None:
    """Where the query of a statement that creates a view begins; None where the view renames its columns."""
    tokens = Dialect.get_or_raise(dialect).tokenize(text)
    for token, after in pairwise(tokens):
        if token.token_type is TokenType.L_PAREN:
            return None
        if token.token_type is TokenType.ALIAS:
            return int(after.start)
    return None
