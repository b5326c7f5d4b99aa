"""Functions that keep order: what they tell apart was apart before, and the sign of a number is compared as it is."""

from __future__ import annotations

from tzero.prove.domain.terms import INT, TIME_TYPES, App, Const, Term, const
from tzero.prove.domain.types import DECIMAL, EPOCH_SPAN, FLOAT, WHOLE

_ROUNDING = frozenset({"Floor", "Ceil", "Round", "Trunc", "IntDiv"})
_NUMBERS = frozenset({INT, DECIMAL, FLOAT, WHOLE, EPOCH_SPAN, "epoch"})


def told_apart(small: Term, large: Term) -> tuple[Term, Term] | None:
    """The times of which ``f(a) < f(b)`` says that ``a < b``: ``floor(epoch / 3600)``.

    Each step keeps order, though it may round two times to one, so where the results differ, the times do.
    """
    if small is large:
        return None
    while isinstance(small, App) and isinstance(large, App) and small.op == large.op and small.params == large.params:
        if len(small.args) > 1 and small.args[1:] != large.args[1:]:
            return None
        first, second = small.args[0], large.args[0]
        if _reads_time(small):
            same = first.type == second.type and first.type in TIME_TYPES
            return (first, second) if same else None
        if not _keeps_order(small):
            return None
        small, large = first, second
    return None


def _reads_time(term: App) -> bool:
    return term.op == "epoch" or (term.op == "strict" and term.params[:1] in (("epoch_ms",), ("epoch_ns",)))


def _keeps_order(term: App) -> bool:
    """Whether a function of its first argument never falls, whatever the others are."""
    if term.args[0].type not in _NUMBERS:
        return False
    if term.op in ("plus", "minus"):
        return True
    if term.op in ("times", "divide"):
        return _is_positive(term.args[1])
    if term.op == "cast":
        return term.type in _NUMBERS
    if term.op == "strict" and term.params[:1] and term.params[0] in _ROUNDING:
        return len(term.args) == 1 or (term.params[0] == "IntDiv" and _is_positive(term.args[1]))
    return False


def _is_positive(term: Term) -> bool:
    if not isinstance(term, Const) or term.type not in (INT, DECIMAL):
        return False
    try:
        return float(str(term.value)) > 0
    except ValueError:
        return False


def without_sign(op: str, small: Term, large: Term) -> tuple[str, Term, Term]:
    """``sign(x)`` against zero or one is ``x`` against zero."""
    for one, other, flip in ((small, large, False), (large, small, True)):
        inner = _signed(one)
        limit = other.at if isinstance(other, Const) and other.type == INT else None
        if inner is None or limit is None:
            continue
        zero = const(0, INT)
        if limit == 0:
            return (op, zero, inner) if flip else (op, inner, zero)
        if limit == 1 and (op == "eq" or (op == "le" and flip)):
            return "lt", zero, inner
    return op, small, large


def _signed(term: Term) -> Term | None:
    if isinstance(term, App) and term.op == "strict" and term.params == ("Sign",):
        return term.args[0] if term.args[0].type in (INT, DECIMAL, EPOCH_SPAN) else None
    return None
