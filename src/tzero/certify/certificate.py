"""The certificate: one statement of what was certified, by which gates, on what evidence.

Its form is that of an in-toto statement (https://in-toto.io/Statement/v1): subjects with their digests, and a
predicate. Its id is the sha256 of its canonical JSON, so that a copy can be checked without the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

from tzero.certify.certification import Certification
from tzero.certify.cost import built_seconds
from tzero.certify.curves import curves_of
from tzero.certify.declared import declared_json
from tzero.certify.lineage import Lineage, lineage_of
from tzero.certify.marks import tell_standing
from tzero.certify.standing import Standing, standing_of
from tzero.certify.subject import Anchors, Subject
from tzero.certify.waiver import Waiver, uncovered, unused
from tzero.errors import TzeroError
from tzero.sql.names import RelationName
from tzero.state import certificate, feature_contract, run
from tzero.state.capture import Sealed
from tzero.state.certificate import CertificateRecord
from tzero.state.schema import StateSchema

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:tzero:certificate:v1"
CERTIFIED, REFUSED = "CERTIFIED", "REFUSED"
DEFINITION, CONTRACT, BASELINE, CAPTURES = "definition:", "contract:", "baseline:", "captures:"


@dataclass(frozen=True)
class Certificate:
    """A statement, as JSON would hold it."""

    statement: Mapping[str, Any]

    @cached_property
    def text(self) -> str:
        """The statement as canonical JSON: sorted keys, no white space, UTF-8."""
        return canonical(self.statement)

    @cached_property
    def id(self) -> str:
        """sha256 of the canonical JSON, in hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def predicate(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.statement["predicate"]
        return found

    @property
    def relation(self) -> str:
        return str(self.predicate["relation"])

    @property
    def is_good(self) -> bool:
        return bool(self.predicate["verdict"] == CERTIFIED)

    @property
    def certified_at(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.predicate["certified_at"])

    @property
    def run_id(self) -> int:
        """The last run of the store that it saw."""
        return int(self.predicate["run_id"])

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.predicate["key"])

    @property
    def anchors(self) -> Anchors:
        told = self.predicate["anchors"]
        return Anchors(
            RelationName.parse(told["relation"]), tuple(told["key"]), told["time"], told["day"], told["zone"]
        )

    @property
    def standing(self) -> Standing:
        """How many rows it saw, and the newest T0 among them."""
        return Standing.from_json(self.predicate["standing"])

    @property
    def standing_marked(self) -> bool:
        """Whether the standing is the same for as long as the marks are."""
        return self.predicate.get("standing_marked") is True

    def digests(self, kind: str) -> dict[str, str]:
        """The sha256 of every subject of a kind (``definition:``, ``captures:`` and so on), by its name."""
        return {
            str(item["name"]).removeprefix(kind): str(item["digest"]["sha256"])
            for item in self.statement["subject"]
            if str(item["name"]).startswith(kind)
        }

    def as_json(self) -> dict[str, Any]:
        """The statement with its id beside it: what is written to a file."""
        return {"id": self.id, **self.statement}


