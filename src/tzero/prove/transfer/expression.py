"""Expressions: a tree becomes a term. A node that is not listed here becomes an unknown value, never its arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import (
    DATE,
    DAY,
    FALSE,
    INSTANT,
    INT,
    NULL,
    TIME_TYPES,
    TRUE,
    App,
    Const,
    Term,
    app,
    const,
    shift,
)
from tzero.prove.domain.types import (
    BOOL,
    DECIMAL,
    EPOCH_SPAN,
    EXACT_NUMBERS,
    FLOAT,
    INTERVAL,
    TEXT,
    UNKNOWN,
    WHOLE,
    Span,
    parse_interval,
    type_of,
)
from tzero.prove.meaning.logic import both, either, is_null, is_true, negate
from tzero.prove.transfer import times
from tzero.prove.transfer.frame import Frame

Binder = Callable[[exp.Expr, Frame], Term]
BINDERS: dict[type[exp.Expr], Binder] = {}


def binds(*nodes: type[exp.Expr]) -> Callable[[Binder], Binder]:
    """Register the transfer function of some node classes."""

    def register(binder: Binder) -> Binder:
        for node in nodes:
            BINDERS[node] = binder
        return binder

    return register


def bind(node: exp.Expr, frame: Frame) -> Term:
    """The term of an expression in a frame."""
    for hook in frame.hooks:
        found = hook(node)
        if found is not None:
            return found
    binder = BINDERS.get(type(node))
    if binder is not None:
        return binder(node, frame)
    name = type(node).__name__
    if name in functions.CLOCK_NODES:
        return frame.impure(Kind.CLOCK, node, f"{node.sql()} reads the clock", (), _clock_type(name))
    if name in functions.VOLATILE_NODES:
        return frame.impure(Kind.VOLATILE, node, f"{node.sql()} changes from call to call")
    if name in functions.SESSION_NODES:
        return frame.impure(Kind.SESSION, node, f"{node.sql()} depends on the session")
    if name in functions.PURE_NODES:
        return _pure(node, frame, functions.PURE_NODES[name], name in functions.STRICT_NODES)
    return frame.unknown(node, f"{name} is not understood", _inner_columns(node, frame))


def bind_all(nodes: list[exp.Expr], frame: Frame) -> tuple[Term, ...]:
    return tuple(bind(node, frame) for node in nodes)


def _clock_type(name: str) -> str:
    return DATE if name == "CurrentDate" else INSTANT if "Timestamp" in name else UNKNOWN


def _inner_columns(node: exp.Expr, frame: Frame) -> tuple[Term, ...]:
    """What the columns inside an expression that is not understood stand for."""
    found = (frame.resolve(column.name, column.table) for column in node.find_all(exp.Column))
    return tuple(term for term in found if term is not None)


def arguments(node: exp.Expr) -> list[exp.Expr]:
    """The argument expressions of a function node, in order."""
    found: list[exp.Expr] = []
    for value in node.args.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Expr) and not isinstance(item, (exp.Var, exp.DataType)):
                found.append(item)
    return found


def _pure(node: exp.Expr, frame: Frame, type_: str, strict: bool) -> Term:
    args = bind_all(arguments(node), frame)
    literals = tuple(str(v) for v in node.args.values() if not isinstance(v, (exp.Expr, list)) and v is not None)
    variables = tuple(v.name for v in node.args.values() if isinstance(v, exp.Var))
    name = type(node).__name__
    return pure(frame, node, name, args, type_, strict, (*literals, *variables))


def pure(
    frame: Frame,
    node: exp.Expr,
    name: str,
    args: tuple[Term, ...],
    type_: str,
    strict: bool,
    params: tuple[str, ...] = (),
) -> Term:
    """A pure function; of an instant, it shows a wall reading and so depends on the session's zone."""
    if type_ == "first":
        type_ = args[0].type if args else UNKNOWN
    extra: tuple[Term, ...] = ()
    shows = name not in functions.ZONELESS and any(arg.type == INSTANT for arg in args)
    if shows and not frame.interpreter.zone:
        extra = (frame.impure(Kind.SESSION, node, "an instant shown in the session's time zone"),)
    return app("strict" if strict else "pure", *args, *extra, type_=type_, params=(name, *params))


