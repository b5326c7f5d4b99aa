"""The guard: whether a relation may be trained on now. It fails closed: whatever it cannot check is a refusal."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator

from tzero.certify.baseline.forged import forged
from tzero.certify.baseline.taking import take_at
from tzero.certify.certificate import BASELINE, CONTRACT, DEFINITION, Certificate, canonical
from tzero.certify.lineage import definition_text
from tzero.certify.standing import standing_at
from tzero.engines.row_marks import hides_rows, is_unwritten, tells_writes
from tzero.errors import TzeroError, UncertifiedError
from tzero.sql.names import RelationName
from tzero.state import certificate, feature_contract, run
from tzero.state.certificate import CertificateRecord
from tzero.state.contract import differences
from tzero.state.schema import StateSchema

_AGAIN = "run tzero certify"
_TAMPERED = "find out who wrote to the state tables, then run tzero certify {}"


def require_certified(
    state: StateSchema,
    relation: RelationName,
    *,
    max_age: dt.timedelta | None = None,
    contract: str | None = None,
) -> Certificate:
    """The certificate that lets a relation be read now.

    The last certificate counts, good or bad. ``max_age`` is how old it may be, ``contract`` the feature set that the
    reader expects.

    Raises UncertifiedError with the reason: there is none, it refuses, it is too old, it was tampered with, or the
    relation was redefined, refreshed, its columns changed or its rows written to since. On PostgreSQL marks of the
    stored rows tell that; on DuckDB, where they have other marks, every value is digested again.
    """
    record = certificate.latest(state, str(relation))
    last = next(reversed(run.certificate_ids(state, str(relation))), None)
    if record is None and last is None:
        raise UncertifiedError(f"nothing certifies {relation}", fix=f"{_AGAIN} {relation}")
    if record is None or record.certificate_id != last:
        raise UncertifiedError(
            f"the certificate that was made last of {relation} ({(last or 'none')[:16]}) is not the last one kept"
            f" ({record.certificate_id[:16] if record else 'none'})",
            fix=_TAMPERED.format(relation),
        )
    found = _untampered(record)
    try:
        reason = next(_reasons(state, relation, found, max_age, contract), None)
    except TzeroError as error:
        raise UncertifiedError(
            f"{relation} cannot be checked against its certificate: {error.what}", fix=error.fix or _AGAIN
        ) from error
    if reason is not None:
        raise UncertifiedError(f"{relation} is not certified now: {reason}", fix=f"{_AGAIN} {relation}")
    return found


def _untampered(record: CertificateRecord) -> Certificate:
    """The certificate of a row whose columns all say what its statement says, and whose id is its digest."""
    try:
        statement = json.loads(record.statement)
        found = Certificate(statement)
        told = (found.relation, str(found.predicate["verdict"]), found.run_id, found.certified_at)
        same = told == (record.relation, record.verdict, record.run_id, record.certified_at.astimezone(dt.UTC))
        whole = canonical(statement) == record.statement
        digest = hashlib.sha256(record.statement.encode()).hexdigest() == record.certificate_id
    except (ValueError, KeyError, TypeError) as error:
        raise _tampered(record) from error
    if not (same and whole and digest):
        raise _tampered(record)
    return found


def _tampered(record: CertificateRecord) -> UncertifiedError:
    return UncertifiedError(
        f"the last certificate of {record.relation} was changed after it was made: it does not give its own id",
        fix=_TAMPERED.format(record.relation),
    )


def _reasons(
    state: StateSchema, relation: RelationName, found: Certificate, max_age: dt.timedelta | None, contract: str | None
) -> Iterator[str]:
    """Every reason to refuse, the cheapest to find first."""
    checks: tuple[Callable[[], Iterator[str]], ...] = (
        lambda: _verdict(found),
        lambda: _age(found, max_age),
        lambda: _refreshed(state, found),
        lambda: _contract(state, relation, found, contract),
        lambda: _redefined(state, found),
        lambda: _forged(state, found),
        lambda: _written(state, relation, found),
    )
    for check in checks:
        yield from check()


def _verdict(found: Certificate) -> Iterator[str]:
    if not found.is_good:
        gates = [gate["gate"] for gate in found.predicate["gates"] if gate["verdict"] not in ("PASS", "PROVED")]
        yield f"its last certificate, of {found.certified_at:%Y-%m-%d %H:%M} UTC, refuses it (gates {', '.join(gates)})"


def _age(found: Certificate, max_age: dt.timedelta | None) -> Iterator[str]:
    age = dt.datetime.now(dt.UTC) - found.certified_at
    if max_age is not None and age > max_age:
        yield f"its certificate is {age} old, and may be {max_age}"
    if age < dt.timedelta(0):
        yield f"its certificate is of {found.certified_at:%Y-%m-%d %H:%M} UTC, which is yet to come"


def _refreshed(state: StateSchema, found: Certificate) -> Iterator[str]:
    later = run.later(state, found.run_id)
    if later is not None:
        yield f"tzero {later[1]} (run {later[0]}) came after its certificate"


def _contract(state: StateSchema, relation: RelationName, found: Certificate, wanted: str | None) -> Iterator[str]:
    name = str(found.predicate["contract"])
    if wanted is not None and wanted != name:
        yield f"it is certified as {name!r}, and {wanted!r} is wanted"
        return
    kept = feature_contract.read(state, name)
    if kept is None or kept.features_hash != found.digests(CONTRACT).get(name):
        yield f"the contract {name!r} is not the one that was certified"
        return
    live = state.engine.describe(relation)
    differing = differences(kept, [(column.name, column.dtype) for column in live.columns] if live else [])
    if differing:
        yield f"its columns differ from the contract {name!r}: {differing[0]}"


def _redefined(state: StateSchema, found: Certificate) -> Iterator[str]:
    for name, sha256 in found.digests(DEFINITION).items():
        text = definition_text(state, RelationName.parse(name))
        if text is None or hashlib.sha256(text.encode()).hexdigest() != sha256:
            yield f"{name} was redefined after its certificate"
            return


def _forged(state: StateSchema, found: Certificate) -> Iterator[str]:
    yield from (each.message for each in forged(state, found))


def _written(state: StateSchema, relation: RelationName, found: Certificate) -> Iterator[str]:
    """Whether a row came or went, or a value may have changed: by the marks of what is stored, and where these do not
    tell, by how many rows there are up to when and by the digest of all values."""
    engine, marks = state.engine, found.predicate["marks"]
    differing = [
        name for name, mark in marks.items() if mark is None or not is_unwritten(engine, RelationName.parse(name), mark)
    ]
    if differing or not found.standing_marked or any(hides_rows(engine, RelationName.parse(name)) for name in marks):
        yield from _moved(state, found)
    written = next((name for name in differing if marks[name] is not None), None)
    if written is not None and tells_writes(engine):
        yield f"rows of {written} were written after its certificate"
    elif differing or not marks:
        now = take_at(engine, relation, found.key, found.anchors).sha256
        if now != found.digests(BASELINE).get(str(relation)):
            yield "its values are not those that were certified"


def _moved(state: StateSchema, found: Certificate) -> Iterator[str]:
    now = standing_at(state.engine, found.anchors)
    if now != found.standing:
        was = found.standing
        yield (
            f"{was.rows:,} rows up to {was.newest} were certified, and there are {now.rows:,} up to {now.newest} now"
        )
