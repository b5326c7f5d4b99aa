"""The closure of a deployed relation: the views that it is made of, in order, and the base relations under them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sqlglot import exp

from tzero.engines.base import Engine
from tzero.engines.definitions import view_definition
from tzero.errors import MissingRelationError
from tzero.sql.build import identifier
from tzero.sql.names import RelationName
from tzero.sql.parse import shared
from tzero.sql.render import Tree, relations_of


@dataclass(frozen=True, slots=True)
class Closure:
    """``views`` each come after those that they read; the last one is the relation itself. Their trees are shared:
    whoever changes one changes a copy of it."""

    views: tuple[tuple[RelationName, Tree], ...]
    bases: tuple[RelationName, ...]
    _texts: dict[tuple[RelationName, tuple[tuple[RelationName, str], ...]], str] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )

    @property
    def trees(self) -> list[Tree]:
        return [tree for _, tree in self.views]

    def text(self, engine: Engine, view: RelationName, names: Mapping[RelationName, str]) -> str:
        """A view as text that reads the named subqueries; written once, since every world asks for the same."""
        asked = (view, tuple(names.items()))
        if asked not in self._texts:
            self._texts[asked] = engine.render(renamed(dict(self.views)[view], names))
        return self._texts[asked]


def closure_of(
    engine: Engine,
    relation: RelationName,
    known: Mapping[RelationName, Tree],
    ends: Collection[RelationName] = (),
) -> Closure:
    """Follow a relation down to base relations. ``known`` are definitions that the database does not keep.

    A relation of ``ends`` is a base relation, whatever it is made of itself.

    Raises MissingRelationError for a relation that is not there.
    """
    views: dict[RelationName, Tree] = {}
    bases: dict[RelationName, None] = {}

    def follow(name: RelationName) -> None:
        if name in views or name in bases:
            return
        tree = None if name in ends else known.get(name) or _stored(engine, name)
        if tree is None:
            bases[name] = None
            if engine.kind(name) is None:
                raise MissingRelationError(f"there is no relation {name}", fix="build it, or correct the name")
            return
        for read in relations_of(tree):
            follow(read)
        views[name] = tree

    follow(relation)
    if relation in bases:
        views[relation] = exp.select("*").from_(_table(relation))
    return Closure(tuple(views.items()), tuple(bases))


def renamed(tree: Tree, names: Mapping[RelationName, str]) -> Tree:
    """The query reading the named subqueries instead of some relations, under the same aliases."""
    found = tree.copy()
    own = {cte.alias for cte in found.find_all(exp.CTE)}
    for table in list(found.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or (not table.args.get("db") and table.name in own):
            continue
        # a table within parentheses carries its joins: the name is that of the table alone
        alone = exp.Table(this=table.this.copy(), db=table.args.get("db"))
        name = names.get(relations_of(alone)[0])
        if name is not None:
            alias = table.args.get("alias") or exp.TableAlias(this=identifier(table.name))
            table.set("this", identifier(name))
            table.set("db", None)
            table.set("catalog", None)
            table.set("alias", alias)
    return found


def _stored(engine: Engine, name: RelationName) -> Tree | None:
    text = view_definition(engine, name)
    if text is None:
        return None
    tree = shared(text, engine.dialect)
    return tree.expression if isinstance(tree, exp.Create) else tree


def _table(name: RelationName) -> exp.Table:
    return exp.Table(this=identifier(name.name), db=identifier(name.schema) if name.schema else None)
