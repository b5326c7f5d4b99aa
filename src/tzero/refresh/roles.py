"""Who may do what with a store in PostgreSQL: a script of grants for an owner, a refresher and a reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

from tzero.engines import append_only
from tzero.engines.postgres_guard import FUNCTION, guarded_name
from tzero.errors import UsageError
from tzero.refresh.relations import UPSTREAM, VERSIONS, OwnRelation
from tzero.refresh.survey import Survey
from tzero.sql.names import RelationName
from tzero.sql.render import quoted, text_literal
from tzero.state import migrations

MAINTAIN_SINCE = 170_000
_APPENDED = (
    "t0_run", "t0_certificate", "t0_accepted", "t0_baseline", "t0_baseline_day", "t0_baseline_seal", "t0_base",
    "t0_base_row", "t0_capture",
)  # fmt: skip
"""What a refresh and a certificate write: tables that only ever grow."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Their names. The owner may do everything with the store, the reader sees the entrypoints alone."""

    owner: str = "tzero_owner"
    refresher: str = "tzero_refresher"
    reader: str = "tzero_reader"


def grant_script(seen: Survey, roles: Roles) -> str:
    """The script, to be run by a superuser once the store is applied; running it again changes nothing.

    Raises UsageError on an engine without roles, and where two roles have the same name.
    """
    if seen.engine.dialect != "postgres":
        raise UsageError(f"{seen.engine.label} has no roles", fix="name a PostgreSQL target")
    if len(set(astuple(roles))) < 3:
        raise UsageError("two of the three roles have the same name", fix="give each a name of its own")
    version = int(seen.engine.rows("SELECT pg_catalog.current_setting('server_version_num')")[0][0])
    return "\n".join(_Script(seen, roles, version).lines()) + "\n"


class _Script:
    def __init__(self, seen: Survey, roles: Roles, version: int) -> None:
        self._version = version
        self._roles = roles
        self._owner, self._refresher, self._reader = (_name(role) for role in astuple(roles))
        self._own = tuple(seen.relations.values())
        self._state = tuple(seen.state.relation(table) for table in migrations.tables())
        self._appended = tuple(seen.state.relation(table) for table in _APPENDED)
        names = {own.name for own in self._own}
        self._outside = tuple(dict.fromkeys(name for own in self._own for name in own.reads if name not in names))
        raw = {name for own in self._own if own.role == UPSTREAM for name in own.reads}
        self._raw = tuple(name for name in self._outside if name in raw)

        found = {own.name: guarded_name(own.name) for own in self._own if own.role == "entrypoint"}
        self._guarded = {name: guard for name, guard in found.items() if seen.engine.kind(guard) is not None}
        self._guard = seen.state.relation(FUNCTION)

    def lines(self) -> Iterator[str]:
        yield f"-- The roles of this store, for PostgreSQL {self._version // 10_000}: run it after tzero apply."
        for role in astuple(self._roles):
            yield _created(role)
        yield from self._to_owner()
        yield from self._to_refresher()
        yield from self._to_reader()

    def _to_owner(self) -> Iterator[str]:
        yield f"\n-- {self._roles.owner}: owns what tzero made, reads what it is made from"
        yield from _on_schemas("USAGE, CREATE", (*self._names(), *self._state), self._owner)
        yield from _on_schemas("USAGE", self._outside, self._owner)
        yield from _granted("SELECT", self._outside, self._owner)
        for own in self._own:
            kind = "TABLE" if own.role == VERSIONS else "MATERIALIZED VIEW" if own.stored else "VIEW"
            yield f"ALTER {kind} {_name(own.name)} OWNER TO {self._owner};"
        for table in self._state:
            yield f"ALTER TABLE {_name(table)} OWNER TO {self._owner};"
        for guard in self._guarded.values():
            yield f"ALTER VIEW {_name(guard)} OWNER TO {self._owner};"
        if self._guarded:
            yield f"ALTER FUNCTION {_name(self._guard)}(text, interval) OWNER TO {self._owner};"
        for schema in dict.fromkeys(name.schema for name in self._names(VERSIONS)):
            yield f"ALTER FUNCTION {_name(RelationName(schema, append_only.FUNCTION))}() OWNER TO {self._owner};"

    def _to_refresher(self) -> Iterator[str]:
        yield f"\n-- {self._roles.refresher}: runs tzero refresh --certify, once the owner has certified"
        if self._version < MAINTAIN_SINCE:
            yield "-- before PostgreSQL 17 only the owner of a materialized view can refresh it: as a member of him"
            if self._raw:
                exposed = ", ".join(map(str, self._raw))
                yield f"-- NOTE: a member reads what the owner reads, here also the raw tables {exposed};"
                yield "-- let another role own and refresh the upstream relations to keep him away from these"
            yield f"GRANT {self._owner} TO {self._refresher};"
            return
        stored = tuple(own.name for own in self._own if own.stored)
        sources = tuple(name for name in self._read_by_checks() if name not in stored)
        yield from _on_schemas("USAGE", (*self._names(), *self._state, *sources), self._refresher)
        yield from _granted("MAINTAIN, SELECT", stored, self._refresher)
        shown = tuple(name for name in self._names("entrypoint") if name not in sources)
        yield from _granted("SELECT", (*sources, *shown, *self._guarded.values(), *self._state), self._refresher)
        yield from _granted("INSERT", (*self._appended, *self._names(VERSIONS)), self._refresher)

    def _to_reader(self) -> Iterator[str]:
        yield f"\n-- {self._roles.reader}: reads the entrypoints, which run with the rights of {self._roles.owner}"
        for name in (*self._names(), *self._state):
            yield f"REVOKE ALL ON {_name(name)} FROM PUBLIC, {self._reader};"
        readable = tuple(self._guarded.get(name, name) for name in self._names("entrypoint"))
        if self._guarded:
            yield "-- certified views are read through their guard, and not while they are not certified"
        yield from _on_schemas("USAGE", readable, self._reader)
        for view in self._names("base", "entrypoint"):
            if self._version >= 150_000:
                yield f"ALTER VIEW {_name(view)} RESET (security_invoker);"
        yield from _granted("SELECT", readable, self._reader)

    def _names(self, *roles: str) -> tuple[RelationName, ...]:
        return tuple(own.name for own in self._own if not roles or own.role in roles)

    def _read_by_checks(self) -> tuple[RelationName, ...]:
        """What views and statistics read: every refresh looks at these first."""
        readers: Iterable[OwnRelation] = (own for own in self._own if own.role != UPSTREAM)
        return tuple(dict.fromkeys(name for own in readers for name in own.reads))


def _created(role: str) -> str:
    found = f"SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = {text_literal(role)}"
    return f"DO $$ BEGIN IF NOT EXISTS ({found}) THEN CREATE ROLE {_name(role)} NOLOGIN; END IF; END $$;"


def _on_schemas(privileges: str, relations: Iterable[RelationName], role: str) -> Iterator[str]:
    for schema in dict.fromkeys(name.schema for name in relations if name.schema is not None):
        yield f"GRANT {privileges} ON SCHEMA {_name(schema)} TO {role};"


def _granted(privileges: str, relations: Iterable[RelationName], role: str) -> Iterator[str]:
    for name in relations:
        yield f"GRANT {privileges} ON {_name(name)} TO {role};"


def _name(name: RelationName | str) -> str:
    return quoted(name, "postgres")