# -- leaves ---------------------------------------------------------------------------------------------------------


@binds(exp.Column)
def _column(node: exp.Expr, frame: Frame) -> Term:
    assert isinstance(node, exp.Column)
    if isinstance(node.this, exp.Star):
        return _whole_row(node, frame, node.table)
    found = frame.resolve(node.name, node.table)
    if found is not None:
        return found
    if not node.table and node.name.lower() in frame.aliases and node.name.lower() not in frame.open_aliases:
        name = node.name.lower()
        frame.open_aliases.add(name)
        term = bind(frame.aliases[name], frame)
        frame.open_aliases.discard(name)
        return term
    if not node.table and frame.whole(node.name) is not None:
        return _whole_row(node, frame, node.name)
    if not node.table and node.name.lower() in functions.CLOCK_NAMES:
        return frame.impure(Kind.CLOCK, node, f"{node.name} reads the clock")
    if node.name.lower() in ("rowid", "ctid", "xmin", "oid", "tableoid"):
        return frame.impure(Kind.ORDER, node, f"{node.name} is a physical position")
    return frame.unknown(node, f"no such column: {node.sql()}")


@binds(exp.TableColumn)
def _table_column(node: exp.Expr, frame: Frame) -> Term:
    return _whole_row(node, frame, node.name)


def _whole_row(node: exp.Expr, frame: Frame, name: str) -> Term:
    columns = frame.whole(name)
    if columns is None:
        return frame.unknown(node, f"no such relation: {name}")
    return app("row", *columns.values(), type_="row")


@binds(exp.Literal)
def _literal(node: exp.Expr, frame: Frame) -> Term:
    assert isinstance(node, exp.Literal)
    if node.is_string:
        return const(node.name, TEXT)
    text = node.name
    if text.isdigit():
        return const(int(text), INT)
    exact = DECIMAL if frame.dialect != "spark" or "e" not in text.lower() else FLOAT
    return const(text, exact)


@binds(exp.Boolean)
def _boolean(node: exp.Expr, _: Frame) -> Term:
    return TRUE if node.this else FALSE


@binds(exp.Null)
def _null(_node: exp.Expr, _: Frame) -> Term:
    return NULL


@binds(exp.Interval)
def _interval(node: exp.Expr, frame: Frame) -> Term:
    amount, unit = node.this, node.args.get("unit")
    inner = bind(amount, frame) if isinstance(amount, exp.Expr) else NULL
    if isinstance(inner, Const) and inner.value is not None:
        span = parse_interval(str(inner.value), unit.name if isinstance(unit, exp.Expr) else "")
        if span is not None:
            return const(span, INTERVAL)
    return frame.unknown(node, "an interval that is not a literal", (inner,), INTERVAL)


@binds(exp.Paren)
def _paren(node: exp.Expr, frame: Frame) -> Term:
    return bind(node.this, frame)


@binds(exp.Alias)
def _alias(node: exp.Expr, frame: Frame) -> Term:
    return bind(node.this, frame)


@binds(exp.PropertyEQ)
def _named_field(node: exp.Expr, frame: Frame) -> Term:
    return bind(node.expression, frame)


@binds(exp.Collate)
def _collate(node: exp.Expr, frame: Frame) -> Term:
    return app("strict", bind(node.this, frame), type_=TEXT, params=("collate", node.expression.sql()))


# -- logic ----------------------------------------------------------------------------------------------------------


@binds(exp.And)
def _and(node: exp.Expr, frame: Frame) -> Term:
    return both(bind(part, frame) for part in node.flatten())


@binds(exp.Or)
def _or(node: exp.Expr, frame: Frame) -> Term:
    return either(bind(part, frame) for part in node.flatten())


@binds(exp.Not)
def _not(node: exp.Expr, frame: Frame) -> Term:
    return negate(bind(node.this, frame))


_COMPARISONS: dict[type[exp.Expr], tuple[str, bool]] = {
    exp.LT: ("lt", False), exp.LTE: ("le", False), exp.GT: ("lt", True), exp.GTE: ("le", True),
    exp.EQ: ("eq", False), exp.NEQ: ("ne", False),
}  # fmt: skip


