"""The contract that a feature view's relation gives."""

from __future__ import annotations

from collections.abc import Iterable

from tzero.engines.catalog import ColumnInfo
from tzero.features.statistics import COUNTS, Statistic
from tzero.features.views import FeatureView
from tzero.state.contract import ColumnRole, Contract, ContractColumn


def contract_of(view: FeatureView, columns: Iterable[ColumnInfo]) -> Contract:
    """The contract of a view whose relation has these columns."""
    return Contract(view.contract, str(view.name), tuple(_column(view, column) for column in columns))


def _column(view: FeatureView, column: ColumnInfo) -> ContractColumn:
    role = _role(view, column.name)
    return ContractColumn(
        column.name, column.dtype, role is ColumnRole.FEATURE and _may_be_null(view, column.name), role
    )


def _role(view: FeatureView, name: str) -> ColumnRole:
    if name in view.rows.source.key:
        return ColumnRole.KEY
    return ColumnRole.T0 if name == view.t0 else ColumnRole.FEATURE


def _may_be_null(view: FeatureView, name: str) -> bool:
    value = dict(view.features).get(name)
    return not (isinstance(value, Statistic) and value.kind in COUNTS)
