"""Certify what a demonstration built: first what the store replaces, then the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tzero.certify.certificate import Certificate
from tzero.project import Project
from tzero.report.page import page_of
from tzero.report.written import write_certificate
from tzero.sql.names import RelationName
from tzero.starters.demo.stages import Stages

SECONDS = 6.0
"""How long the search for a witness may take, for each relation."""


_TELLING = ("B1", "B2", "C1")


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate, good or bad: where its page is, and in words why it is as it is."""

    relation: str
    verdict: str
    why: str
    page: Path

    def as_json(self) -> dict[str, Any]:
        return {"relation": self.relation, "verdict": self.verdict, "why": self.why, "page": str(self.page)}


def certify(project: Project, stages: Stages) -> tuple[Certified, ...]:
    """Certify every relation of the project, those of the user's own SQL first, and write the pages."""
    stages.chapter("certify: every gate, and a certificate each")
    views = {view.name for view in project.views}
    names = sorted(project.certifiable_names, key=lambda name: name in views)
    return tuple(_certified(project, stages, name) for name in names)


def _certified(project: Project, stages: Stages, name: RelationName) -> Certified:
    with stages.stage(f"certify {name.name}") as count:
        found = project.certify(
            str(name),
            seconds=SECONDS,
            progress=lambda gate: stages.listener.begin(f"certify {name.name}: {gate.code} {gate.title}"),
        )
        page = write_certificate(found, project.root / "certificates", name.name)
        count(found.standing.rows)
    return Certified(str(name), str(found.predicate["verdict"]), _why(found), page)


def _why(found: Certificate) -> str:
    page = page_of(found)
    story, gates = page.story, found.predicate["gates"]
    if story is not None:
        key = ", ".join(f"{name} {value}" for name, value in story.key)
        told = story.told[:1].lower() + story.told[1:]
        return (
            f"It knows the future. The search changed what happens on {story.future} or later ({told}), and the "
            f"{story.column} of {key}, decided on {story.past}, went from {story.before} to {story.after}."
        )
    if found.is_good:
        said = [gate["summary"] for gate in gates if gate["gate"] in _TELLING]
        applied = (text for text in said if not text.startswith("not applicable"))
        return f"All {len(gates)} checks hold: {'; '.join(applied)}."
    return "; ".join(f"{gate['gate']} {gate['title']}: {gate['summary']}" for gate in gates if gate["findings"])
