"""Scan: a row of a base relation, known at its own time, with what the declarations say of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.declarations import Relation
from tzero.prove.domain.facts import Bound, Fact, NotNull, RowOf
from tzero.prove.domain.label import Atom, Kind
from tzero.prove.domain.row import Occurrence, Part, Present, Row, new_part
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import DATE, DAY, TIME_TYPES, Term, Var, app, shift
from tzero.prove.domain.types import UNTYPED, declared_type

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter


def scan(interpreter: Interpreter, relation: Relation, node: exp.Expr) -> Row:
    """A symbolic row of a declared relation."""
    uid = new_part()
    columns: dict[str, Term] = {}
    for name, type_ in relation.columns.items():
        kind = declared_type(type_, interpreter.dialect) if type_ else UNTYPED
        columns[name] = Var(f"{relation.name}.{name}", kind)
    for name, time in relation.monotone.items():
        columns[name] = app("version", columns[time], type_="version", params=(relation.name, name))
        interpreter.use(f"{relation.name}.{name} grows with {relation.name}.{time}")
    _assume_types(interpreter, relation)
    row_atom = _row_atom(interpreter, relation, columns, uid, node)
    for name, term in columns.items():
        if isinstance(term, Var):
            interpreter.ledger[term] = _label(interpreter, relation, columns, name, row_atom, node)
    terms = tuple(columns.values())
    usable = [key for key in relation.keys if all(relation.is_not_null(name) for name in key)]
    keys = tuple(tuple(columns[c] for c in key) for key in usable)
    part = Part(uid, relation.name, terms, keys or (terms,), tuple(columns[c] for c in relation.key))
    if not keys:
        # Without a key two equal rows cannot be told apart: nothing identifies a row.
        part = Part(uid, relation.name, terms, (), ())
    return Row(
        columns=columns,
        store=Store().assume([*_facts(relation, columns), RowOf(relation.name, keys, terms)]),
        presence=tuple(Present(atom) for atom in row_atom),
        parts=(part,),
        occurrences=(Occurrence(relation.name, tuple(columns.items())),),
    )


def _assume_types(interpreter: Interpreter, relation: Relation) -> None:
    """What is assumed of columns whose types are not declared."""
    if relation.inferred:
        said = "instants where they date something, else no times"
        interpreter.use(f"{relation.name} has the columns that are read of it: {said}")
    elif not all(relation.columns.values()):
        said = "hold no times but where they date something"
        interpreter.use(f"the columns of {relation.name} without a declared type {said}")


def _row_atom(
    interpreter: Interpreter, relation: Relation, columns: dict[str, Term], uid: int, node: exp.Expr
) -> tuple[Atom, ...]:
    """When the row became known; nothing for a static relation."""
    if relation.static:
        interpreter.use(f"{relation.name} is static")
        return ()
    if relation.known is None:
        note = f"when a row of {relation.name} became known is not declared"
        return (Atom(Kind.UNDATED, None, relation.name, uid, origin=interpreter.origin(node, note)),)
    if relation.known in relation.mutable:
        note = f"{relation.name}.{relation.known} may be overwritten in place, so a row's time can move"
        return (Atom(Kind.MUTABLE, None, relation.name, uid, origin=interpreter.origin(node, note)),)
    time = columns[relation.known]
    interpreter.use(f"a row of {relation.name} is known at {relation.known}, and append-only")
    if relation.is_not_null(relation.known):
        return (Atom(Kind.ROW, known(time), relation.name, uid, origin=interpreter.origin(node)),)
    note = f"{relation.name}.{relation.known} may be NULL, and is not tested here"
    return (
        Atom(Kind.ROW, known(time), relation.name, uid, if_not_null=time, origin=interpreter.origin(node)),
        Atom(Kind.UNDATED, None, relation.name, uid, if_null=time, origin=interpreter.origin(node, note)),
    )


def known(time: Term) -> Term:
    """When something dated by a column is known; what is dated by a day, at the day's end."""
    return shift(time, DAY - 1) if time.type == DATE else time


def _label(
    interpreter: Interpreter,
    relation: Relation,
    columns: dict[str, Term],
    name: str,
    row: tuple[Atom, ...],
    node: exp.Expr,
) -> tuple[Atom, ...]:
    if name in relation.mutable:
        note = f"{relation.name}.{name} may be overwritten in place"
        return (*row, Atom(Kind.MUTABLE, None, relation.name, origin=interpreter.origin(node, note)))
    if name not in relation.late:
        return row
    value, time = columns[name], columns[relation.late[name]]
    if time.type not in TIME_TYPES:
        note = f"the time at which {relation.name}.{name} becomes known is not of a time type"
        return (*row, Atom(Kind.LATE, None, relation.name, origin=interpreter.origin(node, note)))
    note = f"{relation.name}.{name} becomes known only at {relation.late[name]}"
    origin = interpreter.origin(node, note)
    interpreter.use(f"{relation.name}.{name} is known at {relation.late[name]} and NULL until then")
    return (
        *row,
        Atom(Kind.LATE, known(time), relation.name, if_not_null=value, origin=origin),
        Atom(Kind.LATE, None, relation.name, if_null=value, origin=origin),
    )


def _facts(relation: Relation, columns: dict[str, Term]) -> list[Fact]:
    facts: list[Fact] = [NotNull(term) for name, term in columns.items() if relation.is_not_null(name)]
    for later, earlier in relation.after.items():
        if columns[later].type in TIME_TYPES and columns[earlier].type in TIME_TYPES:
            facts.append(Bound(columns[earlier], columns[later], -1))
    return facts
