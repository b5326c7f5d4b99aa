"""Words that a database reads as the moment at which it parses them."""

from __future__ import annotations

from sqlglot import exp

from tzero.sql.render import Tree

WORDS = frozenset({"now", "today", "tomorrow", "yesterday"})


def clock_words(tree: Tree) -> tuple[str, ...]:
    """Constant texts that become a time by a cast and begin with such a word, as they are written.

    PostgreSQL folds them into constants when a view is created, so that its catalog no longer shows them.

    >>> from tzero.sql.parse import parse_one
    >>> clock_words(parse_one("SELECT 'Today 12:00'::timestamp, timestamp 'now', 'today' AS t", "postgres"))
    ('Today 12:00', 'now')
    """
    found = (_cast_text(cast) for cast in tree.find_all(exp.Cast, exp.TryCast))
    return tuple(text for text in found if text is not None and _first_word(text) in WORDS)


def _cast_text(cast: exp.Cast) -> str | None:
    value = cast.this.unnest()
    while isinstance(value, exp.Cast):
        value = value.this.unnest()
    timed = cast.to.is_type(*exp.DataType.TEMPORAL_TYPES) or cast.to.is_type("time", "timetz")
    return str(value.this) if timed and isinstance(value, exp.Literal) and value.is_string else None


def _first_word(text: str) -> str:
    return next(iter(text.lower().replace("(", " ").split()), "")
