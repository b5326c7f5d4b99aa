"""A4: every definition in the closure is the one that somebody answers for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.lineage import Link, lineage_of
from tzero.certify.subject import Subject
from tzero.sql.render import render
from tzero.state import accepted, definition

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class DefinitionGate:
    """sha256 of what the catalog shows, against the accepted one; and what is declared, against what was built."""

    code = "A4"
    title = "definition"

    def __call__(self, subject: Subject) -> GateResult:
        lineage = lineage_of(subject)
        known = accepted.latest(subject.state)
        changed = [finding for link in lineage.defined for finding in _changed(link, known.get(str(link.name)))]
        findings = (*changed, *_declared_otherwise(subject))
        new = [str(link.name) for link in lineage.defined if str(link.name) not in known]
        exercised = {"definitions": len(lineage.defined), "accepted before": len(lineage.defined) - len(new)}
        if not lineage.defined:
            return GateResult(self.code, self.title, Verdict.FAIL, "there was no definition to compare", exercised)
        seen = f", {len(new)} are seen for the first time" if new else ""
        told = f"{len(lineage.defined) - len(new)} definitions are the accepted ones{seen}"
        summary = f"{len(findings)} definitions are not the accepted ones" if findings else told
        notes = tuple(f"{name} is seen for the first time: a certificate accepts it as it is" for name in new)
        return GateResult(
            self.code, self.title, Verdict.FAIL if findings else Verdict.PASS, summary, exercised, findings, notes
        )


def _changed(link: Link, known: accepted.Accepted | None) -> Iterator[Finding]:
    if known is None or known.sha256 == link.sha256:
        return
    yield Finding(
        "A4.changed",
        f"{link.name} is not as {known.accepted_by} accepted it on {known.accepted_at:%Y-%m-%d}: "
        f"{_first_difference(known.definition, str(link.definition))}",
        str(link.name),
        fix="restore it with tzero apply, or accept it: tzero contract accept --by NAME --why REASON",
        witness={"accepted": known.sha256, "found": link.sha256},
    )


def _declared_otherwise(subject: Subject) -> Iterator[Finding]:
    """Feature views whose declarations changed since they were applied."""
    recorded = definition.current(subject.state)
    for relation in subject.deployment.relations if subject.deployment else ():
        known = recorded.get(str(relation.name))
        declared = render(relation.query, subject.engine.dialect, pretty=True)
        if known is None or known.text != declared:
            was = "was never applied" if known is None else "is declared otherwise now"
            yield Finding(
                "A4.declared", f"{relation.name} {was}", str(relation.name), fix="look at tzero plan, then tzero apply"
            )


def _first_difference(before: str, after: str) -> str:
    """The first line in which two texts differ, shortened.

    >>> _first_difference("SELECT a\\nFROM t", "SELECT a\\nFROM u")
    "line 2 was 'FROM t', is 'FROM u'"
    """
    pairs = enumerate(zip_longest(before.splitlines(), after.splitlines(), fillvalue=""), 1)
    found = next(((at, pair) for at, pair in pairs if pair[0] != pair[1]), None)
    if found is None:
        return "the text is the same, and its recorded digest was changed by hand"
    number, (old, new) = found
    return f"line {number} was {_short(old)!r}, is {_short(new)!r}"


def _short(line: str) -> str:
    return line.strip()[:_WIDTH]
