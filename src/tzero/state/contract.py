"""A contract: the columns that a feature set promises, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class ColumnRole(Enum):
    KEY = "key"
    T0 = "t0"
    FEATURE = "feature"


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """One promised column; ``dtype`` in engine-neutral words."""

    name: str
    dtype: str
    nullable: bool
    role: ColumnRole


@dataclass(frozen=True, slots=True)
class Contract:
    """What the relation of a feature set promises: every column, keys and T0 included."""

    name: str
    relation: str
    columns: tuple[ContractColumn, ...]

    @property
    def features_hash(self) -> str:
        """sha256 over (name, dtype, nullable, role) of the columns in order.

        >>> one = Contract("a", "s.a", (ContractColumn("x", "double", True, ColumnRole.FEATURE),))
        >>> one.features_hash[:12]
        'b956d550fc27'
        """
        listed = [[column.name, column.dtype, column.nullable, column.role.value] for column in self.columns]
        return hashlib.sha256(json.dumps(listed, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        listed = [{**asdict(column), "role": column.role.value} for column in self.columns]
        return {"name": self.name, "relation": self.relation, "features_hash": self.features_hash, "columns": listed}


@dataclass(frozen=True, slots=True)
class ContractDifference:
    """One way in which the live columns are not as promised.

    ``problem`` is one of missing, extra, order, type, hash; ``promised`` and ``found`` say what stands on each side.
    """

    problem: str
    column: str
    promised: str | None
    found: str | None

    def __str__(self) -> str:
        if self.problem == "missing":
            return f"{self.column}: promised as {self.promised}, not there"
        if self.problem == "extra":
            return f"{self.column}: there as {self.found}, not promised"
        return f"{self.column}: {self.problem} {self.promised} promised, {self.found} found"

    def as_json(self) -> dict[str, str | None]:
        return asdict(self)


def differences(contract: Contract, live: Sequence[tuple[str, str]]) -> tuple[ContractDifference, ...]:
    """Compare a contract with the live columns, as (name, dtype) in order.

    >>> promised = Contract("a", "s.a", (ContractColumn("x", "double", True, ColumnRole.FEATURE),))
    >>> [str(found) for found in differences(promised, [("x", "text"), ("y", "date")])]
    ['y: there as date, not promised', 'x: type double promised, text found']
    """
    promised = {column.name: (position, column.dtype) for position, column in enumerate(contract.columns, 1)}
    found = {name: (position, dtype) for position, (name, dtype) in enumerate(live, 1)}
    missing = [ContractDifference("missing", n, dtype, None) for n, (_, dtype) in promised.items() if n not in found]
    extra = [ContractDifference("extra", n, None, dtype) for n, (_, dtype) in found.items() if n not in promised]
    both = [name for name in promised if name in found]
    types = [
        ContractDifference("type", name, promised[name][1], found[name][1])
        for name in both
        if promised[name][1] != found[name][1]
    ]
    moved = [
        ContractDifference("position", name, str(promised[name][0]), str(found[name][0]))
        for name in both
        if promised[name][0] != found[name][0] and not missing and not extra
    ]
    return (*missing, *extra, *types, *moved)
