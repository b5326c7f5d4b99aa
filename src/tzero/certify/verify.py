"""Whether a certificate that somebody hands over is whole, and whether it is still true of a database."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tzero.certify.baseline.forged import forged
from tzero.certify.certificate import CERTIFIED, CONTRACT, DEFINITION, PREDICATE, REFUSED, STATEMENT, Certificate
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.gates.order import gates
from tzero.certify.guard import require_certified
from tzero.certify.waiver import Waiver, uncovered
from tzero.errors import UncertifiedError, UsageError
from tzero.sql.names import RelationName
from tzero.state import certificate, run
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked of a certificate, and what is wrong with it; empty where nothing is."""

    what: str
    wrong: str = ""

    @property
    def holds(self) -> bool:
        return not self.wrong


def read_certificate(document: Any) -> tuple[Certificate, str]:
    """The certificate of a JSON document, and the id that the document says it has.

    Raises UsageError where it is no certificate of this kind.
    """
    if not isinstance(document, Mapping) or document.get("predicateType") != PREDICATE:
        raise UsageError("this is no certificate of tzero", fix=f"its predicateType has to be {PREDICATE}")
    statement = {name: value for name, value in document.items() if name != "id"}
    return Certificate(statement), str(document.get("id", ""))


def verify(found: Certificate, told: str) -> tuple[Check, ...]:
    """Check a certificate by itself: its id, its form, its digests, and that its verdict follows from its gates."""
    try:
        return (
            Check("id", "" if found.id == told else f"the file gives the id {found.id[:16]}, and says {told[:16]}"),
            Check("form", "" if found.statement.get("_type") == STATEMENT else f"it is no {STATEMENT}"),
            Check("digests", next(_digests(found), "")),
            Check("gates", _missing(found)),
            Check("verdict", _verdict(found)),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return (Check("form", f"it cannot be read: {type(error).__name__} {error}"),)


def verify_at(found: Certificate, state: StateSchema) -> tuple[Check, ...]:
    """Check a certificate against a database: its kept copy, and that what it says of the relation is still so."""
    kept = certificate.find(state, found.id)
    copy = "" if kept is not None and kept.statement == found.text else "the database keeps no such certificate"
    last = certificate.latest(state, found.relation)
    newer = (
        "" if last is None or last.certificate_id == found.id else f"certificate {last.certificate_id[:16]} is newer"
    )
    try:
        require_certified(state, RelationName.parse(found.relation))
        now = ""
    except UncertifiedError as error:
        now = error.what
    return (
        Check("kept copy", copy),
        Check("newest", newer),
        Check("chain", next(_chain(state, found.relation), "")),
        Check("captures", next((each.message for each in forged(state, found)), "")),
        Check("guard", now),
    )


def _chain(state: StateSchema, relation: str) -> Iterator[str]:
    """Whether each kept certificate names the one before it, and each was made by a run of its own."""
    kept = certificate.history(state, relation)
    made = run.certificate_ids(state, relation)
    for found in sorted(set(made) - {record.certificate_id for record in kept}):
        yield f"certificate {found[:16]} was made, and is not kept"
    if [record.certificate_id for record in kept] != list(made):
        yield f"{len(kept)} certificates are kept, and {len(made)} runs made one, in another order or others"
    before = None
    for record in kept:
        if json.loads(record.statement)["predicate"]["previous"] != before:
            yield f"certificate {record.certificate_id[:16]} does not follow {(before or 'none')[:16]}"
        before = record.certificate_id


def _digests(found: Certificate) -> Iterator[str]:
    """The subjects beside the lineage, whose texts they digest."""
    told = found.digests(DEFINITION)
    for link in found.predicate["lineage"]:
        text, name = link["definition"], str(link["relation"])
        if text is None:
            continue
        digest = hashlib.sha256(str(text).encode()).hexdigest()
        if not digest == link["sha256"] == told.get(name):
            yield f"the definition of {name} does not give its digest"
    if found.is_good and not found.digests(CONTRACT):
        yield "it names no contract"


def _missing(found: Certificate) -> str:
    """A certificate of fewer gates than there are says less than it seems to."""
    had = [str(gate["gate"]) for gate in found.predicate["gates"]]
    missing = [gate.code for gate in gates() if gate.code not in had]
    return f"it lacks the gates {', '.join(missing)}" if missing else ""


def _verdict(found: Certificate) -> str:
    predicate = found.predicate
    results = [_result(gate) for gate in predicate["gates"]]
    waivers = [_waiver(waiver) for waiver in predicate["waivers"]]
    failed = any(not result.verdict.holds and not result.verdict.can_be_waived for result in results)
    bare = any(result.verdict.can_be_waived and not result.findings for result in results)
    open_ones = uncovered(results, waivers, found.certified_at.date())
    follows = CERTIFIED if results and not failed and not bare and not open_ones else REFUSED
    told = str(predicate["verdict"])
    return "" if follows == told else f"it says {told}, and {follows} follows from its gates"


def _result(gate: Mapping[str, Any]) -> GateResult:
    names = ("code", "message", "relation", "column", "fix", "witness")
    findings = tuple(Finding(**{name: finding[name] for name in names}) for finding in gate["findings"])
    return GateResult(gate["gate"], gate["title"], Verdict(gate["verdict"]), gate["summary"], findings=findings)


def _waiver(waiver: Mapping[str, Any]) -> Waiver:
    until = waiver["until"]
    return Waiver(**{**waiver, "until": None if until is None else dt.date.fromisoformat(until)})
