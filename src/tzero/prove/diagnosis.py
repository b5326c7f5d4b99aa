"""From an atom that does not hold to a finding that says what, where, which fact is missing and what to write."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from tzero.prove.declarations import Declarations
from tzero.prove.domain.label import Atom, Kind, Located, Origin
from tzero.prove.proof import PRESENCE, Finding, Span, Verdict
from tzero.prove.remedy import bound, missing, remedy
from tzero.prove.rules import RULES
from tzero.sql.parse import Unreadable
from tzero.sql.spans import closed, line_and_column, span_of

CODES = {
    Kind.ROW: "T001",
    Kind.COMPLETE: "T002",
    Kind.EXISTS: "T002",
    Kind.LATE: "T004",
    Kind.MUTABLE: "T005",
    Kind.UNDATED: "T006",
    Kind.UNDECLARED: "T007",
    Kind.CLOCK: "T008",
    Kind.SESSION: "T009",
    Kind.VOLATILE: "T010",
    Kind.ORDER: "T011",
    Kind.UNKNOWN: "T012",
}
ANCHOR_CODE, PRESENCE_CODE, TIE_CODE, UNKNOWN_CODE = "T013", "T003", "T014", "T012"
DIALECTS = ("duckdb", "postgres", "spark")


def diagnose(
    item: Located,
    column: str,
    declarations: Declarations,
    query: exp.Expr,
    texts: Mapping[str, str],
    *,
    at_anchor: bool,
) -> Finding:
    """The finding for one atom of one output column. ``at_anchor``: it is known at T0, only not before.

    ``texts`` holds the source of the query under the empty name, and of each view under its name.
    """
    atom = item.atom
    code = _code(atom, column, at_anchor=at_anchor)
    words = _words(atom, declarations)
    rule = RULES[code]
    origin = atom.origin or Origin(None)
    view = origin.view
    text = texts.get(view, "")
    span = _span(origin.node, text)
    expression = text[span.start : span.end] if span is not None else ""
    here = bound(atom, words, query)
    fix = remedy(code, atom, here, own=declarations.query.own is not None)
    return Finding(
        code=code,
        verdict=Verdict.UNPROVED,
        column=column,
        message=_message(atom, rule.summary, view),
        span=span,
        expression=expression,
        missing=missing(code, atom, here) or rule.missing.format(**words),
        fix=fix or rule.fix.format(**words),
        relation=atom.relation,
        view=view,
        read_at=_span(origin.reader, texts.get("", "")),
    )


def _span(node: exp.Expr | None, text: str) -> Span | None:
    """Where an expression stands in a text that it was parsed from."""
    place = span_of(node) if node is not None else None
    if place is None or place[1] > len(text):
        return None
    start, end = place[0], closed(text, *place)
    return Span(*line_and_column(text, start), start, end)


def anchor_finding(note: str, declarations: Declarations) -> Finding:
    """The finding for an output without a usable anchor."""
    rule = RULES[ANCHOR_CODE]
    words = {"anchor": declarations.query.anchor, "relation": "", "time": "", "note": note}
    return Finding(
        ANCHOR_CODE,
        Verdict.UNPROVED,
        PRESENCE,
        f"{rule.summary} {note.capitalize()}.",
        missing=rule.missing.format(**words),
        fix=rule.fix.format(**words),
    )


def unreadable_finding(found: Unreadable, dialect: str) -> Finding:
    """The finding for a statement that does not parse."""
    others = " or ".join(f"--dialect {other}" for other in DIALECTS if other != dialect)
    return Finding(
        UNKNOWN_CODE,
        Verdict.UNPROVED,
        PRESENCE,
        f"This does not parse as {dialect} SQL, so nothing is known of it. {found.why.rstrip('.')}.",
        Span(found.line, found.column, found.start, found.end),
        missing="a statement that can be read",
        fix=f"correct it, or say what it is written in: {others}",
    )


def too_large_finding() -> Finding:
    """The finding for a query whose proof takes too much work."""
    return Finding(
        UNKNOWN_CODE,
        Verdict.UNPROVED,
        PRESENCE,
        "The proof was given up: it takes more work than one query may cost, so nothing is known of it.",
        missing="a smaller query",
        fix="prove it in parts: make views of its subqueries, or write long CASE chains as joins with VALUES",
    )


def no_row_finding() -> Finding:
    """The finding for a query that is proved to have no row: of nothing, everything can be said."""
    return Finding(
        UNKNOWN_CODE,
        Verdict.UNPROVED,
        PRESENCE,
        "No row can be in the result, so nothing is proved of any: its conditions contradict each other, or what is "
        "declared.",
        missing="a row that can be there",
        fix="correct the condition that is never met, or the declaration that it contradicts",
    )


def _code(atom: Atom, column: str, *, at_anchor: bool) -> str:
    dated = atom.kind in (Kind.ROW, Kind.COMPLETE, Kind.EXISTS)
    if dated and at_anchor:
        return TIE_CODE
    if dated and column == PRESENCE:
        return PRESENCE_CODE
    return CODES[atom.kind]


def _words(atom: Atom, declarations: Declarations) -> dict[str, str]:
    relation = declarations.relation(atom.relation) if atom.relation else None
    time = f"{atom.relation}.{relation.known}" if relation is not None and relation.known else "its time"
    note = atom.origin.note if atom.origin else ""
    return {
        "relation": atom.relation or "the relation",
        "time": time,
        "anchor": declarations.query.anchor,
        "note": note or "it",
    }


def _message(atom: Atom, summary: str, view: str) -> str:
    note = atom.origin.note if atom.origin else ""
    where = f" (in view {view})" if view else ""
    subject = f" [{atom.relation}]" if atom.relation and atom.relation not in note else ""
    detail = f" {note[:1].upper()}{note[1:]}." if note else ""
    return f"{summary}{detail}{subject}{where}"
