"""Refresh only what is yours: a materialized view's owner decides what code a refresh runs.

CVE-2024-0985 made that code run with the rights of whoever refreshed, and a superuser is a member of every role.
"""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding, Level
from tzero.doctor.store import Store

_OWNER = """
SELECT pg_catalog.pg_get_userbyid(c.relowner), c.relowner = r.oid, r.rolsuper,
  pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE')
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN pg_catalog.pg_roles AS r
WHERE n.nspname = ? AND c.relname = ? AND r.rolname = current_user"""


def check(store: Store) -> Iterator[Finding]:
    for name in store.stored():
        owner, own, superuser, member = store.rows(_OWNER, [name.schema, name.name])[0]
        if own:
            continue
        if superuser:
            yield Finding(
                f"{name} belongs to {owner}, and this role is a superuser: a refresh could run his code",
                f"connect as {owner} or as a member of it, not as a superuser",
            )
        elif not member:
            yield Finding(
                f"{name} belongs to {owner}, of which this role is no member",
                f"connect as {owner}, or have MAINTAIN granted (PostgreSQL 17 and newer)",
                Level.NOTE,
            )
