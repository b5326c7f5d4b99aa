"""A mark of the rows that a relation stores, which changes with every write to them, without reading their values.

PostgreSQL writes into every row the number of the transaction that made it. These numbers only grow, so that a write
changes how many rows there are or the sum of their numbers. A materialized view is written by its refresh alone, and
that writes the catalog too, so that the catalog's own row stands for its rows. A restored dump has other marks.
"""

from __future__ import annotations

from tzero.engines.base import Engine
from tzero.sql.names import RelationName
from tzero.sql.render import quoted

ROW_MARK = "pg_catalog.count(*)::text || ' ' || coalesce(pg_catalog.sum(xmin::text::bigint), 0)::text"
"""What is asked of the rows of a table."""
CATALOG_MARK = "'catalog ' || c.relfilenode::text || ' ' || c.xmin::text"
"""What is asked of the row ``c`` of pg_class of a materialized view."""
_KIND = """
SELECT c.relkind::text, {mark} FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ?"""


def row_mark(engine: Engine, name: RelationName) -> str | None:
    """The mark of a stored relation now; None where the engine keeps none (all of DuckDB; foreign tables)."""
    if engine.dialect != "postgres":
        return None
    found = engine.rows(_KIND.format(mark=CATALOG_MARK), [name.schema or "public", name.name])
    kind, mark = found[0] if found else ("", None)
    if kind == "m":
        return str(mark)
    if kind not in ("r", "p"):
        return None
    return str(engine.rows(f"SELECT {ROW_MARK} FROM {quoted(name, engine.dialect)}")[0][0])