@binds(*_COMPARISONS)
def _comparison(node: exp.Expr, frame: Frame) -> Term:
    op, swapped = _COMPARISONS[type(node)]
    left, right = node.this, node.expression
    if isinstance(right, exp.Any) or _is_all(right):
        return _quantified(node, frame, op, swapped)
    left, right = _unparen(left), _unparen(right)
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        return _rows(op, swapped, bind_all(left.expressions, frame), bind_all(right.expressions, frame), node, frame)
    return compare(frame, op, swapped, bind(left, frame), bind(right, frame), node)


def _unparen(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def compare(frame: Frame, op: str, swapped: bool, left: Term, right: Term, node: exp.Expr) -> Term:
    """A comparison; ``swapped`` exchanges the sides."""
    if NULL in (left, right):
        return NULL
    pair = times.align(frame, left, right, node)
    if pair is None:
        return frame.unknown(node, f"a comparison of {left.type} with {right.type}", (left, right), BOOL)
    left, right = _difference_signs(*pair)
    return app(op, *((right, left) if swapped else (left, right)), type_=BOOL)


def _difference_signs(left: Term, right: Term) -> tuple[Term, Term]:
    """``a - b`` against a literal is a comparison of the two times."""
    for one, other, flip in ((left, right, False), (right, left, True)):
        moved = _offset_of(other)
        inner = one
        if isinstance(inner, App) and inner.op == "seconds":
            inner = inner.args[0]
        if moved is not None and isinstance(inner, App) and inner.op == "sub_time":
            scale = DAY if inner.params == ("days",) else 1_000_000 if inner is not one else 1
            after, before = inner.args
            if inner.params == ("days",) or isinstance(other, Const):
                pair = (after, shift(before, moved * scale))
                return (pair[1], pair[0]) if flip else pair
    return left, right


def _offset_of(term: Term) -> int | None:
    if isinstance(term, Const) and term.type == INT:
        return term.at
    span = times.span_of(term)
    if span is not None and not span.months and not span.days:
        return span.micros
    return None


def _rows(
    op: str, swapped: bool, left: tuple[Term, ...], right: tuple[Term, ...], node: exp.Expr, frame: Frame
) -> Term:
    """A comparison of rows, component by component."""
    if len(left) != len(right):
        return frame.unknown(node, "rows of different lengths", (*left, *right), BOOL)
    if swapped:
        left, right = right, left
    if op in ("eq", "ne"):
        same = both(compare(frame, "eq", False, a, b, node) for a, b in zip(left, right, strict=True))
        return same if op == "eq" else negate(same)
    branches = []
    for i in range(len(left)):
        last = op if i == len(left) - 1 else "lt"
        equal = [compare(frame, "eq", False, left[j], right[j], node) for j in range(i)]
        branches.append(both([*equal, compare(frame, last, False, left[i], right[i], node)]))
    return either(branches)


@binds(exp.Between)
def _between(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    low, high = bind(node.args["low"], frame), bind(node.args["high"], frame)
    return both([compare(frame, "le", False, low, value, node), compare(frame, "le", False, value, high, node)])


@binds(exp.NullSafeEQ, exp.NullSafeNEQ)
def _null_safe(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    found = app("same", left, right, type_=BOOL)
    return found if isinstance(node, exp.NullSafeEQ) else negate(found)


@binds(exp.Is)
def _is(node: exp.Expr, frame: Frame) -> Term:
    found = _is_what(bind(node.this, frame), node.expression, frame, node)
    return negate(found) if node.args.get("negate") else found


def _is_what(value: Term, what: exp.Expr, frame: Frame, node: exp.Expr) -> Term:
    if isinstance(what, exp.Null):
        return _row_is_null(value) if value.type == "row" else is_null(value)
    if isinstance(what, exp.Boolean):
        return is_true(value if what.this else negate(value))
    if isinstance(what, exp.Not):
        return negate(_is_what(value, what.this, frame, node))
    return frame.unknown(node, "an IS test that is not understood", (value,), BOOL)


def _row_is_null(value: Term) -> Term:
    assert isinstance(value, App)
    return app("pure", *value.args, type_=BOOL, params=("row is null",))


@binds(exp.In)
def _in(node: exp.Expr, frame: Frame) -> Term:
    query = node.args.get("query")
    if query is not None:
        return frame.interpreter.membership(node, query, frame)
    if node.args.get("unnest") is not None or node.args.get("field") is not None:
        return frame.unknown(node, "IN over an expression", (bind(node.this, frame),), BOOL)
    subject = _unparen(node.this)
    if isinstance(subject, exp.Tuple):
        return frame.unknown(node, "IN over rows", bind_all(subject.expressions, frame), BOOL)
    value = bind(subject, frame)
    return either(compare(frame, "eq", False, value, bind(item, frame), node) for item in node.expressions)


def _is_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.All) or (isinstance(node, exp.Anonymous) and node.name.lower() == "all")


def _quantified(node: exp.Expr, frame: Frame, op: str, swapped: bool) -> Term:
    """``x = ANY (ARRAY[..])`` and ``x <> ALL (ARRAY[..])``."""
    right = node.expression
    inner = right.expressions[0] if isinstance(right, exp.Anonymous) else right.this
    while isinstance(inner, (exp.Paren, exp.Cast)):
        inner = inner.this
    value = bind(node.this, frame)
    query = inner if isinstance(inner, exp.Query) else inner.this if isinstance(inner, exp.Subquery) else None
    if isinstance(query, exp.Query) and op == "eq" and isinstance(right, exp.Any):
        return frame.interpreter.membership(node, query, frame)
    if not isinstance(inner, exp.Array):
        args = () if isinstance(query, exp.Query) else (bind(inner, frame),)
        return frame.unknown(node, "ANY or ALL over something that is not a literal array", (value, *args), BOOL)
    parts = [compare(frame, op, swapped, value, bind(item, frame), node) for item in inner.expressions]
    return either(parts) if isinstance(right, exp.Any) else both(parts)


# -- choices --------------------------------------------------------------------------------------------------------


@binds(exp.Case)
def _case(node: exp.Expr, frame: Frame) -> Term:
    subject = bind(node.this, frame) if node.this is not None else None
    args: list[Term] = []
    for branch in node.args["ifs"]:
        test = bind(branch.this, frame)
        args += [
            test if subject is None else compare(frame, "eq", False, subject, test, node),
            bind(branch.args["true"], frame),
        ]
    default = node.args.get("default")
    return case(args, bind(default, frame) if default is not None else NULL)


def case(branches: list[Term], default: Term) -> Term:
    """``CASE`` over pairs of a test and a value."""
    values = [*branches[1::2], default]
    return app("case", *branches, default, type_=joined(values))


@binds(exp.If)
def _if(node: exp.Expr, frame: Frame) -> Term:
    other = node.args.get("false")
    test, value = bind(node.this, frame), bind(node.args["true"], frame)
    return case([test, value], bind(other, frame) if other is not None else NULL)


@binds(exp.Coalesce)
def _coalesce(node: exp.Expr, frame: Frame) -> Term:
    args = [bind(node.this, frame), *bind_all(node.expressions, frame)]
    args = [times.literal_like(frame, arg, args[0], node) for arg in args]
    found = args[-1]
    for arg in reversed(args[:-1]):
        found = app("coalesce", arg, found, type_=joined((arg, found)))
    return found


@binds(exp.Nullif)
def _nullif(node: exp.Expr, frame: Frame) -> Term:
    value, other = bind(node.this, frame), bind(node.expression, frame)
    return case([compare(frame, "eq", False, value, other, node), NULL], value)


@binds(exp.Least, exp.Greatest)
def _extreme(node: exp.Expr, frame: Frame) -> Term:
    args = [bind(node.this, frame), *bind_all(node.expressions, frame)]
    args = [times.literal_like(frame, arg, args[0], node) for arg in args]
    op = "least" if isinstance(node, exp.Least) else "greatest"
    if len({arg.type == INSTANT for arg in args if arg.type in TIME_TYPES}) > 1:
        return frame.unknown(node, "instants mixed with wall times", args, UNKNOWN)
    return app(op, *args, type_=join_types(arg.type for arg in args))


def joined(values: Iterable[Term]) -> str:
    """The type of a value that is one of several; a literal such as ``0.0`` is as whole as an integer."""
    return join_types(INT if isinstance(v, Const) and v.type == DECIMAL and _is_whole(v) else v.type for v in values)


def join_types(types: Iterable[str]) -> str:
    """The type of a value that is one of several."""
    found = {type_ for type_ in types if type_ != "null"}
    if len(found) == 1:
        return found.pop()
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


# -- numbers --------------------------------------------------------------------------------------------------------


@binds(exp.Add)
def _plus(node: exp.Expr, frame: Frame) -> Term:
    return _sum(node, frame, 1)


@binds(exp.Sub)
def _minus(node: exp.Expr, frame: Frame) -> Term:
    return _sum(node, frame, -1)


def _sum(node: exp.Expr, frame: Frame, sign: int) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    timed = times.add(frame, left, right, sign, node)
    if timed is not None:
        return timed
    if sign < 0:
        rest = cancelled(left, right)
        if rest is not None:
            return rest
    if left.type == right.type == "epoch" and sign < 0:
        return app("minus", left, right, type_=EPOCH_SPAN)
    return app("plus" if sign > 0 else "minus", left, right, type_=join_types((left.type, right.type)))


def cancelled(left: Term, right: Term) -> Term | None:
    """``(x + y) - y`` in exact numbers is ``x``."""
    if isinstance(left, App) and left.op == "plus" and left.type in EXACT_NUMBERS and right in left.args:
        rest = [arg for arg in left.args if arg is not right]
        return rest[0] if len(rest) == 1 else None
    return None


@binds(exp.Mul)
def _times(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    if INTERVAL in (left.type, right.type):
        return _scaled_interval(left, right, node, frame)
    return app("times", left, right, type_=join_types((left.type, right.type)))


def _scaled_interval(left: Term, right: Term, node: exp.Expr, frame: Frame) -> Term:
    span, factor = (left, right) if left.type == INTERVAL else (right, left)
    found = times.span_of(span)
    if found is not None and isinstance(factor, Const) and factor.type == INT and factor.at is not None:
        n = factor.at
        return const(Span(found.months * n, found.days * n, found.micros * n), INTERVAL)
    return frame.unknown(node, "an interval that is not a literal", (left, right), INTERVAL)


@binds(exp.Div)
def _divide(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    type_ = join_types((left.type, right.type))
    if type_ == INT and frame.dialect != "postgres":
        type_ = FLOAT
    if type_ in (WHOLE, DECIMAL) and (type_ == WHOLE or frame.dialect == "duckdb"):
        type_ = FLOAT
    return app("divide", left, right, type_=type_)


@binds(exp.Mod)
def _modulo(node: exp.Expr, frame: Frame) -> Term:
    left, right = bind(node.this, frame), bind(node.expression, frame)
    return app("modulo", left, right, type_=join_types((left.type, right.type)))


@binds(exp.Neg)
def _negative(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    span = times.span_of(value)
    if span is not None:
        return const(-span, INTERVAL)
    if isinstance(value, Const) and value.type == INT and value.at is not None:
        return const(-value.at, INT)
    if isinstance(value, Const) and isinstance(value.value, str) and value.type == DECIMAL:
        return const("-" + value.value, DECIMAL)
    return app("negative", value, type_=value.type)


# -- casts ----------------------------------------------------------------------------------------------------------


@binds(exp.Cast, exp.TryCast)
def _cast(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    to = type_of(node.args["to"], frame.dialect)
    return cast(frame, value, to, node)


def cast(frame: Frame, value: Term, to: str, node: exp.Expr) -> Term:
    """A cast; to or from an instant, it may show the session's zone."""
    if value is NULL:
        return NULL
    if to == UNKNOWN:
        return frame.unknown(node, f"a cast to a type that is not understood: {node.args['to'].sql()}", (value,))
    if to in TIME_TYPES:
        return times.cast_time(frame, value, to, node)
    if to == value.type:
        exact = value.type in (TEXT, INT, BOOL)
        return value if exact else app("cast", value, type_=to, params=(node.args["to"].sql(),))
    if to == INTERVAL and isinstance(value, Const) and isinstance(value.value, str):
        span = parse_interval(value.value)
        return (
            const(span, INTERVAL) if span else frame.unknown(node, "an interval that is not understood", (), INTERVAL)
        )
    if value.type == INSTANT:
        return pure(frame, node, "cast", (value,), to, True, (node.args["to"].sql(),))
    if to == FLOAT and (value.type in (INT, WHOLE) or _is_whole(value)):
        to = WHOLE
    op = "cast_exact" if value.type == BOOL and to == INT else "cast"
    return app(op, value, type_=to, params=(node.args["to"].sql(),))


def _is_whole(value: Term) -> bool:
    if isinstance(value, Const) and isinstance(value.value, str):
        try:
            return float(value.value).is_integer()
        except ValueError:
            return False
    return False


# -- times ----------------------------------------------------------------------------------------------------------


@binds(exp.AtTimeZone)
def _at_time_zone(node: exp.Expr, frame: Frame) -> Term:
    return times.at_zone(frame, bind(node.this, frame), bind(node.args["zone"], frame), node)


@binds(exp.TimestampTrunc, exp.DateTrunc)
def _truncate(node: exp.Expr, frame: Frame) -> Term:
    unit = node.args.get("unit")
    zone = node.args.get("zone")
    pinned = bind(zone, frame) if isinstance(zone, exp.Expr) else None
    name = str(pinned.value) if isinstance(pinned, Const) else ""
    if pinned is not None and not name:
        return frame.unknown(node, "the time zone is not a literal", (bind(node.this, frame), pinned))
    if not isinstance(unit, exp.Expr):
        return frame.unknown(node, "truncation to a unit that is not a literal", (bind(node.this, frame),))
    return times.truncate(frame, unit.name, bind(node.this, frame), node, name)


@binds(exp.Extract)
def _extract(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.expression, frame)
    part = node.this.name.lower() if isinstance(node.this, exp.Expr) else ""
    if part == "epoch":
        return epoch(value)
    if value.type == INSTANT and not frame.interpreter.zone:
        return app("strict", times.session_wall(frame, value, node), type_=INT, params=("part", part))
    return app("strict", value, type_=DECIMAL if frame.dialect == "postgres" else INT, params=("part", part))


def epoch(value: Term) -> Term:
    """Seconds since 1970 of a time, or in an interval."""
    if value.type in TIME_TYPES:
        return app("epoch", value, type_="epoch")
    return app("seconds", value, type_=DECIMAL)


@binds(exp.TimeToUnix)
def _time_to_unix(node: exp.Expr, frame: Frame) -> Term:
    return epoch(bind(node.this, frame))


@binds(exp.UnixMicros)
def _unix_micros(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    if value.type != INSTANT:
        return frame.unknown(node, "microseconds of something that is not an instant", (value,), INT)
    return app("retype", value, type_=INT)


@binds(exp.UnixSeconds, exp.UnixMillis)
def _unix_floor(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    if value.type != INSTANT:
        return frame.unknown(node, "an epoch of something that is not an instant", (value,), INT)
    unit = 1000 if isinstance(node, exp.UnixMillis) else 1_000_000
    # Scaled values do not lie on the line of microseconds: only their order is known, as that of a truncation.
    return app("iso", value, type_="epoch", params=(unit,))


@binds(exp.TimeToStr)
def _time_to_text(node: exp.Expr, frame: Frame) -> Term:
    value, form = bind(node.this, frame), node.args.get("format")
    if value.type in ("naive", DATE) and isinstance(form, exp.Literal) and _sorts_like_time(form.name):
        return app("iso", value, type_="epoch", params=(form.name,))
    return pure(frame, node, "to_char", (value,), TEXT, True, (form.sql() if isinstance(form, exp.Expr) else "",))


def _sorts_like_time(form: str) -> bool:
    """Whether text in a format sorts as the times do: fixed-width fields from the year down, none left out."""
    order = ["%Y", "%m", "%d", "%H", "%M", "%S", "%f"]
    found = [form[i : i + 2] for i in range(len(form)) if form[i] == "%"]
    return bool(found) and found == order[: len(found)]


@binds(exp.TsOrDsToDate, exp.Date, exp.TsOrDsToTimestamp)
def _to_date(node: exp.Expr, frame: Frame) -> Term:
    value = bind(node.this, frame)
    if len(arguments(node)) > 1:
        return frame.unknown(node, "a date from text in a format", (value,), DATE)
    to = DATE if not isinstance(node, exp.TsOrDsToTimestamp) else INSTANT if frame.dialect == "spark" else "naive"
    return times.cast_time(frame, value, to, node)


@binds(exp.TsOrDsAdd, exp.DateAdd, exp.TimestampAdd, exp.TsOrDsDiff)
def _date_add(node: exp.Expr, frame: Frame) -> Term:
    return _date_shift(node, frame, 1)


@binds(exp.DateSub, exp.TimestampSub)
def _date_sub(node: exp.Expr, frame: Frame) -> Term:
    return _date_shift(node, frame, -1)


def _date_shift(node: exp.Expr, frame: Frame, sign: int) -> Term:
    value, amount = bind(node.this, frame), _integer(bind(node.expression, frame))
    unit = node.args.get("unit")
    if amount is None or isinstance(node, exp.TsOrDsDiff):
        return frame.unknown(node, "a shift that is not a literal", (value,), value.type)
    span = parse_interval(str(amount), unit.name if isinstance(unit, exp.Expr) else "day")
    if span is None or value.type not in TIME_TYPES:
        return frame.unknown(node, "a shift that is not understood", (value,), value.type)
    if isinstance(node, exp.TsOrDsAdd) and value.type != DATE:
        value = times.cast_time(frame, value, DATE, node)
    moved = times.add_span(frame, value, span if sign > 0 else -span, node)
    return times.to_day(moved) if isinstance(node, exp.TsOrDsAdd) else moved


def _integer(term: Term) -> int | None:
    if isinstance(term, Const) and term.type == INT:
        return term.at
    if isinstance(term, App) and term.op == "times":
        parts = [_integer(arg) for arg in term.args]
        if all(part is not None for part in parts):
            return (parts[0] or 0) * (parts[1] or 0)
    return None


@binds(exp.DateDiff, exp.TimestampDiff, exp.DatetimeDiff)
def _date_diff(node: exp.Expr, frame: Frame) -> Term:
    """Boundaries crossed from the second time to the first."""
    after, before = bind(node.this, frame), bind(node.expression, frame)
    unit = node.args.get("unit")
    name = unit.name.lower() if isinstance(unit, exp.Expr) else "day"
    if name == "day" and after.type in TIME_TYPES and before.type in TIME_TYPES:
        days = [times.cast_time(frame, value, DATE, node) for value in (after, before)]
        return app("sub_time", *days, type_=INT, params=("days",))
    return pure(frame, node, "date_diff", (after, before), INT, True, (name,))


# -- functions by name ------------------------------------------------------------------------------------------------


@binds(exp.Anonymous)
def _anonymous(node: exp.Expr, frame: Frame) -> Term:
    name = node.name.lower()
    args = bind_all(list(node.expressions), frame)
    if name in frame.interpreter.declarations.pure_functions:
        frame.interpreter.use(f"function {name} is pure")
        return pure(frame, node, name, args, UNKNOWN, False)
    if name == "timezone" and len(args) == 2:
        return times.at_zone(frame, args[1], args[0], node)
    if name in ("epoch_us", "epoch_ms", "epoch_ns") and len(args) == 1 and args[0].type in TIME_TYPES:
        if name == "epoch_us":
            return app("retype", args[0], type_=INT)
        return app("strict", args[0], type_=INT, params=(name,))
    if name == "age" and len(args) == 2:
        return times.subtract(frame, args[0], args[1], node)
    if name in functions.CLOCK_NAMES or name == "age":
        return frame.impure(Kind.CLOCK, node, f"{name}() reads the clock", args)
    if name in functions.VOLATILE_NAMES:
        return frame.impure(Kind.VOLATILE, node, f"{name}() changes from call to call", args)
    if name in functions.SESSION_NAMES:
        return frame.impure(Kind.SESSION, node, f"{name}() depends on the session", args)
    if name in functions.PURE_NAMES:
        return pure(frame, node, name, args, functions.PURE_NAMES[name], False)
    if name in functions.AGGREGATE_NAMES:
        return frame.unknown(node, f"{name}() outside a grouped query", args)
    return frame.unknown(node, f"{name}() is not a known function: it may read tables or the clock", args)


@binds(exp.Exists)
def _exists(node: exp.Expr, frame: Frame) -> Term:
    return frame.interpreter.exists(node, frame)


@binds(exp.Subquery)
def _subquery(node: exp.Expr, frame: Frame) -> Term:
    return frame.interpreter.scalar(node, frame)
