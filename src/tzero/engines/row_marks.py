"""A mark of the rows that a relation stores, which changes with every write to them.

PostgreSQL writes into every row the number of the transaction that made it. These numbers only grow, so that a write
changes how many rows there are or the sum of their numbers. A materialized view is written by its refresh alone, and
that writes the catalog too: as long as the catalog's own row is the same, its rows need not be looked at. Where it is
not, as after a grant, they are. A restored dump has other marks.

DuckDB numbers no write. There a mark is read from the values: how many rows there are and the sum of their hashes,
beside all that the database may read them by: its version, their types, and its macros, which stand before its own
functions in every view. What has the same mark holds the same values; what has another one may still show the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from tzero.engines.base import Engine
from tzero.engines.catalog import RelationKind
from tzero.engines.row_hash import row_hash
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

ROWS = "pg_catalog.count(*)::text || ' ' || coalesce(pg_catalog.sum(xmin::text::bigint), 0)::text"
"""What is asked of the rows of a relation."""
CATALOG = "c.relfilenode::text || ' ' || c.xmin::text"
"""What is asked of the row ``c`` of pg_class of a materialized view."""
BETWEEN = "; "
"""Between the mark of the rows and that of the catalog."""
_KIND = """
SELECT c.relkind::text, {mark} FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ?"""
_MADE_BY_USERS = """
SELECT count(*) FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_rewrite AS w ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
JOIN pg_catalog.pg_class AS c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND d.refclassid <> 'pg_catalog.pg_class'::pg_catalog.regclass"""
"""What else than relations a view is made with: the server notes no dependence on what it brings itself."""
_HIDING = """
SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND c.relrowsecurity"""
_MACROS = """
SELECT schema_name, function_name, function_type, parameters, parameter_types, macro_definition
FROM system.main.duckdb_functions() WHERE NOT internal ORDER BY ALL"""


def row_mark(engine: Engine, name: RelationName) -> str | None:
    """The mark of a stored relation now; None where there is none (data files; foreign tables)."""
    if engine.dialect == "duckdb":
        return _values(engine, name)
    kind, catalog = _catalog(engine, name)
    if kind not in ("r", "p", "m"):
        return None
    return _rows(engine, name) + (BETWEEN + catalog if kind == "m" else "")


def is_unwritten(engine: Engine, name: RelationName, mark: str) -> bool:
    """Whether the rows of a relation are still those of a mark."""
    if engine.dialect == "duckdb":
        return _values(engine, name) == mark
    rows, _, known = mark.partition(BETWEEN)
    kind, catalog = _catalog(engine, name)
    if known and (kind, catalog) == ("m", known):
        return True
    return kind in ("r", "p", "m") and _rows(engine, name) == rows


def tells_writes(engine: Engine) -> bool:
    """Whether another mark is a write for certain; else the values of the reader have to be looked at."""
    return engine.dialect == "postgres"


def shows_by_rows_alone(engine: Engine, views: Collection[RelationName]) -> bool:
    """Whether what views show can change with rows that they read, and with nothing else that a mark does not tell.

    A function, a type or an operator of PostgreSQL's users may be replaced, and the text of a view stays the same.
    """
    return engine.dialect != "postgres" or not any(_asked(engine, _MADE_BY_USERS, view) for view in views)


def hides_rows(engine: Engine, name: RelationName) -> bool:
    """Whether a policy of the relation decides who sees which of its rows."""
    return engine.dialect == "postgres" and _asked(engine, _HIDING, name)


def _asked(engine: Engine, query: str, name: RelationName) -> bool:
    return bool(engine.rows(query, [name.schema or "public", name.name])[0][0])


def _values(engine: Engine, name: RelationName) -> str | None:
    described = engine.describe(name)
    if described is None or described.kind is not RelationKind.TABLE:
        return None
    total = f"sum(CAST({row_hash(described.columns, 'r')} AS hugeint))"
    rows, hashes = engine.rows(f"SELECT count(*), {total} FROM {quoted(name, engine.dialect)} AS r")[0]
    read_by = (engine.rows("SELECT version()"), engine.rows(_MACROS), [(c.name, c.type) for c in described.columns])
    return f"{rows} {hashes} {hashlib.sha256(repr(read_by).encode()).hexdigest()}"


def _catalog(engine: Engine, name: RelationName) -> tuple[str, str]:
    if engine.dialect != "postgres":
        return "", ""
    found = engine.rows(_KIND.format(mark=CATALOG), [name.schema or "public", name.name])
    return (str(found[0][0]), str(found[0][1])) if found else ("", "")


def _rows(engine: Engine, name: RelationName) -> str:
    return str(engine.rows(f"SELECT {ROWS} FROM {quoted(name, engine.dialect)}")[0][0])
