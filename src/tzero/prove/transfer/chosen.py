"""The row that a lateral subquery chooses is a function of what the subquery asks of the outer row.

Two of the same text, from outer rows that agree on what is asked, choose the same row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.label import Kind
from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import Term, Var
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.limit import takes_one
from tzero.prove.transfer.lookup import Chosen

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names

_OF_DATA = frozenset({Kind.ROW, Kind.EXISTS, Kind.COMPLETE, Kind.LATE, Kind.MUTABLE, Kind.UNDATED})
"""What one and the same database decides; the session, the clock, chance or the order of rows are none of it."""


def chosen(interpreter: Interpreter, node: exp.Expr, names: Names, frame: Frame, row: Row) -> Chosen | None:
    """What a FROM item chooses for each row of a frame; None where it is no such choice, or more than data decides."""
    query = _query(node)
    if query is None or not takes_one(query):
        return None
    tables = list(query.find_all(exp.Table))
    if any("." not in _name(table) and _name(table) in names for table in tables):
        return None
    if not _of_data(interpreter, row):
        return None
    inside = {item.alias_or_name.lower() for item in query.find_all(exp.Table, exp.Subquery, exp.CTE)}
    text, arguments = query.copy(), list[Term]()
    for column in list(text.find_all(exp.Column)):
        if not column.table:
            return None
        if column.table.lower() in inside:
            continue
        term = frame.resolve(column.name, column.table)
        if term is None:
            return None
        if term not in arguments:
            arguments.append(term)
        column.replace(exp.Placeholder(this=str(arguments.index(term))))
    return Chosen(text.sql(interpreter.dialect), tuple(arguments))


def _query(node: exp.Expr) -> exp.Select | None:
    while isinstance(node, (exp.Lateral, exp.Subquery)):
        node = node.this
    return node if isinstance(node, exp.Select) else None


def _name(table: exp.Table) -> str:
    return ".".join(part.name for part in table.parts).lower()


def _of_data(interpreter: Interpreter, row: Row) -> bool:
    found = [item.atom for item in row.presence]
    for term in row.columns.values():
        found += [atom for leaf in term.leaves for atom in interpreter.ledger.get(leaf, ())]
    return all(isinstance(term, Var) for term in row.columns.values()) and all(atom.kind in _OF_DATA for atom in found)
