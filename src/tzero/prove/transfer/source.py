"""FROM items: base relations, views, CTEs, subqueries, literals and series of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import NotNull
from tzero.prove.domain.label import Kind
from tzero.prove.domain.renaming import Renaming
from tzero.prove.domain.row import Occurrence, Part, Present, Row, new_part
from tzero.prove.domain.terms import DATE, DAY, INSTANT, INT, NAIVE, Const, Term, Var
from tzero.prove.domain.types import HOLDER, INTERVAL, UNKNOWN, Span
from tzero.prove.functions import ROWS_OF_ARGUMENTS
from tzero.prove.transfer import times
from tzero.prove.transfer.binding import bind_all, holds_instant
from tzero.prove.transfer.expression import bind, join_types
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.literal_arrays import elements_of
from tzero.prove.transfer.scan import scan
from tzero.prove.transfer.wording import worded

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names

# Table functions of literals: no data takes part. (start, stop, step)
SERIES = (exp.GenerateSeries, exp.ExplodingGenerateSeries, exp.GenerateDateArray, exp.GenerateTimestampArray)


def rows_of(interpreter: Interpreter, node: exp.Expr, names: Names, outer: Frame | None) -> tuple[str, list[Row]]:
    """The alias of a FROM item, and its rows."""
    alias = node.alias_or_name.lower()
    if isinstance(node, exp.Table):
        rows = _table(interpreter, node, names, outer)
    elif isinstance(node, exp.Subquery):
        rows = shaped(interpreter, node, interpreter.query(node.this, names, None))
    elif isinstance(node, exp.Lateral):
        rows = _lateral(interpreter, node, names, outer)
    elif isinstance(node, exp.Values):
        rows = [_values(interpreter, node, outer)]
    elif isinstance(node, exp.Unnest):
        rows = [unnested(interpreter, node, list(node.expressions), outer)]
    else:
        rows = [interpreter.opaque(node, f"{type(node).__name__} in FROM is not understood", [])]
    rows = [_named_by(alias, row) for row in rows] if _is_function(node) else rows
    return alias, [renamed(row, node) for row in rows]


def shaped(interpreter: Interpreter, node: exp.Expr, rows: list[Row]) -> list[Row]:
    """The rows of a subquery after what stands behind it: a pivot of them, a sample."""
    for argument in ("pivots", "sample"):
        if node.args.get(argument):
            return [interpreter.opaque(node, f"{argument} of a subquery is not understood", rows)]
    return rows


def _is_function(node: exp.Expr) -> bool:
    """Whether a FROM item is a call: of one that gives single values, the alias names the column as well."""
    inner = node.this if isinstance(node, exp.Lateral) else node
    if isinstance(inner, exp.Table):
        return inner.this is not None and not isinstance(inner.this, exp.Identifier)
    return isinstance(inner, exp.Unnest) or (inner is not node and not isinstance(inner, (exp.Query, exp.Subquery)))


def _named_by(alias: str, row: Row) -> Row:
    if not alias or len(row.columns) != 1:
        return row
    return replace(row, columns={alias: next(iter(row.columns.values()))})


def renamed(row: Row, node: exp.Expr) -> Row:
    """Apply an alias's column list, by position."""
    alias = node.args.get("alias")
    columns = [c.name.lower() for c in alias.columns] if isinstance(alias, exp.TableAlias) else []
    if not columns:
        return row
    old = list(row.columns.items())
    names = columns + [name for name, _ in old[len(columns) :]]
    return replace(row, columns=dict(zip(names, (term for _, term in old), strict=False)))


def _table(interpreter: Interpreter, node: exp.Table, names: Names, outer: Frame | None) -> list[Row]:
    for argument in ("sample", "pivots", "version", "when", "changes", "match_recognize", "unpivot"):
        if node.args.get(argument):
            return [interpreter.opaque(node, f"{argument} of a table is not understood", [])]
    if node.this is None:
        return [interpreter.opaque(node, "ROWS FROM is not understood", [])]
    if not isinstance(node.this, exp.Identifier):
        return [function(interpreter, node.this, outer)]
    name = ".".join(part.name for part in node.parts).lower()
    if "." not in name and name in names:
        return interpreter.instances(names[name].rows(), names[name].source, outer)
    view = interpreter.view(name)
    if view is not None:
        return interpreter.instances(view.rows(), view.source, outer, reader=None if interpreter.current_view else node)
    relation = interpreter.declarations.relation(name)
    if relation is None:
        return [interpreter.undeclared(node, name)]
    if not relation.columns:
        return [interpreter.undeclared(node, name, "its columns are not declared")]
    return [scan(interpreter, relation, node)]


