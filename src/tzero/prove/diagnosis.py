"""From an atom that does not hold to a finding that says what, where, which fact is missing and what to write."""

from __future__ import annotations

from tzero.prove.declarations import Query
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.proof import Finding, Span, Verdict
from tzero.sql.spans import line_and_column, span_of

CODES = {
    Kind.ROW: "T001", Kind.COMPLETE: "T002", Kind.EXISTS: "T003", Kind.LATE: "T004", Kind.MUTABLE: "T005",
    Kind.UNDATED: "T006", Kind.UNDECLARED: "T007", Kind.CLOCK: "T008", Kind.SESSION: "T009", Kind.VOLATILE: "T010",
    Kind.ORDER: "T011", Kind.UNKNOWN: "T012",
}  # fmt: skip


def diagnose(item: Located, column: str, query: Query, text: str) -> Finding:
    """The finding for one atom of one output column."""
    atom = item.atom
    origin = atom.origin
    node = origin.node if origin else None
    place = span_of(node) if node is not None and not (origin and origin.view) else None
    span = None
    if place is not None and place[1] <= len(text):
        span = Span(*line_and_column(text, place[0]), *place)
    return Finding(
        code=CODES[atom.kind], verdict=Verdict.UNPROVED, column=column, span=span, relation=atom.relation,
        expression=node.sql() if node is not None else "", message=_message(atom), missing="", fix="",
    )  # fmt: skip


def _message(atom: Atom) -> str:
    note = atom.origin.note if atom.origin else ""
    return note or f"{atom.kind.value} of {atom.relation}"
