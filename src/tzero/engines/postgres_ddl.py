"""How PostgreSQL creates, replaces and refreshes relations, with the lock that each statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count

from tzero.engines.catalog import RelationKind, Statement, StoredRelation
from tzero.engines.postgres_lock import taken_by_script
from tzero.engines.postgres_preflight import Preflight
from tzero.engines.postgres_text import LONGEST, written
from tzero.sql.names import RelationName
from tzero.sql.render import text_literal

Grant = tuple[str, str | None, bool]
"""A privilege, the role that has it (None: everybody), and whether that role may grant it on."""

READERS_WAIT = "ACCESS EXCLUSIVE: readers and writers of it wait until the end of the transaction"
WRITERS_WAIT = "EXCLUSIVE: other refreshes of it wait, readers do not"
NEW = "ACCESS EXCLUSIVE on the new relation alone: nobody waits"
INDEXES = "SHARE: refreshes of it wait, readers do not"
UNREADABLE = "ACCESS EXCLUSIVE: nobody can read it before it is populated"
ANALYZES = "SHARE UPDATE EXCLUSIVE: vacuum and other refreshes of it wait, readers do not"
BUILD_SETTINGS = ("jit = off", "parallel_tuple_cost = 0.01")
"""For this transaction: the planner cannot know how many rows a running total keeps, and a nested loop or a merge on
few of the keys is then a thousand times slower than a hash join. Compiling such a query takes longer than it saves."""
_RESET = ("jit", "parallel_tuple_cost", "work_mem")


def schema_statements(schema: str) -> tuple[Statement, ...]:
    return (Statement(f"CREATE SCHEMA IF NOT EXISTS {written(schema)}"),)


@dataclass(frozen=True, slots=True)
class Dependent:
    """A view that reads a relation: its options and its query, as the catalog prints them."""

    name: RelationName
    options: str | None
    query: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a relation has besides its definition, and what the one that takes its place gets too."""

    grants: Sequence[Grant] = ()
    comment: str | None = None
    indexes: Sequence[tuple[str, str]] = ()
    views: Sequence[Dependent] = ()


def create_view(name: RelationName, sql: str) -> tuple[Statement, ...]:
    return (Statement(f"CREATE VIEW {written(name)} AS\n{sql}", NEW),)


def replace_view(name: RelationName, sql: str, kept: Kept) -> tuple[Statement, ...]:
    """Set the old one aside, for what still reads it: only so may the new one have other columns."""
    return (
        _rename("VIEW", name, _beside(name, "old").name),
        *create_view(name, sql),
        *(_point_again(view) for view in kept.views),
        *_given_back(name, "VIEW", kept),
    )


def drop_aside(name: RelationName, kind: RelationKind) -> Statement:
    # never CASCADE: what still reads it is somebody else's, and PostgreSQL names it
    return Statement(f"DROP {kind.value.upper()} {written(_beside(name, 'old'))}", READERS_WAIT)


def create_stored(relation: StoredRelation, work_mem: str) -> tuple[Statement, ...]:
    """A materialized view, its unique index, and its statistics for the planner."""
    name = written(relation.name)
    return (
        *_settings(work_mem),
        Statement(f"CREATE MATERIALIZED VIEW {name} AS\n{relation.sql}", NEW),
        *_index(relation),
        Statement(f"ANALYZE {name}", NEW),
        *_reset(),
    )


def replace_stored(relation: StoredRelation, kept: Kept, work_mem: str) -> tuple[Statement, ...]:
    """Build the new one beside the old, then swap their names and point the views at the new: readers wait for that."""
    new, old = (_beside(relation.name, mark) for mark in ("new", "old"))
    return (
        *_settings(work_mem),
        Statement(f"CREATE MATERIALIZED VIEW {written(new)} AS\n{relation.sql}", NEW),
        *_index(StoredRelation(new, relation.sql, relation.key, _beside_index(relation))),
        Statement(f"ANALYZE {written(new)}", NEW),
        *_reset(),
        _rename("MATERIALIZED VIEW", relation.name, old.name),
        _rename("MATERIALIZED VIEW", new, relation.name.name),
        *(_point_again(view) for view in kept.views),
        *_named_index(relation),
        *_other_indexes(relation, kept),
        *_given_back(relation.name, "MATERIALIZED VIEW", kept),
    )


def create_appended(relation: StoredRelation) -> tuple[Statement, ...]:
    """An empty table, and the unique index that no row can be added against."""
    return Statement(f"CREATE TABLE {written(relation.name)} AS\n{relation.sql}", NEW), *_index(relation)


def append_rows(relation: StoredRelation, columns: Sequence[str]) -> tuple[Statement, ...]:
    listed = ", ".join(written(column) for column in columns)
    return (Statement(f"INSERT INTO {written(relation.name)} ({listed})\n{relation.sql}"),)


