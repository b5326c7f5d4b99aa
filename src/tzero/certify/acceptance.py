"""Who answers for a definition: the command that built the relation, the first certificate, or somebody by name."""

from __future__ import annotations

from collections.abc import Iterable

from tzero.certify.lineage import Lineage, definition_text, lineage_of
from tzero.certify.subject import Subject
from tzero.errors import UsageError
from tzero.sql.names import RelationName
from tzero.state import accepted, feature_contract, feature_set
from tzero.state.contract import ColumnRole, Contract, ContractColumn
from tzero.state.schema import StateSchema


def accept_built(state: StateSchema, names: Iterable[RelationName], command: str) -> None:
    """Accept the definitions of relations that a command has just built, as the database now shows them."""
    known = accepted.latest(state)
    for name in names:
        text = definition_text(state, name)
        if text is not None and not _is_accepted(known, name, text):
            accepted.append(state, str(name), text, f"tzero {command}", "built from the declarations")


def accept_found(state: StateSchema, lineage: Lineage) -> tuple[RelationName, ...]:
    """Accept the definitions of relations that were never accepted before, as they are found; returns their names."""
    known = accepted.latest(state)
    new = [link for link in lineage.defined if str(link.name) not in known]
    for link in new:
        accepted.append(state, str(link.name), str(link.definition), "tzero certify", "as it was found at first sight")
    return tuple(link.name for link in new)


def promise_found(subject: Subject) -> None:
    """Keep the columns of a view of the user's own SQL as its contract, where it has none yet."""
    if feature_set.find(subject.state, subject.contract) is None:
        with subject.engine.transaction():
            _promise(subject)


def accept(subject: Subject, by: str, why: str) -> tuple[RelationName, ...]:
    """Accept a subject as it is now: every definition of its lineage that changed, and the columns of a view of the
    user's own SQL. Returns the relations whose definition is new.

    Raises UsageError without a name or a reason.
    """
    with subject.engine.transaction():
        changed = accept_changed(subject.state, lineage_of(subject), by, why)
        if subject.deployment is None:
            _promise(subject)
    return changed


def _promise(subject: Subject) -> None:
    described = subject.engine.describe(subject.relation)
    if described is not None:
        columns = tuple(ContractColumn(c.name, c.dtype, True, _role(subject, c.name)) for c in described.columns)
        feature_contract.write(subject.state, Contract(subject.contract, str(subject.relation), columns))


def _role(subject: Subject, column: str) -> ColumnRole:
    if column in subject.key:
        return ColumnRole.KEY
    is_t0 = subject.anchors.relation == subject.relation and column == subject.anchors.time
    return ColumnRole.T0 if is_t0 else ColumnRole.FEATURE


def accept_changed(state: StateSchema, lineage: Lineage, by: str, why: str) -> tuple[RelationName, ...]:
    """Accept every definition that is not the accepted one; returns the names. Needs a name and a reason."""
    if not by.strip() or not why.strip():
        raise UsageError("an acceptance needs a name and a reason", fix="give --by NAME and --why REASON")
    known = accepted.latest(state)
    new = [link for link in lineage.defined if not _is_accepted(known, link.name, str(link.definition))]
    for link in new:
        accepted.append(state, str(link.name), str(link.definition), by, why)
    return tuple(link.name for link in new)


def _is_accepted(known: dict[str, accepted.Accepted], name: RelationName, text: str) -> bool:
    found = known.get(str(name))
    return found is not None and found.definition == text
