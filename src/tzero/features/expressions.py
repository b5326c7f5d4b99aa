"""Derived values: expressions over an own row's columns, and vocabularies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from tzero.errors import DeclarationError, Place
from tzero.features.places import here, placed
from tzero.sql.build import integer, quoted_column, text
from tzero.sql.names import own_identifier
from tzero.sql.portable import ColumnRef, columns_of, parse_expression


@dataclass(frozen=True, slots=True)
class Expression:
    """A scalar expression over columns of the own row; ``domain`` lists its possible values, if they are closed.

    ``listed`` are those of them that a vocabulary names: the others stand for what is missing, and for the rest.
    """

    sql: str
    place: Place = field(compare=False)
    tree: exp.Expr = field(compare=False, repr=False)
    domain: tuple[str, ...] | None = None
    listed: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[ColumnRef, ...]:
        return tuple(dict.fromkeys(columns_of(self.tree)))

    def named(self, name: str) -> Feature:
        """Make this expression a feature called ``name``."""
        with placed(here()):
            return Feature(own_identifier(name, "feature"), self)


@dataclass(frozen=True, slots=True)
class Feature:
    """A named column of a feature view that depends on the own row alone."""

    name: str
    value: Expression


def expr(sql: str) -> Expression:
    """An expression in the portable subset of SQL (see ``tzero.sql.portable``): no clock, no aggregate, no subquery.

    >>> expr("coalesce(model_effective_generation, generation)").columns
    (ColumnRef(name='model_effective_generation', relation=None), ColumnRef(name='generation', relation=None))
    """
    place = here()
    return Expression(sql, place, parse_expression(sql, place))


def column(name: str) -> Expression:
    """A column as it is; ``relation.name`` where two relations have the name.

    >>> column("price").named("dev_price").name
    'dev_price'
    """
    tree = _reference(name)
    return Expression(tree.sql("postgres"), here(), tree)


def columns(*names: str) -> tuple[Feature, ...]:
    """Columns as features under their own names."""
    return tuple(column(name).named(name) for name in names)


def vocabulary(
    name: str, domain: Sequence[str], *, missing: str | None = "_MISSING", other: str = "_OTHER"
) -> Expression:
    """A text column folded into a closed domain: its own values, ``missing`` for NULL or '', ``other`` for the rest.

    The domain has ``len(domain) + 2`` values (``+ 1`` with ``missing=None``, which keeps NULL).

    >>> vocabulary("color", ["black", "blue"]).domain
    ('black', 'blue', '_MISSING', '_OTHER')
    """
    place = here()
    if isinstance(domain, str):
        raise DeclarationError(
            f"the vocabulary {domain!r} of {name!r} is one text, not a list", place=place, fix=f"write [{domain!r}]"
        )
    values = tuple(domain)
    extra = (other,) if missing is None else (missing, other)
    repeated = sorted({value for value in (*values, *extra) if (*values, *extra).count(value) > 1})
    if repeated:
        raise DeclarationError(
            f"the vocabulary of {name!r} lists {repeated[0]!r} twice", place=place, fix="list every value once"
        )
    if not values or not all(isinstance(value, str) for value in values):
        raise DeclarationError(f"the vocabulary of {name!r} needs at least one text value", place=place)
    source = _reference(name)
    known: exp.Expr = source
    case = exp.Case()
    if missing is not None:
        known = exp.Coalesce(this=exp.Nullif(this=source.copy(), expression=text("")), expressions=[text(missing)])
        case = case.when(exp.EQ(this=known.copy(), expression=text(missing)), text(missing))
    else:
        case = case.when(exp.Is(this=source.copy(), expression=exp.Null()), exp.Null())
    case = case.when(exp.In(this=known.copy(), expressions=[text(value) for value in values]), known.copy())
    case = case.else_(text(other))
    return Expression(case.sql("postgres"), place, case, (*values, *extra), values)


def one_hot(
    name: str,
    values: Sequence[str | int] | Mapping[str | int, str],
    *,
    prefix: str,
    other: str | None = None,
) -> tuple[Feature, ...]:
    """One 0/1 feature per value of a column: ``prefix + value``, or ``prefix + suffix`` with a mapping value -> suffix.

    ``other`` adds ``prefix + other``, which is 1 where the column is NULL or none of the values.

    >>> [f.name for f in one_hot("gen", [13, 14], prefix="gen_", other="other")]
    ['gen_13', 'gen_14', 'gen_other']
    """
    place = here()
    suffixes = dict(values) if isinstance(values, Mapping) else {value: str(value) for value in values}
    if not isinstance(values, Mapping) and len(suffixes) != len(values):
        raise DeclarationError(f"one_hot of {name!r} lists a value twice", place=place, fix="list every value once")
    literals = [integer(value) if isinstance(value, int) else text(value) for value in suffixes]
    source = _reference(name)
    tests: list[tuple[str, exp.Expr]] = [
        (suffix, exp.EQ(this=source.copy(), expression=literal))
        for suffix, literal in zip(suffixes.values(), literals, strict=True)
    ]
    if other is not None:
        unlisted = exp.Not(this=exp.In(this=source.copy(), expressions=[literal.copy() for literal in literals]))
        tests.append((other, exp.Or(this=exp.Is(this=source.copy(), expression=exp.Null()), expression=unlisted)))
    features = []
    for suffix, test in tests:
        cast = exp.Cast(this=exp.Paren(this=test), to=exp.DataType.build("int"))
        features.append(Expression(cast.sql("postgres"), place, cast).named(f"{prefix}{suffix}"))
    return tuple(features)


def _reference(name: str) -> exp.Column:
    relation, dot, bare = name.rpartition(".")
    return quoted_column(bare, relation if dot else None)