def function(interpreter: Interpreter, node: exp.Expr, outer: Frame | None) -> Row:
    """The rows of a call, in FROM or in the list of a SELECT."""
    if isinstance(node, SERIES):
        return _series(interpreter, node, outer)
    if isinstance(node, (exp.Unnest, exp.Explode)):
        args = list(node.expressions) if isinstance(node, exp.Unnest) else [node.this]
        return unnested(interpreter, node, args, outer)
    if isinstance(node, exp.Anonymous) and node.name.lower() in ("generate_series", "range"):
        return _series(interpreter, node, outer)
    if isinstance(node, exp.Anonymous) and node.name.lower() in ROWS_OF_ARGUMENTS:
        return _of_arguments(interpreter, node, outer)
    return interpreter.opaque(node, f"the table function {worded(node)} is not understood", [])


def _of_arguments(interpreter: Interpreter, node: exp.Anonymous, outer: Frame | None) -> Row:
    """Rows that a call makes of its arguments and of nothing else; they may be alike, and nothing tells them apart."""
    frame = _frame(interpreter, outer)
    args = bind_all(list(node.expressions), frame)
    type_ = HOLDER if any(map(holds_instant, args)) else UNKNOWN
    name = "value" if "array_elements" in node.name.lower() else node.name.lower()
    row = literal_row(interpreter, {name: type_}, args, frame)
    return replace(row, parts=tuple(replace(part, keys=()) for part in row.parts))


def _frame(interpreter: Interpreter, outer: Frame | None) -> Frame:
    return outer if outer is not None else Frame(interpreter)


def _lateral(interpreter: Interpreter, node: exp.Lateral, names: Names, outer: Frame | None) -> list[Row]:
    inner = node.this
    if isinstance(inner, exp.Subquery):
        return interpreter.query(inner.this, names, outer)
    if isinstance(inner, exp.Query):
        return interpreter.query(inner, names, outer)
    return [function(interpreter, inner, outer)]


def literal_row(interpreter: Interpreter, columns: dict[str, str], labels: tuple[Term, ...], frame: Frame) -> Row:
    """Rows that depend on literals only, or on the values that the literals are made of."""
    terms: dict[str, Term] = {}
    located = interpreter.labels.values(labels, frame.row.store)
    atoms = tuple(dict.fromkeys(item.atom for item in located))
    for name, type_ in columns.items():
        var = Var(name, type_)
        interpreter.ledger[var] = atoms
        terms[name] = var
    part = Part(new_part(), "", tuple(terms.values()), (tuple(terms.values()),))
    return Row(columns=terms, store=frame.row.store, presence=tuple(map(Present, atoms)), parts=(part,))


def _series(interpreter: Interpreter, node: exp.Expr, outer: Frame | None) -> Row:
    frame = _frame(interpreter, outer)
    args = [a for a in _series_arguments(node) if isinstance(a, exp.Expr)]
    bound = tuple(bind(arg, frame) for arg in args)
    if interpreter.dialect == "postgres" and len(bound) > 2 and bound[2].type == INTERVAL:
        # of texts and of days, PostgreSQL makes a series of instants
        bound = (*(_as_instant(frame, term, node) for term in bound[:2]), bound[2])
    type_ = join_types(term.type for term in bound[:2])
    if type_ == DATE and (len(bound) < 3 or bound[2].type != INT):
        type_ = NAIVE if interpreter.dialect != "spark" else DATE
    span = times.span_of(bound[2]) if len(bound) > 2 else None
    if type_ == INSTANT and not interpreter.zone and (span is None or _is_calendar(span, interpreter.dialect)):
        note = "the days of a series of instants are those of the session's zone"
        bound = (*bound, frame.impure(Kind.SESSION, node, note))
    row = literal_row(interpreter, {"generate_series": type_}, bound, frame)
    start = bound[0] if bound else None
    daily = span is not None and not span.months and not span.micros and span.days > 0
    if daily and type_ == NAIVE and isinstance(start, Const) and start.at is not None and start.at % DAY == 0:
        old = row.columns["generate_series"]
        assert isinstance(old, Var)
        old.grain = DAY
    return _not_null(row)


