"""The condition of a join: ON, USING or NATURAL, bound in the pair of rows."""

from __future__ import annotations

from sqlglot import exp

from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import TRUE, App, Term
from tzero.prove.meaning.logic import both
from tzero.prove.transfer.expression import bind, compare
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.nested import bare_names, named


def condition(
    frame: Frame, pair: Frame, right: dict[str, Term], join: exp.Join, on: exp.Expr | None, method: str
) -> Term:
    """What a join demands of a pair; USING and NATURAL merge the columns that they name."""
    using = [item.name.lower() for item in join.args.get("using") or ()]
    if method == "NATURAL":
        left = {name for name, _ in frame.everything()}
        using = [name for name in bare_names(right) if name in left]
    if using:
        return _using(frame, pair, right, using, join, asof=method == "ASOF")
    return bind(on, pair) if on is not None else TRUE


def _using(
    frame: Frame, pair: Frame, columns: dict[str, Term], using: list[str], join: exp.Join, *, asof: bool
) -> Term:
    parts = []
    for position, name in enumerate(using):
        left, right = frame.resolve(name), named(columns, name)
        if left is None or right is None:
            return pair.unknown(join, f"USING ({name}): no such column on both sides")
        inexact = asof and position == len(using) - 1
        sides = (right, left) if inexact else (left, right)
        parts.append(compare(pair, "le" if inexact else "eq", False, *sides, join))
        pair.merged[name] = left
    return both(parts)


def inequality(on: Term, right: Row) -> Term | None:
    """The right side's term in the inequality of an as-of join."""
    mine = {leaf for term in right.columns.values() for leaf in term.leaves}
    for part in on.args if isinstance(on, App) and on.op == "and" else (on,):
        if isinstance(part, App) and part.op in ("lt", "le"):
            for arg in part.args:
                if arg.leaves and arg.leaves <= mine:
                    return arg
    return None
