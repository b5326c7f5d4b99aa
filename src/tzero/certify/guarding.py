"""Put the guard into the database, where the database can hold one."""

from __future__ import annotations

from tzero.certify.subject import Subject
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.engines.definitions import view_definition
from tzero.engines.postgres_guard import FUNCTION, guard_function, guarded_name, guarded_query, is_guarding
from tzero.errors import TargetError
from tzero.sql.names import RelationName


def put_guard(subject: Subject) -> RelationName | None:
    """Create or renew the guard's function and the guarded view of a subject; inside the caller's transaction.

    Returns the guarded view's name; None on engines where the Python side guards. Raises TargetError where a relation
    of that name is there that is no guard.
    """
    engine, schema = subject.engine, subject.state.name
    if engine.dialect != "postgres":
        return None
    name = guarded_name(subject.relation)
    if engine.kind(name) is not None and FUNCTION not in (view_definition(engine, name) or ""):
        raise TargetError(
            f"{name} is there already, and is not the guarded view of {subject.relation}",
            fix="rename it: tzero certify makes a view of that name",
        )
    if is_guarding(engine.rows, schema) and _columns(engine, name) == _columns(engine, subject.relation):
        return name  # whoever certifies need not own what is there already
    engine.execute(guard_function(schema).sql)
    replaced = engine.cleanup_statements(name)
    for statement in (*engine.view_statements(name, guarded_query(subject.relation, schema)), *replaced):
        engine.execute(statement.sql)
    return name


def _columns(engine: Engine, name: RelationName) -> tuple[ColumnInfo, ...]:
    described = engine.describe(name)
    return () if described is None else described.columns