def _is_calendar(span: Span, dialect: str) -> bool:
    """Whether a step has days in it that may be longer or shorter than 24 hours; Spark's hours make such days, too."""
    return bool(span.days or span.months or (dialect == "spark" and abs(span.micros) >= DAY))


def _as_instant(frame: Frame, term: Term, node: exp.Expr) -> Term:
    if term.type == DATE:
        return times.cast_time(frame, term, INSTANT, node)
    return times.literal_of(frame, term, INSTANT, node)


def _series_arguments(node: exp.Expr) -> list[object]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    return [node.args.get("start"), node.args.get("end"), node.args.get("step") or node.args.get("interval")]


def _not_null(row: Row) -> Row:
    return row.assume([NotNull(term) for term in row.columns.values()])


def unnested(interpreter: Interpreter, node: exp.Expr, args: list[exp.Expr], outer: Frame | None) -> Row:
    """The elements of arrays; of literal arrays, each element once or more, so nothing is unique."""
    frame = _frame(interpreter, outer)
    if len(args) != 1 or node.args.get("offset"):
        return interpreter.opaque(node, "UNNEST of several arrays or with ordinality is not understood", [])
    inner = args[0]
    if isinstance(inner, SERIES):
        row = _series(interpreter, inner, outer)
        name = "unnest"
        return replace(row, columns={name: next(iter(row.columns.values()))})
    written = elements_of(inner)
    if written is not None:
        elements = times.on_one_clock(frame, [bind(item, frame) for item in written], node)
        row = literal_row(interpreter, {"unnest": join_types(e.type for e in elements)}, elements, frame)
        values = [e.value for e in elements if isinstance(e, Const)]
        if len(values) != len(elements) or len(set(values)) != len(values):
            row = replace(row, parts=tuple(replace(part, keys=()) for part in row.parts))
        return _not_null(row) if all(frame.row.store.not_null(e) for e in elements) else row
    term = bind(args[0], frame)
    row = literal_row(interpreter, {"unnest": HOLDER if holds_instant(term) else UNKNOWN}, (term,), frame)
    return replace(row, parts=tuple(replace(part, keys=()) for part in row.parts))


def _values(interpreter: Interpreter, node: exp.Values, outer: Frame | None) -> Row:
    frame = _frame(interpreter, outer)
    tuples = [item.expressions if isinstance(item, exp.Tuple) else [item] for item in node.expressions]
    width = len(tuples[0]) if tuples else 0
    bound = [[bind(cell, frame) for cell in row] for row in tuples]
    columns = [times.on_one_clock(frame, column, node) for column in zip(*bound, strict=True)]
    cells = [list(row) for row in zip(*columns, strict=True)]
    types = {f"column{i + 1}": join_types(row[i].type for row in cells) for i in range(width)}
    row = literal_row(interpreter, types, tuple(cell for line in cells for cell in line), frame)
    full = all(frame.row.store.not_null(cell) for line in cells for cell in line)
    keys = [[cell.value if isinstance(cell, Const) else object() for cell in line] for line in cells]
    if len({tuple(map(str, key)) for key in keys}) != len(keys):
        row = replace(row, parts=tuple(replace(part, keys=()) for part in row.parts))
    if len(cells) == 1:
        return Row(columns=dict(zip(types, cells[0], strict=True)), store=frame.row.store, single=True, always=True)
    return _not_null(row) if full else row


def instance(
    interpreter: Interpreter, row: Row, source: str, fixed: frozenset[Var], reader: exp.Expr | None = None
) -> Row:
    """A fresh copy of a named relation's row, noted as an occurrence of it."""
    renaming = Renaming(interpreter.ledger, fixed, interpreter.labels.minima)
    renaming.reader = reader
    copy = renaming.row(row)
    occurrence = Occurrence(source, tuple(copy.columns.items()))
    return replace(copy, occurrences=(*copy.occurrences, occurrence))
