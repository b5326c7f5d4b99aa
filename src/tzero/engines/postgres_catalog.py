"""What PostgreSQL's catalog says, as queries. Every name is qualified: they work with any search path."""

from __future__ import annotations

from tzero.engines.catalog import RelationKind

KINDS = {
    "r": RelationKind.TABLE,
    "p": RelationKind.TABLE,
    "f": RelationKind.TABLE,
    "v": RelationKind.VIEW,
    "m": RelationKind.MATERIALIZED_VIEW,
}
_FOUND = """
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm')"""

RELATIONS = f"""
SELECT n.nspname, c.relname, c.relkind{_FOUND}
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%%'
  AND c.relpersistence <> 't'
ORDER BY 1, 2""".replace("%%", "%")

KIND = f"SELECT c.relkind{_FOUND} AND n.nspname = ? AND c.relname = ?"

COLUMNS = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod)
FROM pg_catalog.pg_attribute AS a
JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum"""

TYPE_NAMES = """
SELECT pg_catalog.format_type(t.kind, t.modifier)
FROM ROWS FROM (pg_catalog.unnest(CAST(? AS oid[])), pg_catalog.unnest(CAST(? AS integer[])))
  WITH ORDINALITY AS t(kind, modifier, place)
ORDER BY t.place"""

DEPENDENTS = """
SELECT DISTINCT n.nspname, c.relname, c.relkind, pg_catalog.array_to_string(c.reloptions, ', '),
  pg_catalog.pg_get_viewdef(c.oid)
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_rewrite AS w ON w.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
JOIN pg_catalog.pg_class AS c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid JOIN pg_catalog.pg_namespace AS s ON s.oid = t.relnamespace
WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND s.nspname = ? AND t.relname = ? AND c.oid <> t.oid
ORDER BY 1, 2"""
"""Views and materialized views that read a relation directly, with their options and definition."""

INDEXES = """
SELECT x.relname, pg_catalog.pg_get_indexdef(i.indexrelid)
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
WHERE n.nspname = ? AND c.relname = ? AND x.relname <> ?
ORDER BY x.relname"""
"""Name and definition of the other indexes of a relation than the one with a name."""

COMMENT = """
SELECT pg_catalog.obj_description(c.oid, 'pg_class')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ?"""

GRANTS = """
SELECT a.privilege_type, CASE WHEN a.grantee = 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(a.grantee) END,
  a.is_grantable
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
WHERE n.nspname = ? AND c.relname = ? AND a.grantee <> c.relowner
ORDER BY 2 NULLS FIRST, 1"""
