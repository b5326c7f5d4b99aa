"""A2: nothing in the closure depends on query time, session, chance or physical order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tzero.certify.dependence import Dependence, review
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.engines.call import Call
from tzero.engines.calls import calls_of
from tzero.falsify.closure import closure_of
from tzero.sql.clock_words import clock_words
from tzero.sql.names import RelationName
from tzero.sql.parse import shared
from tzero.state import definition


@dataclass(frozen=True, slots=True)
class ClockGate:
    """Every function that the closure calls, as the database resolved it, against what it is known to depend on.

    The source is read as well: PostgreSQL folds words such as ``'today'`` into a constant when it creates a view.
    """

    code = "A2"
    title = "clock"

    def __call__(self, subject: Subject) -> GateResult:
        closure = closure_of(subject.engine, subject.relation, subject.views)
        called = [(name, call) for name, tree in closure.views for call in calls_of(subject.engine, name, tree)]
        found = {(finding.code, finding.message): finding for finding in self._depending(subject, called)}
        found |= {
            (finding.code, finding.message): finding
            for finding in self._folded(subject, (name for name, _ in closure.views))
        }
        findings = tuple(found.values())
        functions = {call.signature for _, call in called}
        exercised = {"relations": len(closure.views), "calls": len(called), "functions": len(functions)}
        if not closure.views:
            return GateResult(self.code, self.title, Verdict.FAIL, "there was no definition to read", exercised)
        allowed = sorted(functions & set(subject.reviewed))
        return GateResult(
            self.code,
            self.title,
            Verdict.FAIL if findings else Verdict.PASS,
            _summary(findings, len(functions), len(closure.views)),
            exercised,
            findings,
            tuple(f"{signature} is on the reviewed list: {subject.reviewed[signature]}" for signature in allowed),
        )

    def _depending(self, subject: Subject, called: list[tuple[RelationName, Call]]) -> Iterator[Finding]:
        seen: set[Call] = set()
        for name, call in called:
            found = review(call, subject.engine.dialect)
            # a plan shows the views that it reads once more: the innermost relation is the one to name
            if found.dependence is Dependence.NOTHING or call.signature in subject.reviewed or call in seen:
                continue
            seen.add(call)
            within = f" (called by {call.via})" if call.via else ""
            message = f"{call.signature}{within} {found.reason}"
            yield Finding(f"A2.{found.dependence.value}", message, str(name), fix=found.fix)

    def _folded(self, subject: Subject, names: Iterable[RelationName]) -> Iterator[Finding]:
        recorded = definition.current(subject.state)
        for name in names:
            known = recorded.get(str(name))
            if known is None:
                continue
            for word in clock_words(shared(known.text, subject.engine.dialect)):
                yield Finding(
                    "A2.folded",
                    f"{word!r} became a constant when {name} was created, and another one when it is created again",
                    str(name),
                    fix="compare with the row's own T0, or write the date that you mean",
                )


def _summary(findings: tuple[Finding, ...], functions: int, relations: int) -> str:
    looked = f"{functions} functions in {relations} relations"
    if not findings:
        return f"none of the {looked} depends on clock, session, chance or order"
    return f"{len(findings)} of what is called in {relations} relations does not depend on the rows alone"
