"""Which rows contribute to an aggregate: not those whose value is NULL, nor those of a neutral ELSE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.prove.domain.facts import NotNull
from tzero.prove.domain.label import Located
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import FALSE, INT, NULL, TRUE, App, Const, Term, app, const
from tzero.prove.meaning.choices import erases
from tzero.prove.meaning.labels import Labels, untrue
from tzero.prove.meaning.linear import integer
from tzero.prove.meaning.logic import facts_of, is_null, negate
from tzero.prove.transfer.aggregate_call import Call
from tzero.prove.transfer.branches import merged


@dataclass(frozen=True)
class Contribution:
    """Rows that meet the facts of a store contribute a value; ``tests`` are what decides that they do.

    ``observed`` are all terms that the call looks at, also those of rows that contribute something else.
    """

    store: Store
    values: tuple[Term, ...]
    tests: tuple[Located, ...] = ()
    observed: tuple[Term, ...] = ()


class Contributing:
    """What the rows of one branch contribute to one call; ``keyed``: a group has such a row, or is not there."""

    def __init__(self, labels: Labels, call: Call, *, keyed: bool) -> None:
        self.labels = labels
        self.call = call
        self.keyed = keyed

    def of(
        self, store: Store, tests: tuple[Located, ...], terms: tuple[Term, ...], order: tuple[Term, ...]
    ) -> list[Contribution]:
        if self.call.name == "CountIf":
            return list(self._where_true(terms[0], store, tests))
        if not terms and order:
            terms, order = order, ()
        if not terms:
            return [Contribution(store, (), tests)] if not store.impossible else []
        if self.call.keeps_nulls or (self.call.emptied and not self.keyed) or len(terms) != 1 or order:
            return [] if store.impossible else self._all_rows(store, terms, order, tests)
        return list(self._peel(terms[0], store, tests, plain=self.call.condition is None))

    def _all_rows(
        self, store: Store, terms: tuple[Term, ...], order: tuple[Term, ...], tests: tuple[Located, ...]
    ) -> list[Contribution]:
        if (
            not self.call.keeps_nulls
            and not self.call.emptied
            and self.call.name != "ArgMax"
            and self.call.name != "ArgMin"
            and terms
        ):
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
        if store.impossible or term is NULL or (self.call.or_zero and _adds_nothing(term)):
            return
        term = self._as_case(self._counted(term), store)
        if isinstance(term, App) and term.op == "case":
            yield from self._peel_case(term, store, tests, plain=plain)
            return
        some = store.assume((NotNull(term),))
        if not some.impossible:
            asked = () if store.not_null(term) else self.labels.nullness(term, some)
            yield Contribution(some, (term,), (*tests, *asked))

    def _peel_case(self, term: App, store: Store, tests: tuple[Located, ...], *, plain: bool) -> Iterator[Contribution]:
        neutral = plain and self._is_neutral(term, store)
        for test, value in zip(term.args[:-1:2], term.args[1::2], strict=True):
            tests = (*tests, *self.labels.test(test, store))
            yield from self._peel(value, store.assume(facts_of(test, store)), tests, plain=False)
            store = untrue(test, store)
        if not neutral:
            yield from self._peel(term.args[-1], store, tests, plain=False)

    def _counted(self, term: Term) -> Term:
        """What is counted shows whether it is NULL alone, so literals are told from NULL and not from each other."""
        plain = self.call.name == "Count" and not self.call.distinct
        if not (plain and isinstance(term, App) and term.op == "case"):
            return term
        values = [TRUE if isinstance(v, Const) and v is not NULL else v for v in (*term.args[1::2], term.args[-1])]
        args = [part for pair in zip(term.args[:-1:2], values, strict=False) for part in pair]
        pairs = merged(args, values[-1])
        return app("case", *pairs, values[-1], type_=term.type) if pairs else values[-1]

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
        name = self.call.name
        if self.keyed and name == "Sum" and not self.call.distinct:
            return _is_zero(default, store) and self._never_null(term, store)
        if not self.keyed or not isinstance(default, Const):
            return False
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


def _adds_nothing(term: Term) -> bool:
    """Whether a term is zero or NULL, and has no digits behind its point to show."""
    return integer(term) == 0 or (isinstance(term, App) and erases(term))


def _is_zero(value: Term, store: Store) -> bool:
    if integer(value) == 0:
        return True
    if isinstance(value, App):
        return erases(value) and store.not_null(value)
    if not isinstance(value, Const):
        return False
    try:
        return float(str(value.value)) == 0
    except ValueError:
        return False
