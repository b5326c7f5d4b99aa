"""A1: every object of the closure is there, of the right kind, populated; keys are keys, rows as declared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.certify.assumed import Assumed, assumed
from tzero.certify.baseline.captures import histories
from tzero.certify.counting import listed, repeated_keys, rows_of, rows_where
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.lineage import Lineage, lineage_of
from tzero.certify.subject import Subject
from tzero.compile.deployment import Relation
from tzero.engines.append_only import refuses
from tzero.engines.catalog import RelationKind
from tzero.engines.objects import is_populated, keeps_unique_indexes, unique_indexes
from tzero.sql.names import RelationName

_APPLY = "run tzero apply"


@dataclass(frozen=True, slots=True)
class ObjectsGate:
    """The catalog and, for stored statistics, their keys: a NULL in one lets duplicates through a unique index."""

    code = "A1"
    title = "objects"

    def __call__(self, subject: Subject) -> GateResult:
        lineage = lineage_of(subject)
        compiled = subject.deployment.relations if subject.deployment else ()
        stored = [relation for relation in compiled if relation.is_stored]
        taken = tuple(assumed(subject))
        findings = (
            *(finding for relation in compiled for finding in _kind(subject, lineage, relation)),
            *_unpopulated(subject, lineage),
            *(finding for relation in stored for finding in _index(subject, relation)),
            *(finding for relation in stored for finding in _keys(subject, relation)),
            *_unguarded(subject),
            *(finding for relation in taken for finding in _not_as_declared(relation)),
        )
        asked = sum(relation.asked for relation in taken)
        exercised = {
            "relations": len(lineage.links),
            "declared facts": asked,
            "stored": len(stored),
            "stored rows": sum(
                rows_of(subject.engine, relation.name) for relation in stored if _there(lineage, relation)
            ),
        }
        told = f"{len(lineage.links)} relations are there, of the right kind; {asked} declared facts hold of their rows"
        summary = f"{len(findings)} objects or facts are not as they must be" if findings else told
        return GateResult(
            self.code, self.title, Verdict.FAIL if findings else Verdict.PASS, summary, exercised, findings
        )


def _there(lineage: Lineage, relation: Relation) -> bool:
    return lineage.of(relation.name) is not None


def _kind(subject: Subject, lineage: Lineage, relation: Relation) -> Iterator[Finding]:
    link = lineage.of(relation.name)
    if subject.engine.kind(relation.name) is None:
        yield Finding("A1.gone", f"{relation.name} is not there", str(relation.name), fix=_APPLY)
        return
    if link is None:
        yield Finding("A1.unread", f"{subject.relation} does not read {relation.name}", str(relation.name), fix=_APPLY)
        return
    wanted = RelationKind.VIEW
    if relation.is_stored:
        keyed = keeps_unique_indexes(subject.engine)
        wanted = RelationKind.MATERIALIZED_VIEW if keyed else RelationKind.TABLE
    if link.kind is not wanted:
        message = f"{relation.name} is a {link.kind.value}, and should be a {wanted.value}"
        yield Finding("A1.kind", message, str(relation.name), fix=f"drop it, and {_APPLY}")


def _unpopulated(subject: Subject, lineage: Lineage) -> Iterator[Finding]:
    for link in lineage:
        if link.kind is RelationKind.MATERIALIZED_VIEW and not is_populated(subject.engine, link.name):
            yield Finding("A1.unpopulated", f"{link.name} was never populated", str(link.name), fix="run tzero refresh")


def _index(subject: Subject, relation: Relation) -> Iterator[Finding]:
    engine = subject.engine
    if not relation.key or not keeps_unique_indexes(engine) or engine.kind(relation.name) is None:
        return
    found = unique_indexes(engine, relation.name)
    if any(index.whole and set(index.columns) == set(relation.key) for index in found):
        return
    key = ", ".join(relation.key)
    said = "; ".join(f"{index.name} ({', '.join(index.columns)}) {index.why_not}".rstrip() for index in found)
    message = f"{relation.name} has no valid unique index over ({key})" + (f": {said}" if said else "")
    yield Finding(
        "A1.index", message, str(relation.name), fix=f"drop {relation.name} and {_APPLY}: it makes both again"
    )


def _keys(subject: Subject, relation: Relation) -> Iterator[Finding]:
    engine, name = subject.engine, relation.name
    if not relation.key or engine.kind(name) is None or not is_populated(engine, name):
        return
    condition = " OR ".join(f"{listed(engine, [column])} IS NULL" for column in relation.key)
    null = rows_where(engine, name, relation.key, condition)
    if null.number:
        yield _broken(name, "A1.null_key", f"{null.number:,} rows have a NULL in their key, such as {null.shown()}")
    twice = repeated_keys(engine, name, relation.key)
    if twice.number:
        yield _broken(name, "A1.repeated_key", f"{twice.number:,} keys stand twice, such as {twice.shown()}")


def _unguarded(subject: Subject) -> Iterator[Finding]:
    """Kept versions that could be changed: the database refuses that where it can."""
    for versions in histories(subject):
        if not refuses(subject.engine, versions.changes):
            yield Finding(
                "A1.unguarded",
                f"nothing refuses to change the rows of {versions.changes}: its trigger is gone or is switched off",
                str(versions.changes),
                fix=f"{_APPLY}, and tzero certify says whether any was changed",
            )


def _not_as_declared(relation: Assumed) -> Iterator[Finding]:
    """What a proof takes for granted of the rows of a base relation, and does not hold of them."""
    for fact, found in relation.broken:
        yield Finding(
            f"A1.{fact.code}",
            f"{relation.relation}: {found.number:,} {fact.message}, such as {found.shown()}",
            str(relation.relation),
            fact.column,
            "correct the rows upstream, or declare what is true of them",
        )


def _broken(name: RelationName, code: str, message: str) -> Finding:
    return Finding(code, f"{name}: {message}", str(name), fix="run tzero refresh")
