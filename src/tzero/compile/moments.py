"""Moments from exact sums."""

from __future__ import annotations

from sqlglot import exp

from tzero.compile.dialects.base import Dialect
from tzero.sql.build import case_when, cast, double, integer


def deviation(number: exp.Expr, total: exp.Expr, squares: exp.Expr, unit: float, dialect: Dialect) -> exp.Expr:
    """The sample standard deviation of ``number`` values, from exact sums of them and of their squares in ``unit``.

    The sums are moved about an integer near the mean while they are still exact, so that nothing cancels.
    """
    exact = dialect.exact_type
    n, s, q = (cast(tree, exact) for tree in (number, total, squares))
    near = dialect.exact_of_double(exp.Floor(this=exp.Div(this=cast(s, "double"), expression=cast(n, "double"))))
    rest = exp.Paren(this=exp.Sub(this=s.copy(), expression=exp.Mul(this=n.copy(), expression=near)))
    about = exp.Paren(
        this=exp.Add(
            this=exp.Sub(
                this=q,
                expression=exp.Mul(this=exp.Mul(this=integer(2), expression=near.copy()), expression=s.copy()),
            ),
            expression=exp.Mul(this=exp.Mul(this=n.copy(), expression=near.copy()), expression=near.copy()),
        )
    )
    off = exp.Div(
        this=exp.Mul(this=cast(rest, "double"), expression=cast(rest.copy(), "double")),
        expression=cast(n.copy(), "double"),
    )
    spread = exp.Greatest(
        this=exp.Sub(this=cast(about, "double"), expression=exp.Paren(this=off)),
        expressions=[double(0.0)],
        ignore_nulls=True,
    )
    fewer = exp.Paren(this=exp.Sub(this=cast(n.copy(), "double"), expression=double(1.0)))
    found = exp.Div(this=exp.Sqrt(this=exp.Div(this=spread, expression=fewer)), expression=double(unit))
    return case_when(exp.GT(this=number.copy(), expression=integer(1)), found)
