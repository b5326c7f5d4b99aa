"""A call in a definition, and what the catalog promises of the function."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Volatility(StrEnum):
    """What the catalog promises of a function: the same answer for ever, within a statement, or not at all."""

    IMMUTABLE = "immutable"
    STABLE = "stable"
    VOLATILE = "volatile"


@dataclass(frozen=True, slots=True)
class Call:
    """One function, operator or cast that a definition uses.

    ``function`` is its name, qualified where it is not the database's own; ``arguments`` are types in the engine's
    words, as called where that is known. ``kind`` is one of function, aggregate, window, cast, value, frame and node.
    ``ordered`` says that an aggregate is given its order. ``opaque`` functions have a body that cannot be read;
    ``constant`` is the first argument where it is a constant text; ``via`` names the function whose body calls it.
    ``fixed`` says that an interval that is passed has a fixed length: hours, minutes and seconds, no days or months.
    """

    function: str
    arguments: tuple[str, ...]
    volatility: Volatility
    kind: str = "function"
    ordered: bool = False
    opaque: bool = False
    constant: str | None = None
    via: str = ""
    fixed: bool = False

    @property
    def signature(self) -> str:
        return f"{self.function}({', '.join(self.arguments)})"
