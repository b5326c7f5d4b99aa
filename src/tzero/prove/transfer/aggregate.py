"""One aggregate over the rows of a group: which rows contribute to it, and what its value depends on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove import functions
from tzero.prove.domain.facts import Bound, Fact, NotNull
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import FALSE, INT, TRUE, Const, Term, Var, app
from tzero.prove.domain.types import BOOL, DECIMAL, FLOAT, HOLDER, UNKNOWN
from tzero.prove.meaning.logic import facts_of
from tzero.prove.transfer.aggregate_call import Call
from tzero.prove.transfer.aggregate_order import order_notes
from tzero.prove.transfer.binding import holds_instant
from tzero.prove.transfer.contribution import Contributing, Contribution
from tzero.prove.transfer.exact_sums import assumptions
from tzero.prove.transfer.expression import bind, joined
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.group_witnesses import witnesses
from tzero.prove.transfer.multiplying import multiplying
from tzero.prove.transfer.surviving import Branch

if TYPE_CHECKING:
    from tzero.prove.transfer.group import Grouping
    from tzero.prove.transfer.interpreter import Interpreter

# Seeing a row twice changes nothing.
IDEMPOTENT = frozenset(["Min", "Max", "LogicalOr", "LogicalAnd", "BitwiseAndAgg", "BitwiseOrAgg", "ArrayUniqueAgg"])


class Aggregation:
    """Binds one call over all branches of a grouping."""

    def __init__(self, interpreter: Interpreter, grouping: Grouping, frames: list[Frame], call: Call) -> None:
        self.interpreter = interpreter
        self.grouping = grouping
        self.frames = frames
        self.call = call
        self.labels = interpreter.labels
        self.contributing = Contributing(interpreter.labels, call, keyed=bool(grouping.keys) and len(frames) == 1)
        self.shown = False
        self.never_null = call.name in ("Count", "CountIf", "ApproxDistinct") or call.defaulted

    def term(self) -> Term:
        """The value of the aggregate, as a variable of the group."""
        parts = [self._contributions(frame) for frame in self.frames]
        argument = joined([c.values[0] for p in parts for c in p if c.values]) if _has_values(parts) else UNKNOWN
        values = [value for p in parts for c in p for value in c.values[: len(self.call.args)]]
        self.shown = any(map(holds_instant, values))
        result = Var(self.call.name, self._result_type(argument))
        self.grouping.produced.add(result)
        atoms: dict[Atom, None] = {}
        if self.call.name == "Min" and parts and all(c.values and c.values[0].is_time for p in parts for c in p):
            atoms |= dict.fromkeys(self._earliest(result, parts))
        else:
            for branch, contributions in zip(self.grouping.branches, parts, strict=True):
                for item in contributions:
                    atoms |= dict.fromkeys(self._complete(branch, item))
        if self.call.name in ("Min", "Max") and parts:
            self.grouping.facts += self._limits(result, parts)
        self.interpreter.ledger[result] = (*atoms, *self._order_atoms(argument, parts))
        if self.never_null or self._surely_some(parts):
            self.grouping.facts.append(NotNull(result))
        return result

    def _complete(self, branch: Branch, item: Contribution) -> tuple[Atom, ...]:
        lean = self.call.name in IDEMPOTENT or self.call.distinct
        rows = self._rows(branch.row, branch.keys, item, lean)
        found = [*rows, *item.tests, *self.labels.values(item.values, item.store)]
        closing = self.grouping.closing(branch)
        if lean and branch.keys and len(self.grouping.branches) == 1:  # so that a group has a row of this kind
            alike = multiplying(closing, branch, item.store, item.observed)
            found = [dep for dep in found if dep.atom.kind is not Kind.ROW or dep.atom.part not in alike]
        return closing.close(found)

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
                self.labels.minima[result] = witnesses(self.grouping.branches[0], self.grouping.keys, terms[0])
        return found

    def _limits(self, result: Var, parts: list[list[Contribution]]) -> list[Fact]:
        """A least or a greatest time is one of the rows', so what no row's time exceeds, it does not exceed."""
        limits: list[dict[Term, int]] = []
        for branch, contributions in zip(self.grouping.branches, parts, strict=True):
            closing = self.grouping.closing(branch)
            for item in contributions:
                if not item.values or not item.values[0].is_time or isinstance(item.values[0], Const):
                    return []
                limits.append(closing.limits(item.values[0], item.store))
        first, *others = limits or [{}]
        shared = {outer: max(found[outer] for found in limits) for outer in first if all(outer in o for o in others)}
        return [Bound(result, outer, offset) for outer, offset in shared.items()]

    # -- which rows contribute ------------------------------------------------------------------------------------

    def _contributions(self, frame: Frame) -> list[Contribution]:
        args = [arg for arg in self.call.args if not isinstance(arg, exp.Star)]
        terms = tuple(bind(arg, frame) for arg in args)
        if self.call.default is not None:
            neutral = TRUE if self.call.default else FALSE
            terms = tuple(app("coalesce", term, neutral, type_=BOOL) for term in terms)
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
        return [replace(item, observed=observed) for item in self.contributing.of(store, tests, terms, order)]

    def _surely_some(self, parts: list[list[Contribution]]) -> bool:
        if not self.grouping.keys or self.call.name not in ("Sum", "Min", "Max", "Avg"):
            return False
        return all(
            len(contributions) == 1 and contributions[0].store is branch.row.store
            for contributions, branch in zip(parts, self.grouping.branches, strict=True)
        )

    # -- types and order ------------------------------------------------------------------------------------------

    def _result_type(self, argument: str) -> str:
        name = self.call.name
        if self.call.type_:
            return self.call.type_
        for assumption in assumptions(name, argument, self.interpreter.dialect):
            self.interpreter.use(assumption)
        if name == "Avg":
            return DECIMAL if self.interpreter.dialect == "postgres" and argument in (INT, DECIMAL) else FLOAT
        return HOLDER if name == "ArrayAgg" and self.shown else functions.AGGREGATE_TYPES.get(name, argument)

    def _order_atoms(self, argument: str, parts: list[list[Contribution]]) -> list[Atom]:
        notes = order_notes(self.call, argument, parts, self.grouping, self.interpreter.dialect)
        found = [Atom(Kind.ORDER, origin=self.interpreter.origin(self.call.node, note)) for note in notes]
        if self.shown and self.call.name in functions.AS_TEXT and not self.interpreter.zone:
            found.append(Atom(Kind.SESSION, origin=self.interpreter.origin(self.call.node, functions.SHOWN)))
        return found


def _has_values(parts: list[list[Contribution]]) -> bool:
    return any(item.values for part in parts for item in part)


def _ordered(node: exp.Expr) -> exp.Expr:
    return node.this if isinstance(node, exp.Ordered) else node
