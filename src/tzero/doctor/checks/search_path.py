"""A name without its schema means what the session's search path says, or what somebody puts in its way.

tzero writes every name with its schema and works with an empty path. Three things can still go wrong: a source
declared without one, a function of the user's that looks names up when it runs, a schema where everybody may create.
"""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store

_FUNCTIONS = """
SELECT DISTINCT pg_catalog.format('%I.%I', n.nspname, p.proname)
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_rewrite AS w ON w.oid = d.objid AND d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
JOIN pg_catalog.pg_class AS c ON c.oid = w.ev_class JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_proc AS p ON p.oid = d.refobjid AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
WHERE s.nspname = ? AND c.relname = ? AND n.nspname <> 'pg_catalog' AND l.lanname NOT IN ('c', 'internal')
  AND p.prosqlbody IS NULL
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.unnest(p.proconfig) AS o (setting) WHERE o.setting LIKE 'search\\_path=%')
ORDER BY 1"""
_OPEN = """
SELECT 1 FROM pg_catalog.pg_namespace AS n CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) AS a
WHERE n.nspname = ? AND a.grantee = 0 AND a.privilege_type = 'CREATE'"""


def check(store: Store) -> Iterator[Finding]:
    for name in store.read():
        if name.schema is None:
            yield Finding(f"the source {name} has no schema", f"declare it with its schema: SCHEMA.{name.name}")
    for name in store.relations():
        for (function,) in store.rows(_FUNCTIONS, [name.schema, name.name]):
            yield Finding(
                f"{name} calls {function}, which looks names up along whatever search path it is called with",
                f"ALTER FUNCTION {function} SET search_path = pg_catalog, pg_temp, and qualify the names in it",
            )
    for schema in store.schemas():
        if store.rows(_OPEN, [schema]):
            yield Finding(
                f"everybody may create in the schema {schema}", f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC"
            )