def refresh_stored(relation: StoredRelation, found: Preflight, work_mem: str) -> tuple[Statement, ...]:
    """Recompute; concurrently, only the rows that changed are written and readers go on reading.

    A unique index that is gone, or serves no concurrent refresh, is made first: readers do not wait for that either.
    Readers of a relation without a key do wait, and nobody can read one that was never populated.
    """
    name = written(relation.name)
    again = () if found.indexed else _index_again(relation, found)
    match (found.populated, found.indexed or bool(relation.key)):
        case (True, True):
            renewed = (*again, Statement(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {name}", WRITERS_WAIT))
        case (True, False):
            renewed = (Statement(f"REFRESH MATERIALIZED VIEW {name}", READERS_WAIT),)
        case _:
            renewed = (Statement(f"REFRESH MATERIALIZED VIEW {name}", UNREADABLE), *again)
    return (*_settings(work_mem), *renewed, Statement(f"ANALYZE {name}", ANALYZES), *_reset())


def _index_again(relation: StoredRelation, found: Preflight) -> tuple[Statement, ...]:
    """Under another name where one that is no use has the name: to drop that one, readers would have to wait."""
    name = index_name(relation)
    free = _beside(RelationName(None, name), "again").name if found.name_taken else name
    return tuple(Statement(s.sql, INDEXES) for s in _index(replace(relation, index=free)))


def _index(relation: StoredRelation) -> tuple[Statement, ...]:
    if not relation.key:
        return ()
    columns = ", ".join(written(column) for column in relation.key)
    name = written(index_name(relation))
    return (Statement(f"CREATE UNIQUE INDEX {name} ON {written(relation.name)} ({columns})", NEW),)


def index_name(relation: StoredRelation) -> str:
    return relation.index or relation.name.name[: LONGEST - len("_key")] + "_key"


def _named_index(relation: StoredRelation) -> tuple[Statement, ...]:
    if not relation.key:
        return ()
    there = RelationName(relation.name.schema, _beside_index(relation))
    return (_drop_index(relation, index_name(relation)), _rename("INDEX", there, index_name(relation)))


def _other_indexes(relation: StoredRelation, kept: Kept) -> tuple[Statement, ...]:
    """Those that somebody else made; the old relation, which is about to go, gives up their names."""
    pairs = ((_drop_index(relation, name), Statement(definition, READERS_WAIT)) for name, definition in kept.indexes)
    return tuple(statement for pair in pairs for statement in pair)


def _drop_index(relation: StoredRelation, name: str) -> Statement:
    return Statement(f"DROP INDEX IF EXISTS {written(RelationName(relation.name.schema, name))}", READERS_WAIT)


def _beside_index(relation: StoredRelation) -> str:
    return _beside(RelationName(None, index_name(relation)), "key").name


def _beside(name: RelationName, mark: str) -> RelationName:
    prefix = f"t0_{mark}_"
    return RelationName(name.schema, prefix + name.name[: LONGEST - len(prefix)])


def _rename(what: str, name: RelationName, to: str) -> Statement:
    return Statement(f"ALTER {what} {written(name)} RENAME TO {written(to)}", READERS_WAIT)


def _point_again(view: Dependent) -> Statement:
    """The same query once more: a view holds on to the relation that it was created on, whatever that is called now."""
    options = f" WITH ({view.options})" if view.options else ""
    return Statement(f"CREATE OR REPLACE VIEW {written(view.name)}{options} AS\n{view.query}", READERS_WAIT)


def _given_back(name: RelationName, what: str, kept: Kept) -> tuple[Statement, ...]:
    granted = tuple(
        Statement(
            f"GRANT {privilege} ON {written(name)} TO {'PUBLIC' if role is None else written(role)}"
            + (" WITH GRANT OPTION" if again else "")
        )
        for privilege, role, again in kept.grants
    )
    if kept.comment is None:
        return granted
    return (*granted, Statement(f"COMMENT ON {what} {written(name)} IS {text_literal(kept.comment)}"))


def session(settings: Iterable[tuple[str, str]]) -> tuple[Statement, ...]:
    """What a script begins with: the settings of a session of tzero's, and its lock."""
    pinned = "; ".join(f"SET {setting} = {text_literal(value)}" for setting, value in settings)
    return Statement(pinned), taken_by_script()


def refusal(query: str, message: str) -> Statement:
    """Fail where the query returns a row; the quotes are of a kind that is not in it."""
    body = f"BEGIN IF EXISTS (\n{query}\n) THEN RAISE EXCEPTION USING MESSAGE = {text_literal(message)}; END IF; END"
    quote = next(mark for mark in (f"$t0{number or ''}$" for number in count()) if mark not in body)
    return Statement(f"DO {quote} {body} {quote}")


def _settings(work_mem: str) -> tuple[Statement, ...]:
    wanted = (*BUILD_SETTINGS, f"work_mem = '{work_mem}'")
    return (Statement("; ".join(f"SET LOCAL {setting}" for setting in wanted)),)


def _reset() -> tuple[Statement, ...]:
    return (Statement("; ".join(f"SET LOCAL {setting} TO DEFAULT" for setting in _RESET)),)
