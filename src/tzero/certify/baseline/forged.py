"""Seals of captures against what a certificate saw of them: who rewrites history and its seals cannot rewrite that."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tzero.certify.baseline.captures import histories
from tzero.certify.certificate import CAPTURES, CERTIFIED, Certificate
from tzero.certify.subject import Subject
from tzero.state import capture, certificate
from tzero.state.baseline import BaselineRecord
from tzero.state.capture import Sealed
from tzero.state.schema import StateSchema


@dataclass(frozen=True, slots=True)
class Forged:
    """What seals the captures of one relation is not what a certificate saw."""

    relation: str
    certificate_id: str
    certified_at: dt.datetime
    columns: ClassVar[tuple[str, ...]] = ()

    @property
    def message(self) -> str:
        seen = f"certificate {self.certificate_id[:16]} of {self.certified_at:%Y-%m-%d %H:%M} UTC"
        return f"what seals the captures in {self.relation} was changed after {seen}"

    @property
    def fix(self) -> str:
        return f"find out who wrote to {capture.TABLE}; what must stay so is accepted by name: tzero baseline accept"

    def as_json(self) -> dict[str, Any]:
        return {
            "relation": self.relation,
            "certificate": self.certificate_id,
            "certified_at": self.certified_at.isoformat(),
        }


def sealed_beneath(subject: Subject) -> Mapping[str, Sealed]:
    """What seals the versions beneath a subject now, by the table of changes."""
    names = (str(versions.changes) for versions in histories(subject))
    return {name: capture.sealed(subject.state, name) for name in names}


def forged(state: StateSchema, found: Certificate) -> Iterator[Forged]:
    """The tables of changes whose seals are not those that a certificate names."""
    for name, sha256 in found.digests(CAPTURES).items():
        if capture.sealed(state, name, int(found.predicate["captures"][name])).sha256 != sha256:
            yield Forged(name, found.id, found.certified_at)


def forged_since(subject: Subject, accepted: BaselineRecord | None) -> Iterator[Forged]:
    """What was forged since the last good certificate; nothing where somebody answered for it after that."""
    record = certificate.latest_with(subject.state, str(subject.relation), CERTIFIED)
    if record is None or (accepted is not None and accepted.is_by_name and accepted.accepted_at > record.certified_at):
        return
    yield from forged(subject.state, Certificate(json.loads(record.statement)))
