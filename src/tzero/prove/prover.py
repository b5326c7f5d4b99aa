"""Proving one query: interpret it, then check presence and every column of every branch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from tzero.prove.declarations import Declarations
from tzero.prove.diagnosis import diagnose
from tzero.prove.domain.label import Atom, Kind, Located, Origin
from tzero.prove.domain.row import Row
from tzero.prove.proof import PRESENCE, ColumnProof, Finding, Proof, Verdict
from tzero.prove.transfer.interpreter import Interpreter, defining_query
from tzero.prove.verdict import Check
from tzero.sql.parse import parse_one


def prove(
    sql: str | exp.Expr,
    declarations: Declarations,
    *,
    dialect: str,
    views: Mapping[str, str | exp.Expr] | None = None,
) -> Proof:
    """Prove that a query cannot see the future, or say what is missing.

    ``views`` maps the names of views that the query reads to their SQL; they are followed. The dialect is one of
    ``postgres``, ``duckdb`` and ``spark``. Raises ExpressionError when the text does not parse.
    """
    tree = parse_one(sql, dialect) if isinstance(sql, str) else sql
    text = sql if isinstance(sql, str) else ""
    return Prover(Interpreter(declarations, dialect, views or {}), text).prove(defining_query(tree))


class Prover:
    """One proof; collects what holds and what does not."""

    def __init__(self, interpreter: Interpreter, text: str) -> None:
        self.interpreter = interpreter
        self.query = interpreter.declarations.query
        self.text = text
        self.failures: dict[str, dict[Atom, Located]] = {}
        self.facts: dict[str, dict[str, None]] = {}

    def prove(self, node: exp.Expr) -> Proof:
        rows = self.interpreter.query(node, {}, None)
        names = list(dict.fromkeys(name for row in rows for name in row.columns))
        for name in (PRESENCE, *names):
            self.failures[name] = {}
            self.facts[name] = {}
        for row in rows:
            self._branch(row)
        findings = self._findings()
        columns = tuple(self._column(name, findings) for name in self.failures)
        return Proof(columns, tuple(findings), tuple(self.interpreter.used))

    def _column(self, name: str, findings: Iterable[Finding]) -> ColumnProof:
        failed = any(finding.column == name for finding in findings)
        verdict = Verdict.UNPROVED if failed else Verdict.PROVED
        return ColumnProof(name, verdict, tuple(self.facts[name]))

    def _branch(self, row: Row) -> None:
        anchor = row.columns.get(self.query.anchor)
        if row.store.impossible:
            return
        if anchor is None:
            self._fail(PRESENCE, row, f"no output column is named {self.query.anchor}, the anchor")
            return
        check = Check(row, self.query, self.interpreter.labels, anchor)
        problem = check.anchor_problem()
        if problem:
            self._fail(PRESENCE, row, problem)
        present = {item.atom for item in row.located_presence()}
        self._collect(check, PRESENCE, row.located_presence())
        check.grant_presence()
        for name, term in row.columns.items():
            if name in self.query.spine:
                continue
            located = self.interpreter.labels.value(term, row.store)
            self._collect(check, name, (item for item in located if item.atom not in present))

    def _collect(self, check: Check, name: str, located: Iterable[Located]) -> None:
        check.facts = self.facts[name]
        for item in check.failing(located):
            self.failures[name].setdefault(item.atom, item)

    def _fail(self, name: str, row: Row, note: str) -> None:
        atom = Atom(Kind.UNKNOWN, relation=note, origin=Origin(None, note))
        self.failures[name][atom] = Located(atom, row.store)

    def _findings(self) -> list[Finding]:
        found: dict[tuple[str, str, str, object], Finding] = {}
        for name, atoms in self.failures.items():
            for item in atoms.values():
                finding = diagnose(item, name, self.query, self.text)
                found.setdefault((name, finding.code, finding.message, finding.span), finding)
        return list(found.values())
