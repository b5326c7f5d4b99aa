"""Tables whose rows are only ever added: PostgreSQL refuses whatever would change or remove one.

A trigger refuses UPDATE, DELETE and TRUNCATE, the owner's and a superuser's too, but in a transaction that names the
table: ``SET LOCAL tzero.rewriting = 'schema.table'``. DuckDB has no triggers; nothing is refused there.
"""

from __future__ import annotations

from collections.abc import Iterable

from tzero.engines.base import Engine
from tzero.engines.catalog import Statement
from tzero.engines.postgres_text import written
from tzero.sql.names import RelationName
from tzero.sql.render import text_literal

FUNCTION = TRIGGER = "t0_append_only"
SETTING = "tzero.rewriting"
_REFUSES = f"""CREATE OR REPLACE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql SET search_path = ''
AS $append_only$
DECLARE
  name text := pg_catalog.concat(TG_TABLE_SCHEMA, '.', TG_TABLE_NAME);
BEGIN
  IF pg_catalog.current_setting('{SETTING}', true) IS DISTINCT FROM name THEN
    RAISE EXCEPTION 'rows are only ever added to %: % is refused', name, TG_OP USING ERRCODE = 'TZ002',
      HINT = pg_catalog.format('what must go all the same: SET LOCAL {SETTING} = %L in that transaction', name);
  END IF;
  RETURN NULL;
END
$append_only$"""
_FIRES = """
SELECT t.tgenabled = 'A' FROM pg_catalog.pg_trigger AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relname = ? AND t.tgname = ? AND t.tgtype & 63 = 58"""
"""Before (2) the statement (not 1): delete (8), update (16), truncate (32), and not insert (4)."""


def refusing(engine: Engine, name: RelationName) -> tuple[Statement, ...]:
    """Statements from which on rows of a table cannot be changed; none where the engine has no triggers."""
    if engine.dialect != "postgres":
        return ()
    function, table = written(RelationName(name.schema, FUNCTION)), written(name)
    return (
        Statement(_REFUSES.format(function=function)),
        Statement(
            f"CREATE OR REPLACE TRIGGER {TRIGGER} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}\n"
            f"FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        ),
        # in a session that replays what another server did, too
        Statement(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {TRIGGER}"),
    )


def rewriting(engine: Engine, name: RelationName, statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """The same statements in the one way in which they may change rows of such a table."""
    if engine.dialect != "postgres":
        return tuple(statements)
    named = Statement(f"SET LOCAL {SETTING} = {text_literal(f'{name.schema}.{name.name}')}")
    return named, *statements, Statement(f"SET LOCAL {SETTING} = ''")


def refuses(engine: Engine, name: RelationName) -> bool:
    """Whether rows of a table cannot be changed, where the engine can refuse that at all."""
    if engine.dialect != "postgres":
        return True
    return engine.rows(_FIRES, [name.schema, name.name, TRIGGER]) == [(True,)]
