"""The type of a value that is one of several."""

from __future__ import annotations

from collections.abc import Iterable

from tzero.prove.domain.terms import (
    DATE,
    INT,
    TIME_TYPES,
    Const,
    Term,
)
from tzero.prove.domain.types import (
    DECIMAL,
    FLOAT,
    HOLDER,
    INTERVAL,
    UNKNOWN,
    UNTYPED,
    WHOLE,
)


def joined(values: Iterable[Term]) -> str:
    """The type of a value that is one of several; a literal such as ``0.0`` is as whole as an integer."""
    return join_types(INT if isinstance(v, Const) and v.type == DECIMAL and is_whole(v) else v.type for v in values)


def join_types(types: Iterable[str]) -> str:
    """The type of a value that is one of several."""
    found = {type_ for type_ in types if type_ != "null"}
    if len(found) == 1:
        return found.pop()
    if UNTYPED in found and not found & {*TIME_TYPES, INTERVAL, UNKNOWN}:
        return UNTYPED
    if HOLDER in found:
        return HOLDER
    if not found:
        return "null"
    if found <= {INT, WHOLE}:
        return WHOLE
    if found <= {WHOLE, INT, DECIMAL} and WHOLE in found:
        return FLOAT
    if found <= {INT, DECIMAL}:
        return DECIMAL
    if found <= {INT, DECIMAL, FLOAT, WHOLE}:
        return FLOAT
    return "naive" if found == {"naive", DATE} else UNKNOWN


def is_whole(value: Term) -> bool:
    """Whether a literal is a whole number, however it is written."""
    if isinstance(value, Const) and isinstance(value.value, str):
        try:
            return float(value.value).is_integer()
        except ValueError:
            return False
    return False
