"""One number that stands for all values of a row of DuckDB: its own hash, told apart where it takes two for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.sql.render import quoted

_FLOATS = frozenset({"double", "float"})
_PLAIN = frozenset({
    "tinyint", "smallint", "integer", "bigint", "hugeint", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint",
    "varchar", "json", "boolean", "date", "time", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns",
    "timestamp with time zone", "uuid", "blob",
})  # fmt: skip
_KNOWN = "hash(CAST(7 AS bigint), 'a', CAST(0.1 AS double precision), NULL)"


def row_hash(columns: Iterable[ColumnInfo], table: str) -> str:
    """The hash of a row of a table alias, as DuckDB computes it: 64 bits, another value of a column giving another one.

    Hashed twice: the first hash is little more than a sum of those of its columns, and values that two rows change
    with each other could keep the sum over both.

    >>> row_hash([ColumnInfo("id", "BIGINT"), ColumnInfo("price", "DOUBLE")], "r")
    'hash(hash(r."id", r."price", signbit(r."price")))'
    """
    return f"hash(hash({', '.join(part for column in columns for part in _parts(column, table))}))"


def hash_probe(engine: Engine) -> str:
    """What the hash gives for values that are known: another version of it gives another number."""
    return f"{engine.dialect} {engine.rows(f'SELECT {_KNOWN}')[0][0]}"


def _parts(column: ColumnInfo, table: str) -> Iterator[str]:
    value, kind = f"{table}.{quoted(column.name, 'duckdb')}", column.type.lower()
    if kind in _PLAIN or kind.startswith("decimal("):
        yield value
    elif kind in _FLOATS:
        yield value
        yield f"signbit({value})"  # 0 and -0 have one hash
    else:
        yield f"CAST({value} AS text)"  # as a month and thirty days do, and zeros within lists
