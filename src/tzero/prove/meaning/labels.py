"""The label of a value, and of a test.

The *test* of a predicate is whether it is TRUE. It needs less than its value: when a test is TRUE, only what is known
of rows on which it is TRUE matters, so ``sold_at < t0`` as a test looks at nothing after ``t0``, though as a value it
tells "sold later" from "never sold". What is tested may be either side: if ``q`` is bounded, so is its refutation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tzero.prove.domain.facts import Holds, NotNull
from tzero.prove.domain.label import Kind, Ledger, Located, Template
from tzero.prove.domain.store import Store
from tzero.prove.domain.strictness import CHOSEN, is_total, needs_every_argument
from tzero.prove.domain.terms import App, Const, Term, Var, app
from tzero.prove.meaning.choices import BOOLEAN, chooses, erases, holds_choice
from tzero.prove.meaning.logic import facts_of, negate, observed, refuted, tested


class Labels:
    """Answers labels; ``ledger`` holds those of variables."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.minima: dict[Var, tuple[tuple[Template, Term], ...]] = {}

    def value(self, term: Term, store: Store) -> tuple[Located, ...]:
        """What a value depends on."""
        return self._memo("value", term, store)

    def test(self, term: Term, store: Store) -> tuple[Located, ...]:
        """What it depends on whether a predicate is TRUE; on the rows on which it is."""
        return self._memo("test", term, store)

    def nullness(self, term: Term, store: Store) -> tuple[Located, ...]:
        """What it depends on whether a value is NULL.

        That the value is there may be assumed in ``store``, but only of one world: so a comparison is not yet settled
        by its test.
        """
        if store.impossible or isinstance(term, Const):
            return ()
        if isinstance(term, App) and (is_total(term) or (term.op in CHOSEN and any(map(store.not_null, term.args)))):
            return ()
        if isinstance(term, App) and term.op != "case":
            return _union(
                self.nullness(arg, store) if needs_every_argument(term, exactly=True) else self.full(arg, store)
                for arg in term.args
            )
        return self.value(term, store)

    def full(self, term: Term, store: Store) -> tuple[Located, ...]:
        """What a value depends on, all three truth values told apart."""
        if isinstance(term, App) and term.op in BOOLEAN:
            return _union(self.full(arg, store) for arg in term.args)
        return self.value(term, store)

    def values(self, terms: Iterable[Term], store: Store) -> tuple[Located, ...]:
        return _union(self.value(term, store) for term in terms)

    def _memo(self, what: str, term: Term, store: Store) -> tuple[Located, ...]:
        found = store.memo.get((what, term))
        if found is None:
            store.memo[what, term] = ()
            found = self._value(term, store) if what == "value" else self._test(term, store)
            store.memo[what, term] = found
        assert isinstance(found, tuple)
        return found

    def _value(self, term: Term, store: Store) -> tuple[Located, ...]:
        if store.impossible or isinstance(term, Const):
            return ()
        if isinstance(term, Var):
            return self._variable(term, store)
        assert isinstance(term, App)
        inner = observed(term, store)
        if inner is not None:
            return self.test(inner, store)
        if term.op == "present":
            marker, value = term.args
            return _union((self.value(marker, store), self.value(value, store.assume((NotNull(marker),)))))
        if term.op == "case":
            return self._case(term, store)
        if term.op == "not" and tested(term.args[0]) is not None:
            return self.value(term.args[0], store)
        if term.op in ("least", "greatest") and len(term.args) == 2:
            return self._extreme(term, store)
        if term.op == "coalesce" and store.not_null(term.args[0]):
            return self.value(term.args[0], store)
        if term.op == "is_null":
            return self.nullness(term.args[0], store)
        if erases(term):
            return _union(() if store.not_null(arg) else self.nullness(arg, store) for arg in term.args)
        if term.op in BOOLEAN and (store.not_null(term) or refuted(term, store) is not None):
            return self.test(term, store)
        return self.values(term.args, store)

    def _variable(self, var: Var, store: Store) -> tuple[Located, ...]:
        marker = store.owner.get(var)
        atoms = self.ledger.get(var, ())
        if marker is None:
            return tuple(Located(atom, store) for atom in atoms)
        found = self._variable(marker, store)
        if store.null(marker):
            return found
        if store.not_null(marker):
            return (*found, *(Located(atom, store) for atom in atoms))
        # What a part depends on matters where the part is there.
        present = store.assume((NotNull(marker),))
        guarded = (
            Located(replace(atom, if_not_null=marker), store)
            if atom.if_not_null is atom.if_null
            else Located(atom, present)
            for atom in atoms
        )
        return (*found, *(item for item in guarded if not item.store.impossible))

    def _case(self, term: App, store: Store) -> tuple[Located, ...]:
        """A branch counts where its test is TRUE; later ones where the earlier tests are not."""
        found: list[tuple[Located, ...]] = []
        for test, value in zip(term.args[:-1:2], term.args[1::2], strict=True):
            found.append(self.test(test, store))
            if value.leaves:
                found.append(self.value(value, store.assume(facts_of(test, store))))
            store = untrue(test, store)
        found.append(self.value(term.args[-1], store))
        return _union(found)

    def _extreme(self, term: App, store: Store) -> tuple[Located, ...]:
        """``LEAST(x, t)`` with ``t`` known is ``CASE WHEN x < t THEN x ELSE t END``: NULLs are ignored."""
        first, second = term.args
        if store.not_null(first) and not store.not_null(second):
            first, second = second, first
        if not store.not_null(second) or not self.self_dated(first, store):
            return self.values(term.args, store)
        pair = (first, second) if term.op == "least" else (second, first)
        test = app("lt", *pair, type_="bool")
        return self._case(app("case", test, first, second, type_=term.type), store)

    def _test(self, term: Term, store: Store) -> tuple[Located, ...]:
        if store.impossible or isinstance(term, Const):
            return ()
        inner = observed(term, store)
        if inner is not None:
            return self.test(inner, store)
        other = refuted(term, store)
        if other is not None:
            whole = isinstance(term, App) and term.op == "not" and store.not_null(other)
            return self.test(negate(other) if whole else other, store)
        if isinstance(term, App):
            if term.op == "not" and store.not_null(term.args[0]) and self._better_refuted(term, store):
                return self.test(term.args[0], store)
            if term.op in ("lt", "le") and store.not_null(term) and self._better_refuted(term, store):
                return self._true(negate(term), store)
        return self._true(term, store)

    def _true(self, term: Term, store: Store) -> tuple[Located, ...]:
        if isinstance(term, App) and term.op == "or":
            return self._any_true(term, store)
        if isinstance(term, App) and term.op == "and":
            return self._all_true(_plainer(term, store), store)
        if isinstance(term, App) and (term.op == "strict" or _with_literal(term)):
            # A comparison with a literal bounds no time, and many stores are dear.
            return self._compared(term.args, store, store.assume(NotNull(arg) for arg in term.args))
        inside = store.assume(facts_of(term, store))
        if isinstance(term, App) and term.op == "le" and term.args[0] in self.minima:
            return self._minimum_test(term, inside)
        if isinstance(term, App):
            if term.op == "case":
                return self._case(term, store)
            if term.op == "coalesce" and store.not_null(term.args[0]):
                return self.value(term.args[0], inside)
            if term.op == "is_null" or (term.op == "not" and _is(term.args[0], "is_null")):
                inner_term = term.args[0] if term.op == "is_null" else term.args[0].args[0]  # type: ignore[attr-defined]
                return self.nullness(inner_term, inside)
            return self._compared(term.args, store, inside)
        return self.value(term, inside)

    def _any_true(self, term: App, store: Store) -> tuple[Located, ...]:
        """A disjunct counts where the ones before it are not TRUE."""
        found: list[tuple[Located, ...]] = []
        for arg in term.args:
            found.append(self.test(arg, store))
            if not (isinstance(arg, App) and _with_literal(arg)):
                store = untrue(arg, store)
        return _union(found)

    def _compared(self, terms: Iterable[Term], store: Store, inside: Store) -> tuple[Located, ...]:
        """What the arguments of a predicate depend on, where ``inside`` says that it is TRUE.

        That may be assumed of one of two worlds only. There the predicate is TRUE in the other as well if everything
        that its arguments are made of is the same; but what chooses by a test is settled only by facts of both.
        """
        return _union(self._argument(term, store, inside) for term in terms)

    def _argument(self, term: Term, store: Store, inside: Store) -> tuple[Located, ...]:
        if not isinstance(term, App):
            return self.value(term, inside)
        if chooses(term, inside) and term.op != "greatest":  # a bound of the greatest is one of what it passes over
            return self.value(term, store)
        if term.op == "present":
            marker, value = term.args
            there = inside.assume((NotNull(marker),))
            return _union((self.value(marker, inside), self._argument(value, store, there)))
        if term.op == "coalesce" and inside.not_null(term.args[0]):
            return self._argument(term.args[0], store, inside)
        return self._compared(term.args, store, inside)

    def _minimum_test(self, term: App, inside: Store) -> tuple[Located, ...]:
        """``MIN(k) <= t`` is TRUE as soon as some row of the group has ``k = t``, whatever the minimum is."""
        minimum, limit = term.args
        assert isinstance(minimum, Var)
        witnesses = tuple(
            replace(template, keys=(*template.keys, (value, limit))) for template, value in self.minima[minimum]
        )
        found = [
            Located(replace(item.atom, exists=(*item.atom.exists, *witnesses)), item.store)
            for item in self.value(minimum, inside)
        ]
        return _union((tuple(found), self.value(limit, inside)))

    def _all_true(self, term: App, store: Store) -> tuple[Located, ...]:
        """Each conjunct on the rows that the others allow.

        A conjunct that is observed through its refutation may only use the conjuncts that are observed directly:
        they hold on both sides of a comparison of two worlds, while it is still to be shown that it does.
        """
        direct = [arg for arg in term.args if self._is_direct(arg, store)]
        found: list[tuple[Located, ...]] = []
        for arg in term.args:
            others = [other for other in (term.args if arg in direct else direct) if other is not arg]
            inside = store
            for other in others:
                inside = inside.assume(facts_of(other, inside))
            found.append(self.test(arg, inside))
        return _union(found)

    def _is_direct(self, term: Term, store: Store) -> bool:
        """Whether the test of a predicate is whether its arguments are what they are: no refutation, no choice."""
        if not isinstance(term, App):
            return True
        inner = observed(term, store)
        if inner is not None:
            return self._is_direct(inner, store)
        if term.op in ("and", "or") and refuted(term, store) is None:
            return all(self._is_direct(arg, store) for arg in term.args)
        if refuted(term, store) is not None or term.op in ("case", "coalesce", "is_true"):
            return False
        if term.op == "not":
            return isinstance(term.args[0], App) and term.args[0].op in ("is_null", "like")
        if holds_choice(term, store):
            return False
        return term.op not in ("lt", "le") or not self.self_dated(term.args[1], store)

    def _better_refuted(self, term: App, store: Store) -> bool:
        """Whether the side that grows is dated by itself, so that the comparison is known once it fails."""
        if term.op == "not":
            return isinstance(term.args[0], App) and term.args[0].op in ("eq", "and", "or")
        return self.self_dated(term.args[1], store) and not self.self_dated(term.args[0], store)

    def self_dated(self, term: Term, store: Store) -> bool:
        """Whether a value is known at the time that it holds: a first or a next event, the time of a label."""
        atoms = [item.atom for item in self.value(term, store)]
        return any(
            atom.kind in (Kind.LATE, Kind.COMPLETE)
            and atom.if_not_null is not None
            and store.equal(atom.if_not_null, term)
            for atom in atoms
        )


