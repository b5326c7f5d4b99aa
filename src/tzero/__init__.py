"""A point-in-time feature store that proves its features do not see the future."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tzero.errors import BusyError as BusyError
    from tzero.errors import ConfigError as ConfigError
    from tzero.errors import ContractError as ContractError
    from tzero.errors import DeclarationError as DeclarationError
    from tzero.errors import EngineError as EngineError
    from tzero.errors import SourceError as SourceError
    from tzero.errors import StalePlanError as StalePlanError
    from tzero.errors import TzeroError as TzeroError
    from tzero.errors import UncertifiedError as UncertifiedError
    from tzero.features.expressions import Expression as Expression
    from tzero.features.expressions import column as column
    from tzero.features.expressions import columns as columns
    from tzero.features.expressions import expr as expr
    from tzero.features.expressions import one_hot as one_hot
    from tzero.features.expressions import vocabulary as vocabulary
    from tzero.features.populations import Population as Population
    from tzero.features.rows import Events as Events
    from tzero.features.rows import Rows as Rows
    from tzero.features.rows import Spine as Spine
    from tzero.features.sources import Entity as Entity
    from tzero.features.sources import History as History
    from tzero.features.statistics import Statistic as Statistic
    from tzero.features.views import FeatureView as FeatureView
    from tzero.project import Project as Project
    from tzero.project import open_project as open  # noqa: A004  like gzip.open: what one does with a project
    from tzero.project import require_certified as require_certified

# imported when first used, so that `tzero --help` and `import tzero` wait for no database driver
_HOME = {
    "BusyError": "errors",
    "ConfigError": "errors",
    "ContractError": "errors",
    "DeclarationError": "errors",
    "EngineError": "errors",
    "Entity": "features.sources",
    "Events": "features.rows",
    "Expression": "features.expressions",
    "FeatureView": "features.views",
    "History": "features.sources",
    "Population": "features.populations",
    "Project": "project",
    "Rows": "features.rows",
    "SourceError": "errors",
    "Spine": "features.rows",
    "StalePlanError": "errors",
    "Statistic": "features.statistics",
    "TzeroError": "errors",
    "UncertifiedError": "errors",
    "column": "features.expressions",
    "columns": "features.expressions",
    "expr": "features.expressions",
    "one_hot": "features.expressions",
    "open": "project",
    "require_certified": "project",
    "vocabulary": "features.expressions",
}
_CALLED_THERE = {"open": "open_project"}

__all__ = [
    "BusyError",
    "ConfigError",
    "ContractError",
    "DeclarationError",
    "EngineError",
    "Entity",
    "Events",
    "Expression",
    "FeatureView",
    "History",
    "Population",
    "Project",
    "Rows",
    "SourceError",
    "Spine",
    "StalePlanError",
    "Statistic",
    "TzeroError",
    "UncertifiedError",
    "column",
    "columns",
    "expr",
    "one_hot",
    "open",
    "require_certified",
    "vocabulary",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'tzero' has no attribute {name!r}")
    value = getattr(import_module(f"tzero.{_HOME[name]}"), _CALLED_THERE.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
