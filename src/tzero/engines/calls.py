"""The functions that a definition calls, as the database itself resolved them."""

from __future__ import annotations

from tzero.engines.base import Engine
from tzero.engines.call import Call
from tzero.engines.duckdb_calls import calls_of_plan
from tzero.engines.postgres_calls import calls_of_rule
from tzero.errors import EngineError
from tzero.sql.names import RelationName
from tzero.sql.render import Tree


def calls_of(engine: Engine, name: RelationName, tree: Tree) -> tuple[Call, ...]:
    """Every call of a relation's definition, functions within functions included; each once.

    ``tree`` is the definition where the database keeps none. Raises EngineError where the database cannot say.
    """
    if engine.dialect == "postgres":
        return calls_of_rule(engine, name)
    if engine.dialect == "duckdb":
        return calls_of_plan(engine, tree)
    raise EngineError(f"{engine.label} cannot say which functions {name} calls")
