"""What apply and refresh do, and whether this role is allowed to."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.engines.postgres_text import written
from tzero.sql.names import RelationName

GRANTS = "have the owner grant it; tzero plan --roles prints what each role needs"
_DATABASE = "SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')"
_SCHEMA = """
SELECT pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_schema_privilege(n.oid, 'CREATE')
FROM pg_catalog.pg_namespace AS n WHERE n.nspname = ?"""
_SELECT = "SELECT pg_catalog.has_schema_privilege(?, 'USAGE') AND pg_catalog.has_table_privilege(?, 'SELECT')"


def check(store: Store) -> Iterator[Finding]:
    for schema in store.schemas():
        yield from _schema(store, schema)
    for name in dict.fromkeys((*store.read(), *store.stored())):
        if store.engine.kind(name) is not None and not _may_read(store, name):
            yield Finding(f"{name} may not be read by this role", GRANTS)


def _schema(store: Store, schema: str) -> Iterator[Finding]:
    found = store.rows(_SCHEMA, [schema])
    if not found:
        if not store.rows(_DATABASE)[0][0]:
            yield Finding(f"there is no schema {schema}, and this role may not create it", GRANTS)
        return
    usage, create = found[0]
    if not usage:
        yield Finding(f"this role may not use the schema {schema}", GRANTS)
    elif not create:
        yield Finding(f"this role may not create in the schema {schema}: apply would fail, refresh need not", GRANTS)


def _may_read(store: Store, name: RelationName) -> bool:
    return bool(store.rows(_SELECT, [name.schema, written(name)])[0][0])
