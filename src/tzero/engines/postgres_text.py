"""Statements as PostgreSQL takes them: parameters numbered, names within its limit."""

from __future__ import annotations

import re

from tzero.errors import DeclarationError
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

LONGEST = 63
_PIECE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\?""")


def numbered(sql: str) -> str:
    """Parameters written ``?`` as ``$1``, ``$2``; those within quotes are text.

    >>> numbered("SELECT '?', \\"a?\\" FROM t WHERE x = ? AND y = ?")
    'SELECT \\'?\\', "a?" FROM t WHERE x = $1 AND y = $2'
    """
    count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal count
        if found[0] != "?":
            return found[0]
        count += 1
        return f"${count}"

    return _PIECE.sub(number, sql)


def written(name: RelationName | str) -> str:
    """A name as it is written in a statement. PostgreSQL would cut a longer one short, and then not find it again.

    Raises DeclarationError for a name of more than 63 bytes.
    """
    parts = [name] if isinstance(name, str) else [part for part in (name.schema, name.name) if part is not None]
    for part in parts:
        if len(part.encode()) > LONGEST:
            raise DeclarationError(
                f"the name {part!r} is longer than {LONGEST} bytes, the most that PostgreSQL keeps",
                fix="use a shorter one",
            )
    return quoted(name, "postgres")