def canonical(value: Any) -> str:
    """JSON with one form for one value.

    >>> canonical({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def certify(
    certification: Certification,
    waivers: Sequence[Waiver] = (),
    *,
    baseline: str | None = None,
    captures: Mapping[str, Sealed] | None = None,
    marks: Mapping[str, str | None] | None = None,
    max_age: dt.timedelta | None = None,
    since: float | None = None,
) -> Certificate:
    """State what the gates said. Certified when each holds, or is unproved and waived in every finding.

    ``baseline`` is the sha256 of the digests of what the relation holds, ``captures`` what seals the versions beneath
    it, ``marks`` are those of its stored rows from before the first gate ran, ``max_age`` how old the certificate may
    be where whoever asks for it does not say, ``since`` what the monotonic clock showed when certifying began.
    """
    subject, results = certification.subject, certification.results
    now = dt.datetime.now(dt.UTC)
    open_findings = uncovered(results, waivers, now.date())
    # a gate that is unproved and names nothing leaves nothing that a waiver could cover
    bare = any(not result.findings for result in certification.unproved)
    good = bool(results) and not certification.failed and not open_findings and not bare
    lineage = _lineage(subject)
    curves, standing = _curves(subject), standing_of(subject)
    return Certificate({
        "_type": STATEMENT,
        "subject": _subjects(subject, lineage, baseline, captures or {}),
        "predicateType": PREDICATE,
        "predicate": {
            "relation": str(subject.relation),
            "key": list(subject.key),
            "contract": subject.contract,
            "verdict": CERTIFIED if good else REFUSED,
            "certified_at": now.isoformat(timespec="microseconds"),
            "max_age_seconds": None if max_age is None else max_age.total_seconds(),
            "previous": _previous(subject),
            "run_id": run.newest(subject.state),
            "captures": {name: found.number for name, found in (captures or {}).items()},
            "marks": dict(marks or {}),
            "standing": standing.as_json(),
            "standing_marked": _standing_marked(subject, lineage, marks or {}),
            "built_seconds": built_seconds(subject),
            "seconds": None if since is None else round(time.monotonic() - since, 3),
            "held": sorted(str(name) for name in subject.held),
            "gates": [result.as_json() for result in results],
            "waivers": [waiver.as_json() for waiver in waivers],
            "unused_waivers": [waiver.as_json() for waiver in unused(results, waivers, now.date())],
            "anchors": _anchors(subject),
            "declarations": declared_json(subject.declarations),
            "curves": curves,
            "lineage": [] if lineage is None else [link.as_json() for link in lineage],
            "versions": _versions(subject),
        },
    })  # fmt: skip


def keep(state: StateSchema, found: Certificate) -> None:
    """Keep a certificate in the store, and a run that says that it was made; inside the caller's transaction.

    The guard compares both: who takes a certificate out, or puts another one in, has to write to two tables.
    """
    certificate.append(state, record_of(found))
    number = run.next_id(state)
    ended = dt.datetime.now(dt.UTC)
    run.append(state, number, [run.RunRecord(
        run.CERTIFY, run.WHOLE, found.relation, found.certified_at, ended, found.standing.rows, detail=found.id
    )])  # fmt: skip


def record_of(found: Certificate) -> CertificateRecord:
    """A certificate as a row of the state."""
    verdict = str(found.predicate["verdict"])
    return CertificateRecord(found.id, found.relation, verdict, found.certified_at, found.run_id, found.text)


def _lineage(subject: Subject) -> Lineage | None:
    """The lineage; None where a relation of it is gone, which its gate says."""
    try:
        return lineage_of(subject)
    except TzeroError:
        return None


def _standing_marked(subject: Subject, lineage: Lineage | None, marks: Mapping[str, str | None]) -> bool:
    """Whether the standing is the same for as long as the marks are: then a guard need not look at the rows."""
    if lineage is None:
        return False
    try:
        return tell_standing(subject.engine, lineage, subject.anchors.relation, marks)
    except TzeroError:
        return False


def _curves(subject: Subject) -> dict[str, Any]:
    """The curves; where they cannot be drawn, why not. They are for the eye, and no gate."""
    try:
        return curves_of(subject)
    except TzeroError as error:
        return {"why_not": error.what}


def _previous(subject: Subject) -> str | None:
    """The id of the certificate before this one: a chain that shows where one was taken out."""
    found = certificate.latest(subject.state, str(subject.relation))
    return None if found is None else found.certificate_id


def _subjects(
    subject: Subject, lineage: Lineage | None, baseline: str | None, captures: Mapping[str, Sealed]
) -> list[dict[str, Any]]:
    named = {f"{DEFINITION}{link.name}": str(link.sha256) for link in (lineage.defined if lineage else ())}
    try:
        contract = feature_contract.read(subject.state, subject.contract)
    except TzeroError:
        contract = None  # its gate says what is wrong with it
    if contract is not None:
        named[f"{CONTRACT}{contract.name}"] = contract.features_hash
    if baseline is not None:
        named[f"{BASELINE}{subject.relation}"] = baseline
    named |= {f"{CAPTURES}{name}": found.sha256 for name, found in captures.items()}
    return [{"name": name, "digest": {"sha256": digest}} for name, digest in named.items()]


def _anchors(subject: Subject) -> dict[str, Any]:
    anchors = subject.anchors
    return {
        "relation": str(anchors.relation),
        "key": list(anchors.key),
        "time": anchors.time,
        "day": anchors.day,
        "zone": anchors.zone,
    }


def _versions(subject: Subject) -> dict[str, str]:
    return {
        "tzero": version("tzero"),
        "python": platform.python_version(),
        "sqlglot": version("sqlglot"),
        "engine": str(subject.engine.rows("SELECT version()")[0][0]),
        "dialect": subject.engine.dialect,
    }
