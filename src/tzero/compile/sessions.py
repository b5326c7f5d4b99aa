"""What an expression must not leave to the session: time zones, and texts that become times."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from tzero.errors import ExpressionError, Place
from tzero.features.inference import Resolve, infer
from tzero.sql.portable import TIME_TYPES, is_written_time

_ZONED, _PLAIN = "timestamptz", ("date", "timestamp")
_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Nullif)
_LISTED = (exp.In, exp.Coalesce, exp.Greatest, exp.Least)
_ZONE_FIX = "say which zone you mean: column AT TIME ZONE 'UTC'"
_TEXT_FIX = "write the time as 'YYYY-MM-DD HH:MM:SS', or make the column a time upstream"


def refuse_session(node: exp.Expr, resolve: Resolve, place: Place | None) -> None:
    """Raise ExpressionError where the value of this node would depend on the session or the time of the query."""
    if isinstance(node, exp.Cast):
        _check_cast(node, resolve, place)
    elif isinstance(node, exp.DPipe):
        for side in (node.this, node.expression):
            _check_spelled(node, _kind(side, resolve), place)
    elif isinstance(node, exp.Extract) and _kind(node.expression, resolve) == _ZONED:
        raise _zone_error(node, place)
    for operands in _together(node):
        _check_mix(node, operands, resolve, place)


def _check_cast(node: exp.Cast, resolve: Resolve, place: Place | None) -> None:
    kind = _kind(node.this, resolve)
    if kind == _ZONED:
        raise _zone_error(node, place)
    if node.to.this.name in ("TEXT", "VARCHAR"):
        _check_spelled(node, kind, place)
    if kind == "text" and node.to.this.name in TIME_TYPES and not is_written_time(node.this):
        raise _text_error(node, place)


def _check_spelled(node: exp.Expr, kind: str, place: Place | None) -> None:
    if kind == _ZONED:
        raise _zone_error(node, place)
    if kind in _PLAIN:
        raise ExpressionError(
            f"{node.sql('postgres')} spells a time in the session's own style",
            place=place,
            fix="use extract(year from ...), extract(month from ...) and so on",
        )


def _together(node: exp.Expr) -> list[Sequence[exp.Expr]]:
    """The operands that an engine brings to one type."""
    if isinstance(node, _COMPARED):
        return [(node.this, node.expression)]
    if isinstance(node, _LISTED):
        return [(node.this, *node.expressions)]
    if isinstance(node, exp.Between):
        return [(node.this, node.args["low"], node.args["high"])]
    if isinstance(node, exp.Anonymous):
        return [node.expressions]
    if isinstance(node, exp.Case):
        branches = node.args["ifs"]
        values = [*(branch.args["true"] for branch in branches), node.args.get("default")]
        tests = [node.this, *(branch.this for branch in branches)] if node.this else []
        return [[value for value in values if value is not None], tests]
    return []


def _check_mix(node: exp.Expr, operands: Sequence[exp.Expr], resolve: Resolve, place: Place | None) -> None:
    kinds = {_kind(operand, resolve) for operand in operands}
    if _ZONED in kinds and kinds & {*_PLAIN, "text"}:
        raise _zone_error(node, place)
    if kinds.intersection(_PLAIN):
        for operand in operands:
            if _kind(operand, resolve) == "text" and not is_written_time(operand):
                raise _text_error(node, place)


def _kind(value: exp.Expr, resolve: Resolve) -> str:
    return infer(value, resolve).type.kind


def _zone_error(node: exp.Expr, place: Place | None) -> ExpressionError:
    return ExpressionError(f"{node.sql('postgres')} depends on the session's time zone", place=place, fix=_ZONE_FIX)


def _text_error(node: exp.Expr, place: Place | None) -> ExpressionError:
    return ExpressionError(
        f"{node.sql('postgres')} makes a time of a text, which the session reads its own way ('now' is one)",
        place=place,
        fix=_TEXT_FIX,
    )
