"""Text to tree, refusing whatever sqlglot only passes through."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tzero.errors import ExpressionError
from tzero.sql.interval_texts import cut_interval, half_read


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A statement that does not parse: why, and where in the text (1-based line and column; offsets, end exclusive)."""

    why: str
    line: int = 1
    column: int = 1
    start: int = 0
    end: int = 0


def parse_one(text: str, dialect: str) -> exp.Expr:
    """Parse one statement of a dialect (``duckdb``, ``postgres``, ``spark``).

    >>> parse_one("SELECT 1 AS x", "duckdb").sql()
    'SELECT 1 AS x'

    Raises ExpressionError on a syntax error, on more or fewer than one statement, and where sqlglot fell back to an
    opaque command.
    """
    statements = parse_all(text, dialect)
    if len(statements) != 1:
        raise ExpressionError(f"one statement was expected, found {len(statements)}")
    tree = statements[0]
    if isinstance(tree, (exp.Command, exp.Block)) or tree.find(exp.Command):
        raise ExpressionError("this statement is opaque to the parser", fix="only queries can be read")
    return tree


@lru_cache(maxsize=64)
def shared(text: str, dialect: str) -> exp.Expr:
    """The tree of a text that is read many times over, parsed once: whoever changes it changes a copy.

    Raises as `parse_one` does.
    """
    return parse_one(text, dialect)


def parse_all(text: str, dialect: str, *, what: str = "this") -> list[exp.Expr]:
    """The statements of a text.

    Raises ExpressionError where one of them does not parse, or would be read only in part.
    """
    cut = half_read(text, dialect)
    if cut is not None:
        raise ExpressionError(
            f"{what} holds INTERVAL '{cut}', of which only a part would be read",
            fix="write one interval per unit, such as INTERVAL '1 day' + INTERVAL '2 hours'",
        )
    try:
        return [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]
    except RecursionError as error:
        raise ExpressionError(f"{what} is nested too deeply to be read") from error
    except Exception as error:  # the parser's own mistakes, too, are about the text
        raise ExpressionError(f"{what} does not parse as {dialect} SQL: {_reason(error)}") from error


def parse_each(text: str, dialect: str) -> Iterator[exp.Expr | Unreadable]:
    """The statements of a text, each on its own: one that does not parse does not hide the others.

    >>> [type(found).__name__ for found in parse_each("SELECT 1; SELECT FROM (; SELECT 2", "duckdb")]
    ['Select', 'Unreadable', 'Select']
    """
    try:
        yield from parse_all(text, dialect)
    except ExpressionError:
        yield from _separately(text, dialect)


def _separately(text: str, dialect: str) -> Iterator[exp.Expr | Unreadable]:
    speaks = Dialect.get_or_raise(dialect)
    try:
        tokens = speaks.tokenize(text)
    except SqlglotError as error:
        yield Unreadable(_reason(error), end=len(text))
        return
    for some in _statements(tokens):
        cut = cut_interval(some)
        if cut is not None:
            yield _about(f"only a part of INTERVAL '{cut}' would be read", some)
            continue
        try:
            yield from (tree for tree in speaks.parser().parse(some, text) if tree is not None)
        except ParseError as error:
            yield _at(error, some)
        except RecursionError:
            yield _about("it is nested too deeply", some)
        except Exception as error:  # the parser's own mistakes, too, are about the text
            yield _about(_reason(error), some)


def _statements(tokens: list[Token]) -> Iterator[list[Token]]:
    some: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            if some:
                yield some
            some = []
        else:
            some.append(token)
    if some:
        yield some


def _at(error: ParseError, tokens: list[Token]) -> Unreadable:
    """Where the parser gave up: it tells the end of the token that it could not take."""
    found = error.errors[0] if error.errors else {}
    marked = [t for t in tokens if (t.line, t.col) == (found.get("line"), found.get("col"))]
    return _about(_plain(str(found.get("description") or _reason(error))), marked or tokens[:1])


def _about(why: str, tokens: list[Token]) -> Unreadable:
    first = tokens[0]
    # a token's column is that of its last character
    column = max(1, first.col - (first.end - first.start))
    return Unreadable(why, first.line, column, first.start, first.end + 1)


def _reason(error: BaseException) -> str:
    return _plain(str(error).split("\n")[0]) or type(error).__name__


def _plain(why: str) -> str:
    """What the parser says, without the names of its classes.

    >>> _plain("Expected table name but got <Token token_type: TokenType.WHERE, text: where, line: 2, col: 18>")
    "Expected table name but got 'where'"
    """
    why = re.sub(r"<Token .*?text: (.*?), line: .*?>", r"'\1'", why)
    return re.sub(r"<class '(?:\w+\.)*(\w+)'>", lambda found: found[1].upper(), why)
