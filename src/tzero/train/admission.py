"""Before the first row is read: whether each block may be read, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tzero.certify.certificate import Certificate
from tzero.certify.guard import require_certified
from tzero.engines.catalog import Description
from tzero.errors import ContractError, FindingError, MissingRelationError, UncertifiedError, UnknownColumnError
from tzero.features.suggest import nearest
from tzero.sql.joined import Spine
from tzero.sql.names import RelationName
from tzero.state import feature_contract
from tzero.state.contract import ColumnRole, Contract
from tzero.state.schema import StateSchema
from tzero.train.experiment import Block, Experiment, Labels

_NUMBERS = ("integer", "bigint", "double", "decimal", "boolean", "date", "timestamp", "timestamptz")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A block that may be read: what promises its columns, what certifies it, and the features to take."""

    block: Block
    contract: Contract
    certificate: Certificate
    features: tuple[str, ...]

    @property
    def spine(self) -> Spine:
        """Where its rows and their T0 are, as the certificate says."""
        anchors = self.certificate.predicate["anchors"]
        relation = RelationName.parse(anchors["relation"])
        return Spine(self.block.relation, relation, tuple(anchors["key"]), anchors["time"])

    @property
    def closure(self) -> tuple[RelationName, ...]:
        """Every relation that the block is made from."""
        return tuple(RelationName.parse(link["relation"]) for link in self.certificate.predicate["lineage"])

    def as_json(self) -> dict[str, Any]:
        return {
            "block": self.block.name,
            "relation": str(self.block.relation),
            "feature_set": self.contract.name,
            "features_hash": self.contract.features_hash,
            "columns": len(self.contract.columns),
            "features": list(self.features),
            "certificate": self.certificate.id,
            "certified_at": self.certificate.certified_at.isoformat(),
            "baseline": self.certificate.digests("baseline:").get(str(self.block.relation)),
            "rows": self.certificate.standing.rows,
            "newest": self.certificate.standing.newest,
        }


def admit(state: StateSchema, experiment: Experiment) -> tuple[Admitted, ...]:
    """Check every block and the labels against the catalog, the contracts and the certificates; reads no row of them.

    Raises UncertifiedError, ContractError or FindingError with the reason where one may not be read.
    """
    admitted = tuple(_block(state, experiment, block) for block in experiment.blocks)
    _check_names(admitted)
    _check_keys(admitted)
    check_labels(state, experiment.labels, admitted)
    return admitted


def admit_block(state: StateSchema, experiment: Experiment, block: Block) -> tuple[Contract, Certificate]:
    """The contract and the certificate of a block, both valid now."""
    certificate = require_certified(state, block.relation, max_age=experiment.max_age, contract=block.feature_set)
    contract = feature_contract.read(state, block.feature_set)
    if contract is None:  # the guard has read it; gone since
        raise ContractError(f"no contract {block.feature_set!r} is kept", fix="run tzero apply")
    if RelationName.parse(contract.relation) != block.relation:
        raise ContractError(
            f"the feature set {contract.name!r} is of {contract.relation}, not of {block.relation}",
            fix="name the view that the feature set is of",
        )
    return contract, certificate


def require_unchanged(state: StateSchema, experiment: Experiment, admitted: Sequence[Admitted]) -> None:
    """Check again once everything is read: what changed meanwhile was read half old, half new."""
    for found in admitted:
        _, now = admit_block(state, experiment, found.block)
        if now.id != found.certificate.id:
            raise UncertifiedError(
                f"{found.block.relation} was certified anew while it was read", fix="train again, while nothing changes"
            )


def check_labels(state: StateSchema, labels: Labels, admitted: Sequence[Admitted]) -> Description:
    """The relation of labels as the catalog shows it; refused where a block is made from it."""
    described = state.engine.describe(labels.relation)
    if described is None:
        raise MissingRelationError(f"there is no relation {labels.relation}", fix="correct --labels")
    for found in admitted:
        if str(labels.relation).lower() in {str(name).lower() for name in found.closure}:
            raise FindingError(
                f"the labels {labels.relation} are in the closure of {found.block.relation}: its features may be made "
                "from them",
                fix="take them out of the features, or keep the labels in a relation of their own",
            )
    names = [column.name for column in described.columns]
    for name in (*admitted[0].spine.key, *labels.columns.values()):
        if name not in names:
            what = "T0" if name == labels.t0 else "column"
            raise UnknownColumnError(f"{labels.relation} has no {what} {name!r}", fix=nearest(name, names))
    return described


def _block(state: StateSchema, experiment: Experiment, block: Block) -> Admitted:
    contract, certificate = admit_block(state, experiment, block)
    anchors = certificate.predicate["anchors"]
    apart = {*anchors["key"], anchors["time"]}
    columns = [
        column
        for column in contract.columns
        if column.role is ColumnRole.FEATURE
        and column.name not in apart
        and not _is_excluded(experiment, block, column.name)
    ]
    for column in columns:
        if column.dtype not in _NUMBERS:
            raise ContractError(
                f"{block.relation}: {column.name!r} is {column.dtype}, and a model takes numbers",
                fix=f"encode it (one_hot, vocabulary, a share of its own), or leave it out: --exclude {column.name}",
            )
    if not columns:
        raise FindingError(f"no feature of {block.relation} is left", fix="exclude fewer")
    return Admitted(block, contract, certificate, tuple(column.name for column in columns))


def _is_excluded(experiment: Experiment, block: Block, name: str) -> bool:
    return any(
        fnmatchcase(name, pattern) or fnmatchcase(f"{block.name}.{name}", pattern) for pattern in experiment.exclude
    )


def _check_names(admitted: Sequence[Admitted]) -> None:
    seen: dict[str, str] = {}
    for found in admitted:
        for name in found.features:
            if name in seen:
                raise FindingError(
                    f"the blocks {seen[name]!r} and {found.block.name!r} both have a feature {name!r}",
                    fix=f"leave one out: --exclude {found.block.name}.{name}",
                )
            seen[name] = found.block.name
            if set(name) & set("[]<"):
                raise FindingError(
                    f"{found.block.relation}: a model cannot have a feature {name!r}", fix="name it without [, ] and <"
                )


def _check_keys(admitted: Sequence[Admitted]) -> None:
    first = admitted[0]
    for found in admitted[1:]:
        if found.spine.key != first.spine.key:
            raise FindingError(
                f"{first.block.relation} has the key {', '.join(first.spine.key)}, {found.block.relation} has "
                f"{', '.join(found.spine.key)}: their rows cannot be joined",
                fix="train on blocks with one key",
            )
