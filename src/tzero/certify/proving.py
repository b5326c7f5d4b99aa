"""The proof of a relation of a database, from its definitions and its types as the catalog shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tzero.certify.subject import Subject
from tzero.certify.witnessed import with_witness
from tzero.engines.base import Engine
from tzero.engines.definitions import view_definition
from tzero.errors import DeclarationError
from tzero.falsify.closure import closure_of
from tzero.prove import Declarations, Proof, Relation, prove
from tzero.sql.names import RelationName
from tzero.sql.render import Tree, render


@dataclass(frozen=True, slots=True)
class Proved:
    """A proof, and the texts that the spans of its findings lie in: the empty name is the relation itself.

    ``query`` is the relation's own query.
    """

    proof: Proof
    texts: Mapping[str, str]
    query: Tree


def proof_of(subject: Subject, seconds: float = 0.0) -> Proved:
    """Prove a subject from its sources up. Where that fails, look for a witness for some seconds.

    Raises MissingRelationError where a relation of the closure is not there.
    """
    engine = subject.engine
    closure = closure_of(engine, subject.relation, subject.views, subject.sources)
    texts = {str(name).lower(): _text(subject, name, tree) for name, tree in closure.views}
    own = texts.pop(str(subject.relation).lower())
    declarations = typed(engine, subject.declarations, closure.bases)
    proof = prove(own, declarations, dialect=engine.dialect, views=texts)
    return Proved(
        with_witness(proof, own, declarations, engine.dialect, texts, seconds), {**texts, "": own}, closure.trees[-1]
    )


def typed(engine: Engine, declarations: Declarations, bases: Iterable[RelationName]) -> Declarations:
    """The declarations with the columns that base relations have; one that is not declared is undated and unkeyed.

    Raises DeclarationError where what is declared does not fit the relation.
    """
    found = dict(declarations.relations)
    for name in bases:
        described = engine.describe(name)
        relation = declarations.relation(str(name)) or Relation(str(name).lower())
        if described is None:
            continue
        columns = {column.name.lower(): column.type.lower() for column in described.columns}
        # a late value may be one that rows derive: then it is no column of the relation
        late = {value: at for value, at in relation.late.items() if value in columns and at in columns}
        try:
            found[relation.name] = replace(relation, columns=columns, late=late)
        except DeclarationError as error:
            raise DeclarationError(error.what, place=relation.place, fix=error.fix) from error
    return replace(declarations, relations=found)


def _text(subject: Subject, name: RelationName, tree: Tree) -> str:
    kept = None if name in subject.views else view_definition(subject.engine, name)
    return kept if kept is not None else render(tree, subject.engine.dialect, pretty=True)
