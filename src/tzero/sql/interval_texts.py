"""Interval texts of which sqlglot would read only a part: it keeps one number and unit, and drops the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

_LIKELY = re.compile(r"\binterval\b\s*(?:\(\s*\d+\s*\)\s*)?'", re.IGNORECASE)
_WHOLE = re.compile(r"\s*[+-]?\d+(?:\.\d+)?\s*[a-z]+\s*", re.IGNORECASE)


def half_read(sql: str, dialect: str) -> str | None:
    """The first interval text that would be cut: ``1 day ago``, ``1 day 02:00``, ``- 1 day``; None when there is none.

    >>> half_read("SELECT ts - INTERVAL '1 day ago' FROM t", "duckdb")
    '1 day ago'
    >>> half_read("SELECT ts - INTERVAL '1 day 2 hours' - INTERVAL '-1' DAY FROM t", "duckdb")
    """
    if not _LIKELY.search(sql):
        return None
    try:
        tokens = Dialect.get_or_raise(dialect).tokenize(sql)
    except SqlglotError:
        return None
    return cut_interval(tokens)


def cut_interval(tokens: Sequence[Token]) -> str | None:
    """The first interval text among tokens that would be cut."""
    for before, token in pairwise(tokens):
        of_interval = before.token_type is TokenType.INTERVAL and token.token_type is TokenType.STRING
        if of_interval and _is_cut(token.text):
            return token.text
    return None


def _is_cut(text: str) -> bool:
    return len(exp.INTERVAL_STRING_RE.findall(text)) == 1 and not _WHOLE.fullmatch(text)
