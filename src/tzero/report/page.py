"""A certificate as one page: HTML without scripts and without anything from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tzero.certify.certificate import Certificate
from tzero.report.curve_picture import Curve, curves_of
from tzero.report.day_map import DayMap, map_of
from tzero.report.findings import Cause, causes
from tzero.report.lineage_picture import Picture, picture_of
from tzero.report.proof_margin import Margin, margin_of
from tzero.report.story import Story, story_of
from tzero.report.templating import page_from

QUESTIONS = {
    "A1": "Is everything there?",
    "A2": "Does anything depend on when, where or in which order it is read?",
    "A3": "Are the columns those that were promised?",
    "A4": "Are the definitions those that somebody accepted?",
    "A5": "Is any answer, or any mark of the present, among what it is made of?",
    "B1": "Can it be proved from the definitions, for all data?",
    "B2": "Does another way of counting give the same counts?",
    "B3": "Is there one row for each, with a moment of decision?",
    "C1": "Does another future change the past?",
    "C2": "Is what was computed for past days still the same?",
    "C3": "Are the statistics as new as the rows?",
}


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template shows."""

    certificate: Certificate
    causes: tuple[Cause, ...]
    story: Story | None
    lineage: Picture | None
    margin: Margin | None
    map: DayMap | None
    curves: tuple[Curve, ...]

    @property
    def predicate(self) -> Mapping[str, Any]:
        return self.certificate.predicate

    @property
    def seconds(self) -> float:
        """How long certifying took; of a certificate that does not say, how long its gates took."""
        found = self.predicate.get("seconds")
        return float(found) if found is not None else sum(float(gate["seconds"]) for gate in self.predicate["gates"])

    @property
    def built_seconds(self) -> float | None:
        """How long the build of what is stored took; None where no run built it, as for a user's own view."""
        found = self.predicate.get("built_seconds")
        return None if found is None else float(found)

    @property
    def holding(self) -> int:
        return sum(gate["verdict"] in ("PASS", "PROVED") for gate in self.predicate["gates"])

    @property
    def questions(self) -> Mapping[str, str]:
        return QUESTIONS

    @property
    def columns(self) -> int:
        lineage = self.predicate["lineage"]
        return len(lineage[-1]["columns"]) if lineage else 0


def page_of(found: Certificate) -> Page:
    # as a file gives it back: the page is the same from wherever the certificate comes
    found = Certificate(json.loads(found.text))
    predicate = found.predicate
    lineage = predicate["lineage"]
    order = [column["name"] for column in lineage[-1]["columns"]] if lineage else []
    evidence = {gate["gate"]: gate.get("evidence") or {} for gate in predicate["gates"]}
    listed = causes(predicate["gates"])
    declared = predicate.get("declarations") or {}
    return Page(
        found,
        listed,
        story_of(listed, str(declared.get("anchor", "t0")), predicate["anchors"]["key"]),
        picture_of(predicate["lineage"]),
        margin_of(evidence.get("B1")),
        map_of(evidence.get("C2", {}).get("map"), order),
        curves_of(predicate.get("curves"), order),
    )


def render_page(found: Certificate) -> str:
    """The page of a certificate, good or bad, made of nothing but the certificate itself."""
    return page_from("certificate.html.j2", page=page_of(found))
