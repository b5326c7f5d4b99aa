"""Every exception of tzero.

::

    TzeroError
    ├── UsageError                 the call or the configuration is wrong           exit 2
    │   ├── DeclarationError       a declaration is wrong, at file:line
    │   │   └── UnknownColumnError a declaration names a column that is not there
    │   ├── ExpressionError        an expression does not parse or leaves the portable subset
    │   └── ConfigError            tzero.toml is wrong or missing
    ├── FindingError               the data or the store is not as declared         exit 1
    │   ├── SourceError            a source holds rows that no feature can be built from
    │   ├── ContractError          the contract and the relation differ
    │   └── UncertifiedError       nothing valid certifies the relation
    ├── EngineError                the database or the environment failed           exit 3
    │   ├── TargetError            the target cannot be opened or is read-only
    │   ├── MissingRelationError   a relation that the declarations need is not there
    │   ├── OutOfTimeError         a statement took longer than it may
    │   └── StateError             the state tables do not fit this version
    ├── BusyError                  somebody else holds the lock                     exit 4
    │   └── StalePlanError         the target changed after the plan was made
    └── InternalError              a defect of tzero                                exit 5
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the user's files something was declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class TzeroError(Exception):
    """The root: ``what`` was found, ``place`` where, ``fix`` what to do next.

    >>> str(TzeroError("no such column 'colour'", fix="did you mean 'color'?"))
    "no such column 'colour'\\n  fix: did you mean 'color'?"
    """

    exit_code = 5

    def __init__(self, what: str, *, place: Place | None = None, fix: str | None = None) -> None:
        self.what = what
        self.place = place
        self.fix = fix
        super().__init__(what)

    def __str__(self) -> str:
        head = f"{self.place}: {self.what}" if self.place else self.what
        return f"{head}\n  fix: {self.fix}" if self.fix else head


class UsageError(TzeroError):
    exit_code = 2


class DeclarationError(UsageError):
    pass


class UnknownColumnError(DeclarationError):
    pass


class ExpressionError(UsageError):
    pass


class ConfigError(UsageError):
    pass


class FindingError(TzeroError):
    exit_code = 1


class SourceError(FindingError):
    pass


class ContractError(FindingError):
    pass


class UncertifiedError(FindingError):
    pass


class EngineError(TzeroError):
    exit_code = 3


class TargetError(EngineError):
    pass


class MissingRelationError(EngineError):
    pass


class OutOfTimeError(EngineError):
    pass


class StateError(EngineError):
    pass


class BusyError(TzeroError):
    exit_code = 4


class StalePlanError(BusyError):
    pass


class InternalError(TzeroError):
    exit_code = 5
