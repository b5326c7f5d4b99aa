"""A5: no relation of labels, and no column that marks the current row, stands in the closure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.lineage import Lineage, lineage_of
from tzero.certify.subject import Subject
from tzero.sql.columns import column_names
from tzero.sql.parse import shared


@dataclass(frozen=True, slots=True)
class FirewallGate:
    """Labels are joined by the trainer alone; "current" is what the past did not know."""

    code = "A5"
    title = "firewall"

    def __call__(self, subject: Subject) -> GateResult:
        lineage = lineage_of(subject)
        findings = (*_behind(subject, lineage), *_current(subject, lineage))
        exercised = {
            "relations": len(lineage.links),
            "forbidden relations": len(subject.firewall),
            "forbidden columns": len(subject.current),
        }
        notes = () if subject.firewall else ("no relation is behind the firewall: list labels in [certify] firewall",)
        told = f"none of {len(lineage.links)} relations is forbidden"
        summary = f"{len(findings)} forbidden things are read" if findings else told
        return GateResult(
            self.code, self.title, Verdict.FAIL if findings else Verdict.PASS, summary, exercised, findings, notes
        )


def _behind(subject: Subject, lineage: Lineage) -> Iterator[Finding]:
    for link in lineage:
        for pattern in subject.firewall:
            if fnmatchcase(str(link.name).lower(), pattern.lower()):
                readers = ", ".join(str(other.name) for other in lineage if link.name in other.reads) or "itself"
                yield Finding(
                    "A5.relation",
                    f"{link.name} is behind the firewall ({pattern}), and is read by {readers}",
                    str(link.name),
                    fix="take it out of the features: the trainer joins labels by key and T0",
                )


def _current(subject: Subject, lineage: Lineage) -> Iterator[Finding]:
    for link in lineage.defined:
        named = column_names(shared(str(link.definition), subject.engine.dialect)) & subject.current
        for column in sorted(named):
            yield Finding(
                "A5.current",
                f"{link.name} reads {column}, which marks the row that is current now, not the one that was at T0",
                str(link.name),
                column,
                "look the row up as of T0 (lookup_as_of), or take the column out of [certify] current",
            )
