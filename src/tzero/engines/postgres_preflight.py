"""What must hold before a materialized view is refreshed CONCURRENTLY.

Without a valid unique index over plain columns and all rows PostgreSQL refuses. With NULLs in its key, it lets
duplicates through in silence and compares every such row with every other. Before it is populated nobody can read it
anyway. And a refresh runs the view's query: on somebody else's view, that was a way to run theirs with our rights
(CVE-2024-0985).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tzero.engines.catalog import StoredRelation
from tzero.engines.postgres_text import written
from tzero.errors import SourceError, TargetError

Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

_STATE = """
SELECT c.relispopulated, pg_catalog.pg_has_role(c.relowner, 'USAGE') OR CASE
    WHEN pg_catalog.current_setting('server_version_num')::int >= 170000
    THEN pg_catalog.has_table_privilege(c.oid, 'MAINTAIN') ELSE FALSE END, pg_catalog.pg_get_userbyid(c.relowner),
  EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid
    AND i.indpred IS NULL AND i.indexprs IS NULL),
  EXISTS (SELECT FROM pg_catalog.pg_class AS x WHERE x.relnamespace = c.relnamespace AND x.relname = ?)
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND c.relkind = 'm'"""


@dataclass(frozen=True, slots=True)
class Preflight:
    """Whether a view has rows to read, a unique index to refresh it by, and another index of that one's name."""

    populated: bool
    indexed: bool
    name_taken: bool = False


def preflight(relation: StoredRelation, index: str, rows: Rows) -> Preflight:
    """Look at a materialized view that is about to be refreshed, and whose unique index has this name.

    Raises TargetError where the view belongs to somebody else, SourceError where its key holds NULL.
    """
    found = rows(_STATE, [index, relation.name.schema, relation.name.name])
    if not found:
        raise TargetError(f"{relation.name} is no materialized view", fix="look at tzero plan, then run tzero apply")
    populated, own, owner, indexed, taken = found[0]
    if not own:
        raise TargetError(
            f"{relation.name} belongs to {owner}: refreshing it would run that role's query with your rights",
            fix=f"connect as {owner}, as a member of it, or (from version 17) with MAINTAIN granted on it",
        )
    if populated and relation.key:
        _refuse_null_keys(relation, rows)
    return Preflight(populated, indexed, taken)


def _refuse_null_keys(relation: StoredRelation, rows: Rows) -> None:
    null = " OR ".join(f"{written(column)} IS NULL" for column in relation.key)
    number = rows(f"SELECT count(*) FROM {written(relation.name)} WHERE {null}", ())[0][0]
    if number:
        raise SourceError(
            f"the key ({', '.join(relation.key)}) of {relation.name} holds NULL in {number:,} rows",
            fix="filter these rows out in its query: a refresh beside readers would let duplicates of them through",
        )
