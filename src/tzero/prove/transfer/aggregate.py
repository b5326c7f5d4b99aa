"""One aggregate over the rows of a group: which rows contribute to it, and what its value depends on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.facts import Fact, NotNull
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.domain.row import Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import FALSE, INT, NULL, TRUE, App, Const, Term, Var, app, const
from tzero.prove.domain.types import DECIMAL, EPOCH_SPAN, EXACT_NUMBERS, FLOAT, UNKNOWN
from tzero.prove.meaning.labels import untrue
from tzero.prove.meaning.logic import facts_of, is_null, negate
from tzero.prove.transfer.expression import arguments, bind, joined
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.wording import worded

if TYPE_CHECKING:
    from tzero.prove.transfer.group import Grouping
    from tzero.prove.transfer.interpreter import Interpreter

# Seeing a row twice changes nothing.
IDEMPOTENT = frozenset(["Min", "Max", "LogicalOr", "LogicalAnd", "BitwiseAndAgg", "BitwiseOrAgg", "ArrayUniqueAgg"])
SORTERS = frozenset({"sort_array", "list_sort", "array_sort", "ArraySort", "SortArray"})


@dataclass(frozen=True)
class Call:
    """An aggregate call, taken apart."""

    node: exp.Expr
    name: str
    args: tuple[exp.Expr, ...]
    condition: exp.Expr | None = None
    order: tuple[exp.Expr, ...] = ()
    distinct: bool = False
    keeps_nulls: bool = False
    sorted: bool = False


def call_of(node: exp.Expr) -> Call | None:
    """The aggregate that a node calls, with its FILTER, WITHIN GROUP and ORDER BY; None when it is no aggregate."""
    if isinstance(node, exp.Filter):
        inner = call_of(node.this)
        return replace(inner, node=node, condition=node.expression.this) if inner else None
    if isinstance(node, exp.WithinGroup):
        inner = call_of(node.this)
        order = node.expression.expressions if isinstance(node.expression, exp.Order) else ()
        return replace(inner, node=node, order=tuple(order)) if inner else None
    if isinstance(node, (exp.IgnoreNulls, exp.RespectNulls)):
        return None
    name = type(node).__name__
    if isinstance(node, exp.Anonymous):
        name = functions.AGGREGATE_NAMES.get(node.name.lower(), "")
        if not name and node.name.lower() in SORTERS and node.expressions:
            inner = call_of(node.expressions[0])
            return replace(inner, node=node, sorted=True) if inner and len(node.expressions) == 1 else None
    if name in SORTERS:
        inner = call_of(node.this)
        rest = [arg for arg in arguments(node)[1:] if not isinstance(arg, exp.Boolean)]
        return replace(inner, node=node, sorted=True) if inner and not rest else None
    if name in ("CollectList", "CollectSet"):
        return Call(node, "ArrayAgg", tuple(node.expressions))
    if name not in functions.AGGREGATES:
        return None
    return _plain(node, name)


def _plain(node: exp.Expr, name: str) -> Call:
    args = list(node.expressions) if isinstance(node, exp.Anonymous) else arguments(node)
    order: tuple[exp.Expr, ...] = ()
    distinct = False
    if args and isinstance(args[0], exp.Order):
        order = tuple(args[0].expressions)
        args[0] = args[0].this
    if args and isinstance(args[-1], exp.Order):
        order = tuple(args[-1].expressions)
        args[-1] = args[-1].this
    if args and isinstance(args[0], exp.Distinct):
        distinct = True
        args = [*args[0].expressions, *args[1:]]
    if args and isinstance(args[0], exp.Order):
        order = tuple(args[0].expressions)
        args[0] = args[0].this
    keeps = name in functions.KEEPS_NULLS and not node.args.get("nulls_excluded")
    return Call(node, name, tuple(args), None, order, distinct, keeps)


@dataclass(frozen=True)
class Contribution:
    """Rows that meet the facts of a store contribute a value; ``tests`` are what decides that they do.

    ``observed`` are all terms that the call looks at, also those of rows that contribute something else.
    """

    store: Store
    values: tuple[Term, ...]
    tests: tuple[Located, ...] = ()
    observed: tuple[Term, ...] = ()


class Aggregation:
    """Binds one call over all branches of a grouping."""

    def __init__(self, interpreter: Interpreter, grouping: Grouping, frames: list[Frame], call: Call) -> None:
        self.interpreter = interpreter
        self.grouping = grouping
        self.frames = frames
        self.call = call
        self.labels = interpreter.labels
        self.order_atoms: dict[str, Atom] = {}
        self.type = UNKNOWN
        self.never_null = call.name in ("Count", "CountIf", "ApproxDistinct")

    def term(self) -> Term:
        """The value of the aggregate, as a variable of the group."""
        parts = [self._contributions(frame) for frame in self.frames]
        result = Var(self.call.name, self._result_type(parts))
        self.grouping.produced.add(result)
        atoms: dict[Atom, None] = {}
        if self.call.name == "Min" and parts and all(c.values and c.values[0].is_time for p in parts for c in p):
            atoms |= dict.fromkeys(self._earliest(result, parts))
        else:
            for branch, contributions in zip(self.grouping.branches, parts, strict=True):
                for item in contributions:
                    atoms |= dict.fromkeys(self._complete(branch, item, ()))
        self._check_order(parts)
        self.interpreter.ledger[result] = (*atoms, *self.order_atoms.values())
        if self.never_null or self._surely_some(parts):
            self.grouping.facts.append(NotNull(result))
        return result

    def _complete(self, branch: object, item: Contribution, minima: tuple[Var, ...]) -> tuple[Atom, ...]:
        grouping = self.grouping
        position = grouping.branches.index(branch)  # type: ignore[arg-type]
        owner = grouping.branches[position]
        closing = grouping.closing(owner, minima)
        lean = self.call.name in IDEMPOTENT or self.call.distinct
        rows = self._rows(owner.row, owner.keys, item, lean)
        return closing.close([*rows, *item.tests, *self.labels.values(item.values, item.store)])

    def _rows(self, row: Row, keys: tuple[Term, ...], item: Contribution, lean: bool) -> list[Located]:
        terms = (*keys, *item.observed)
        store = item.store
        needed = frozenset(store.owner[leaf] for term in terms for leaf in term.leaves if leaf in store.owner)
        presence = row.located_presence(lean=lean, needed=needed)
        return [Located(p.atom, store) for p in presence] + list(self.labels.values(keys, store))

    def _earliest(self, result: Var, parts: list[list[Contribution]]) -> list[Atom]:
        """``MIN`` of a time: known at the minimum, or when the group is complete; its absence only by the latter."""
        found: list[Atom] = []
        for position, contributions in enumerate(parts):
            branch = self.grouping.branches[position]
            for item in contributions:
                closing = self.grouping.closing(branch)
                rows = [
                    *self._rows(branch.row, branch.keys, item, True), *item.tests,
                    *self.labels.values(item.values, item.store),
                ]  # fmt: skip
                dated = replace(
                    closing, dated=[*closing.dated, (item.values[0], result)],
                    outside=closing.outside.assume((NotNull(result),)), _memo={}, _indexes={}, _bounds={}, _times=None,
                )  # fmt: skip
                found += [replace(atom, if_not_null=result) for atom in dated.close(rows)]
                found += [replace(atom, if_null=result) for atom in closing.close(rows)]
        if all(len(p) == 1 and p[0].store is b.row.store for p, b in zip(parts, self.grouping.branches, strict=True)):
            terms = [p[0].values[0] for p in parts]
            self.grouping.minima.append((terms, result))
            if len(parts) == 1:
                self.labels.minima[result] = self.grouping.witnesses(terms[0])
        return found

    # -- which rows contribute ------------------------------------------------------------------------------------

    def _contributions(self, frame: Frame) -> list[Contribution]:
        args = [arg for arg in self.call.args if not isinstance(arg, exp.Star)]
        terms = tuple(bind(arg, frame) for arg in args)
        order = tuple(bind(_ordered(item), frame) for item in self.call.order)
        observed = terms + order
        store = frame.row.store
        tests: tuple[Located, ...] = ()
        if self.call.condition is not None:
            condition = bind(self.call.condition, frame)
            store = frame.row.store
            tests = self.labels.test(condition, store)
            store = store.assume(facts_of(condition, store))
            observed += (condition,)
        return [replace(item, observed=observed) for item in self._contributing(store, tests, terms, order)]

    def _contributing(
        self, store: Store, tests: tuple[Located, ...], terms: tuple[Term, ...], order: tuple[Term, ...]
    ) -> list[Contribution]:
        if self.call.name == "CountIf":
            return list(self._where_true(terms[0], store, tests))
        if not terms and order:
            terms, order = order, ()
        if not terms:
            return [Contribution(store, (), tests)] if not store.impossible else []
        if self.call.keeps_nulls or len(terms) != 1 or order:
            return [] if store.impossible else self._all_rows(store, terms, order, tests)
        return list(self._peel(terms[0], store, tests, plain=self.call.condition is None))

    def _all_rows(
        self, store: Store, terms: tuple[Term, ...], order: tuple[Term, ...], tests: tuple[Located, ...]
    ) -> list[Contribution]:
        if not self.call.keeps_nulls and self.call.name != "ArgMax" and self.call.name != "ArgMin" and terms:
            store = store.assume((NotNull(terms[0]),))
            tests = (*tests, *self.labels.nullness(terms[0], store))
        return [Contribution(store, (*terms, *order), tests)]

    def _where_true(self, term: Term, store: Store, tests: tuple[Located, ...]) -> Iterator[Contribution]:
        tests = (*tests, *self.labels.test(term, store))
        store = store.assume(facts_of(term, store))
        if not store.impossible:
            yield Contribution(store, (), tests)

    def _peel(self, term: Term, store: Store, tests: tuple[Located, ...], *, plain: bool) -> Iterator[Contribution]:
        """The branches of a CASE contribute on their own; a NULL contributes nothing, nor does a neutral ELSE."""
        if store.impossible or term is NULL:
            return
        term = self._as_case(term, store)
        if isinstance(term, App) and term.op == "case":
            yield from self._peel_case(term, store, tests, plain=plain)
            return
        store = store.assume((NotNull(term),))
        if not store.impossible:
            yield Contribution(store, (term,), (*tests, *self.labels.nullness(term, store)))

    def _peel_case(self, term: App, store: Store, tests: tuple[Located, ...], *, plain: bool) -> Iterator[Contribution]:
        neutral = plain and self._is_neutral(term, store)
        for test, value in zip(term.args[:-1:2], term.args[1::2], strict=True):
            tests = (*tests, *self.labels.test(test, store))
            yield from self._peel(value, store.assume(facts_of(test, store)), tests, plain=False)
            store = untrue(test, store)
        if not neutral:
            yield from self._peel(term.args[-1], store, tests, plain=False)

    def _as_case(self, term: Term, store: Store) -> Term:
        """A flag that is never NULL, as CASE: ``SUM(p::int)``, ``BOOL_OR(p)``, ``BOOL_AND(p)``."""
        if isinstance(term, App) and term.op == "cast_exact" and store.not_null(term.args[0]):
            return app("case", term.args[0], const(1, INT), const(0, INT), type_=INT)
        if (
            isinstance(term, App)
            and term.op == "coalesce"
            and self.call.name == "Sum"
            and isinstance(term.args[1], Const)
        ):
            return app("case", negate(is_null(term.args[0])), *term.args, type_=term.type)
        if term.type == "bool" and not isinstance(term, Const) and store.not_null(term):
            if self.call.name == "LogicalOr":
                return app("case", term, TRUE, FALSE, type_="bool")
            if self.call.name == "LogicalAnd":
                return app("case", negate(term), FALSE, TRUE, type_="bool")
        return term

    def _is_neutral(self, term: App, store: Store) -> bool:
        """Whether rows that take the ELSE branch change nothing, given that the group has a row at all."""
        values, default = term.args[1::2], term.args[-1]
        if not self.grouping.keys or not isinstance(default, Const):
            return False
        name = self.call.name
        if name == "Sum" and not self.call.distinct:
            return _is_zero(default) and self._never_null(term, store)
        if name in ("LogicalOr", "LogicalAnd"):
            return default.value is (name == "LogicalAnd") and all(isinstance(v, Const) for v in values)
        if name in ("Max", "Min") and default.at is not None:
            ats = [v.at for v in values if isinstance(v, Const)]
            if len(ats) != len(values) or any(at is None for at in ats):
                return False
            known = [at for at in ats if at is not None]
            return all(at >= default.at for at in known) if name == "Max" else all(at <= default.at for at in known)
        return False

    def _never_null(self, term: App, store: Store) -> bool:
        for test, value in zip(term.args[:-1:2], term.args[1::2], strict=True):
            if not store.assume(facts_of(test, store)).not_null(value):
                return False
        return True

    def _surely_some(self, parts: list[list[Contribution]]) -> bool:
        if not self.grouping.keys or self.call.name not in ("Sum", "Min", "Max", "Avg"):
            return False
        return all(
            len(contributions) == 1 and contributions[0].store is branch.row.store
            for contributions, branch in zip(parts, self.grouping.branches, strict=True)
        )

    # -- types and order ------------------------------------------------------------------------------------------

    def _result_type(self, parts: list[list[Contribution]]) -> str:
        found = {c.values[0].type for p in parts for c in p if c.values}
        self.type = joined([c.values[0] for p in parts for c in p if c.values]) if found else UNKNOWN
        name = self.call.name
        if self.type == EPOCH_SPAN and name in ("Sum", "Avg") and self.interpreter.dialect != "postgres":
            self.interpreter.use("sums of epoch seconds stay below 2**31, where they are exact")
        if name == "Avg":
            return DECIMAL if self.interpreter.dialect == "postgres" and self.type in (INT, DECIMAL) else FLOAT
        return functions.AGGREGATE_TYPES.get(name, self.type)

    def _check_order(self, parts: list[list[Contribution]]) -> None:
        """Whether the value changes with the order in which the rows come."""
        name, call = self.call.name, self.call
        if name in functions.APPROXIMATE:
            self._order("an approximate aggregate depends on the order of its rows")
        if name in functions.FLOAT_SENSITIVE and not self._adds_exactly():
            self._order(f"the last bits of {name.upper()} over {self.type} depend on the order of the rows")
        if call.sorted:
            return
        if name == "Mode" and not (call.order and self.interpreter.dialect == "postgres"):
            self._order("ties of MODE are broken by the order of the rows")
        if name in functions.ORDER_SENSITIVE and not (call.order and self._total(parts)):
            self._order(f"{worded(call.node)} without a total ORDER BY depends on the order of the rows")
        if name in functions.TIE_SENSITIVE and not self._total(parts):
            self._order("ties are broken by the order of the rows")

    def _adds_exactly(self) -> bool:
        if self.call.name in ("Sum", "Avg"):
            return self.type in EXACT_NUMBERS
        exact = self.type in (INT, DECIMAL) and self.call.name not in ("Corr", "CovarPop", "CovarSamp")
        return exact and self.interpreter.dialect == "postgres"

    def _total(self, parts: list[list[Contribution]]) -> bool:
        """Whether the ordering terms, with the group's keys, leave no two rows apart undecided."""
        if len(parts) != 1:
            return False
        branch = self.grouping.branches[0]
        for item in parts[0]:
            ordering = item.values[len(self.call.args) :] if self.call.order else item.values[1:2]
            if self.call.args and set(item.values[: len(self.call.args)]) <= set(ordering):
                continue
            row = replace(branch.row, store=item.store)
            known = row.determined([*branch.keys, *ordering])
            kept = {part.uid for part in self.grouping.kept}
            if not all(part.uid in known or part.uid in kept for part in row.parts):
                return False
        return True

    def _order(self, note: str) -> None:
        origin = self.interpreter.origin(self.call.node, note)
        self.order_atoms[note] = Atom(Kind.ORDER, origin=origin)


def _ordered(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Ordered) else node


def _is_zero(value: Const) -> bool:
    try:
        return float(str(value.value)) == 0
    except ValueError:
        return False


__all__ = ["Aggregation", "Call", "Fact", "call_of"]
