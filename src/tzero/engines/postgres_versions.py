"""Whether the rows that a stored relation is made from changed: a digest of what the server counts for its tables.

The counters are lost when the server crashes, so the digest holds when it was started: after a crash nothing counts as
unchanged. Nothing is known of a foreign table, nor of what a function of the user's reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Any

from tzero.sql.names import RelationName

Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]
_SERVER = """
SELECT pg_catalog.current_setting('track_counts') = 'on', pg_catalog.pg_postmaster_start_time()::text,
  pg_catalog.pg_stat_get_db_stat_reset_time(d.oid)::text
FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()"""
_BENEATH = """
WITH RECURSIVE beneath (class, oid, top) AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::oid, c.oid, TRUE
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = ? AND c.relname = ? AND c.relispopulated
  UNION
  SELECT d.class, d.oid, FALSE
  FROM beneath AS b JOIN pg_catalog.pg_class AS c
    ON b.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = b.oid
  CROSS JOIN LATERAL (
    SELECT r.refclassid AS class, r.refobjid AS oid
    FROM pg_catalog.pg_rewrite AS w JOIN pg_catalog.pg_depend AS r ON r.objid = w.oid
    WHERE w.ev_class = c.oid AND (b.top OR c.relkind = 'v') AND r.refobjid <> c.oid
      AND r.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, i.inhrelid FROM pg_catalog.pg_inherits AS i
    WHERE i.inhparent = c.oid
  ) AS d)
SELECT CASE WHEN b.class = 'pg_catalog.pg_proc'::pg_catalog.regclass THEN 'function' ELSE c.relkind::text END,
  n.nspname, c.relname, b.oid::bigint, pg_catalog.pg_relation_filenode(b.oid)::bigint,
  pg_catalog.pg_stat_get_tuples_inserted(b.oid), pg_catalog.pg_stat_get_tuples_updated(b.oid),
  pg_catalog.pg_stat_get_tuples_deleted(b.oid)
FROM beneath AS b
LEFT JOIN pg_catalog.pg_class AS c ON b.class = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = b.oid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT b.top AND (c.relkind IN ('r', 'p', 'm', 'f') OR b.class = 'pg_catalog.pg_proc'::pg_catalog.regclass)
ORDER BY b.oid"""
_UNKNOWN = ("f", "function")


def version_of(name: RelationName, besides: Collection[RelationName], rows: Rows) -> str | None:
    """A digest of the tables and materialized views beneath a relation, those ``besides`` left out.

    None where the server cannot tell, and where there is no such relation, or nothing in it.
    """
    counted, *server = rows(_SERVER, ())[0]
    beneath = rows(_BENEATH, [name.schema, name.name])
    if not counted or not beneath or any(row[0] in _UNKNOWN for row in beneath):
        return None
    others = [row for row in beneath if RelationName(row[1], row[2]) not in besides]
    return hashlib.sha256(repr((server, others)).encode()).hexdigest()
