"""Proving one query: interpret it, then check presence and every column of every branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sqlglot import exp

from tzero.prove.declarations import Declarations
from tzero.prove.diagnosis import anchor_finding, diagnose, no_row_finding, too_large_finding
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import Term
from tzero.prove.domain.work import TooMuchWorkError, limited
from tzero.prove.inferred import with_columns
from tzero.prove.proof import PRESENCE, ColumnProof, Finding, Proof, Verdict
from tzero.prove.statements import defining_query
from tzero.prove.transfer.interpreter import Interpreter
from tzero.prove.verdict import TIMELESS, Check
from tzero.sql.collecting import less
from tzero.sql.parse import parse_one

UNGRANTED = TIMELESS | {Kind.UNDECLARED}
"""What holds at no time is told of a column, too: that the row is there says nothing of its other rows."""

MOST_WORK = 2_000_000
"""Facts that may be copied for one proof: some fifteen seconds, and twenty times what large feature views take."""


def prove(
    sql: str | exp.Expr,
    declarations: Declarations,
    *,
    dialect: str,
    views: Mapping[str, str | exp.Expr] | None = None,
    sources: Mapping[str, str] | None = None,
) -> Proof:
    """Prove that a query cannot see the future, or say what is missing.

    ``views`` maps the names of views that the query reads to their SQL; they are followed. ``sources`` are the texts
    that trees were parsed from, by the name of the view and by the empty name for the query, so that findings can show
    them. The dialect is one of ``postgres``, ``duckdb``, ``spark``.

    Raises ExpressionError when the text does not parse.
    """
    tree = parse_one(sql, dialect) if isinstance(sql, str) else sql
    declarations = with_columns(declarations, tree, views or {}, dialect)
    texts = {name.lower(): view for name, view in (views or {}).items() if isinstance(view, str)}
    texts[""] = sql if isinstance(sql, str) else ""
    texts |= sources or {}
    try:
        with limited(MOST_WORK), less():
            return Prover(Interpreter(declarations, dialect, views or {}), texts).prove(defining_query(tree))
    except TooMuchWorkError:
        return Proof((ColumnProof(PRESENCE, Verdict.UNPROVED),), (too_large_finding(),))


class Prover:
    """One proof; collects what holds and what does not."""

    def __init__(self, interpreter: Interpreter, texts: Mapping[str, str]) -> None:
        self.interpreter = interpreter
        self.query = interpreter.declarations.query
        self.texts = texts
        self.node: exp.Expr = exp.Null()
        self.findings: dict[object, Finding] = {}
        self.facts: dict[str, dict[str, None]] = {}
        self.lacks_anchor = False
        """Without a T0 nothing is before it, so no column counts as proved."""

    def prove(self, node: exp.Expr) -> Proof:
        self.node = node
        rows = [row for row in self.interpreter.query(node, {}, None) if not row.store.impossible]
        if not rows:
            return Proof((ColumnProof(PRESENCE, Verdict.UNPROVED),), (no_row_finding(),))
        names = dict.fromkeys(name for row in rows for name in row.columns)
        self.facts = {name: {} for name in (PRESENCE, *names)}
        for row in rows:
            self._branch(row)
        columns = tuple(self._column(name) for name in self.facts)
        return Proof(columns, tuple(self.findings.values()), tuple(self.interpreter.used))

    def _column(self, name: str) -> ColumnProof:
        failed = self.lacks_anchor or any(finding.column == name for finding in self.findings.values())
        verdict = Verdict.UNPROVED if failed else Verdict.PROVED
        return ColumnProof(name, verdict, () if failed else tuple(self.facts[name]))

    def _branch(self, row: Row) -> None:
        anchor = row.columns.get(self.query.anchor) or self._own_time(row)
        if anchor is None:
            self._refuse_anchor(f"no output column is named {self.query.anchor}")
            return
        check = Check(row, self.query, self.interpreter.labels, anchor)
        problem = check.anchor_problem()
        if problem:
            self._refuse_anchor(problem)
        present = {item.atom for item in row.presence if not item.tested and item.atom.kind not in UNGRANTED}
        self._collect(check, PRESENCE, row.located_presence())
        check.grant_presence()
        for name, term in row.columns.items():
            if name not in self.query.spine:
                located = self.interpreter.labels.value(term, row.store)
                self._collect(check, name, (item for item in located if _unguarded(item) not in present))

    def _own_time(self, row: Row) -> Term | None:
        """The own row's time, where the output does not show it: the only row of its relation that is surely there."""
        relation = self.interpreter.declarations.relation(self.query.own or "")
        if relation is None or relation.known is None:
            return None
        position = list(relation.columns).index(relation.known)
        found = [part for part in row.parts if part.relation == relation.name and part.marker is None]
        if len(found) != 1:
            return None
        self.interpreter.use(f"T0 is {relation.name}.{relation.known} of the own row")
        return found[0].terms[position]

    def _collect(self, check: Check, name: str, located: Iterable[Located]) -> None:
        check.facts = self.facts.setdefault(name, {})
        for item in check.failing(located):
            at_anchor = check.at_anchor(item)
            finding = diagnose(item, name, self.interpreter.declarations, self.node, self.texts, at_anchor=at_anchor)
            self.findings.setdefault((name, finding.code, finding.message, finding.span), finding)

    def _refuse_anchor(self, note: str) -> None:
        self.lacks_anchor = True
        self.findings.setdefault(note, anchor_finding(note, self.interpreter.declarations))


def _unguarded(item: Located) -> Atom:
    """The atom as it is where nothing needs to be so for it to matter."""
    atom = item.atom
    return atom if atom.if_null is atom.if_not_null is None else replace(atom, if_null=None, if_not_null=None)