def _plainer(term: App, store: Store) -> App:
    """The conjunction with ``p IS NOT TRUE`` as what is not ``p``, where other conjuncts say that it is not NULL."""
    found = list(term.args)
    for i, arg in enumerate(term.args):
        asked = tested(arg.args[0]) if isinstance(arg, App) and arg.op == "not" else None
        if asked is None:
            continue
        others = store
        for j, other in enumerate(term.args):
            others = others if i == j else others.assume(facts_of(other, others))
        if others.not_null(asked):
            found[i] = negate(asked)
    return term if found == list(term.args) else app("and", *found, type_=term.type)


def _with_literal(term: App) -> bool:
    return term.op in ("eq", "ne") and any(isinstance(arg, Const) for arg in term.args)


def untrue(test: Term, store: Store) -> Store:
    """The facts of rows on which a test is not TRUE, as far as they bear on times."""
    other = refuted(test, store)
    if other is None and store.not_null(test):
        other = negate(test)
    if other is None:
        return store
    return store.assume(fact for fact in facts_of(other, store) if not isinstance(fact, Holds))


def _is(term: Term, op: str) -> bool:
    return isinstance(term, App) and term.op == op


def _union(parts: Iterable[tuple[Located, ...]]) -> tuple[Located, ...]:
    found: dict[tuple[object, int], Located] = {}
    for part in parts:
        for item in part:
            found.setdefault((item.atom, id(item.store)), item)
    return tuple(found.values())
