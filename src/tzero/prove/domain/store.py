"""The constraint store: equalities, differences and NULL-ness that hold of every row, and what follows from them.

A store is immutable; :meth:`Store.assume` answers a new one. Facts under a *guard* hold only where the guard's
marker is not NULL: they are what an outer join knows of the rows that matched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tzero.prove.domain.classes import Classes
from tzero.prove.domain.differences import Differences
from tzero.prove.domain.facts import Bound, Contradiction, Fact, Holds, Le, NotNull, Null, RowOf, Same
from tzero.prove.domain.strictness import CHOSEN, is_total, needs_every_argument
from tzero.prove.domain.terms import NULL, App, Const, Term, Var
from tzero.prove.domain.work import spend


class Store:
    """Facts that hold together. ``owner`` maps a variable of an optional part to the part's marker."""

    def __init__(self) -> None:
        self.facts: tuple[Fact, ...] = ()
        self.guarded: dict[Var, tuple[Fact, ...]] = {}
        self.owner: dict[Var, Var] = {}
        self.impossible = False
        self.holds: set[Term] = set()
        self._classes = Classes(self.not_null)
        self._not_null: set[Term] = set()
        self._null: set[Term] = set()
        self._children: dict[tuple[Fact, ...], Store] = {}
        self._differences: Differences | None = None
        self.memo: dict[object, object] = {}

    # -- building ---------------------------------------------------------------------------------------------------

    def assume(self, facts: Iterable[Fact]) -> Store:
        """This store with more facts; the same store when they are none or known."""
        wanted = tuple(fact for fact in facts if not (isinstance(fact, NotNull) and self.not_null(fact.term)))
        if not wanted or self.impossible:
            return self
        found = self._children.get(wanted)
        if found is None:
            found = self._children[wanted] = self._copy()
            found._add(wanted)
        return found

    def joined(self, other: Store) -> Store:
        """The facts of both, about rows side by side; those of an enclosing row are in both, and said once."""
        new = self._copy()
        new.owner |= other.owner
        for marker, facts in other.guarded.items():
            new.guarded[marker] = tuple(dict.fromkeys((*new.guarded.get(marker, ()), *facts)))
        new.impossible = self.impossible or other.impossible
        known = self._known_facts()
        new._add(fact for fact in other.facts if fact not in known)
        return new

    def guard(self, marker: Var, variables: Iterable[Var]) -> Store:
        """Every fact made conditional on a marker, to which the variables belong from now on."""
        new = Store()
        new.owner = dict(self.owner)
        for variable in variables:
            if variable is not marker and variable not in new.owner:
                new.owner[variable] = marker
        new.guarded = dict(self.guarded)
        new.guarded[marker] = new.guarded.get(marker, ()) + self.facts
        if self.impossible:
            new._add((Null(marker),))
        return new

    def with_guarded(self, marker: Var, facts: tuple[Fact, ...]) -> Store:
        """More facts for the rows on which a marker is not NULL."""
        new = self._copy()
        new.guarded[marker] = new.guarded.get(marker, ()) + facts
        if new.not_null(marker):
            new._add(facts)
        return new

    def _copy(self) -> Store:
        spend(1 + len(self.facts))
        new = Store()
        new.facts = self.facts
        new.guarded = dict(self.guarded)
        new.owner = dict(self.owner)
        new.impossible = self.impossible
        new.holds = set(self.holds)
        new._classes = self._classes.copy(new.not_null)
        new._not_null = set(self._not_null)
        new._null = set(self._null)
        return new

    def _add(self, facts: Iterable[Fact]) -> None:
        queue = list(facts)
        self.facts += tuple(queue)
        while queue:
            while queue:
                queue += self._learn(queue.pop())
            if self._classes.equalities or self._classes.rows:
                self._classes.merge()
            queue = self._equally_present()
        self._classes.forget()
        self.impossible = self.impossible or self._classes.impossible
        self._check_constants()

    def _equally_present(self) -> list[Fact]:
        """What equals something that is not NULL is not NULL."""
        found: list[Fact] = []
        for same in self._classes.equalities:
            left, right = self.not_null(same.left), self.not_null(same.right)
            if left != right:
                found.append(NotNull(same.right if left else same.left))
        return found

    def _learn(self, fact: Fact) -> list[Fact]:
        """Record one fact; answers what follows at once."""
        match fact:
            case Contradiction():
                self.impossible = True
            case Holds(term):
                self.holds.add(term)
                return [NotNull(term)]
            case NotNull(term):
                return self._learn_not_null(term)
            case Null(term):
                self._null.add(term)
                self.impossible = self.impossible or self._proves_not_null(term)
            case Same():
                self._classes.equalities.append(fact)
            case RowOf():
                self._classes.rows.append(fact)
            case Le(left, right):
                return [NotNull(left), NotNull(right)]
        return []

    def _learn_not_null(self, term: Term) -> list[Fact]:
        """Record that a term is not NULL; answers what follows."""
        if term in self._not_null:
            return []
        self._not_null.add(term)
        self._classes.outdate(term.leaves)
        if term is NULL or term in self._null:
            self.impossible = True
        more: list[Fact] = []
        if isinstance(term, App) and needs_every_argument(term):
            more += [NotNull(arg) for arg in term.args]
        if isinstance(term, Var):
            marker = self.owner.get(term)
            if marker is not None:
                more.append(NotNull(marker))
            activated = self.guarded.pop(term, ())
            self.facts += activated
            more += activated
        return more

    def _check_constants(self) -> None:
        for fact in self.facts:
            if isinstance(fact, Le):
                left, right = self.canon(fact.left), self.canon(fact.right)
                if left is right and fact.offset < 0:
                    self.impossible = True
                if (
                    isinstance(left, Const)
                    and isinstance(right, Const)
                    and left.at is not None
                    and right.at is not None
                ):
                    self.impossible = self.impossible or left.at - right.at > fact.offset

    # -- asking -----------------------------------------------------------------------------------------------------

    def canon(self, term: Term) -> Term:
        """The representative of everything that equals a term."""
        return self._classes.canon(term)

    def members(self, term: Term) -> tuple[Term, ...]:
        """The term and what is known to equal it."""
        return self._classes.members(term)

    def equalities(self) -> tuple[Same, ...]:
        return tuple(self._classes.equalities)

    def equal(self, left: Term, right: Term) -> bool:
        """Whether both are always equal, or NULL together."""
        return self._classes.equal(left, right)

    def not_null(self, term: Term) -> bool:
        """Whether a term is never NULL here."""
        return term in self._not_null or self._proves_not_null(term)

    def _proves_not_null(self, term: Term) -> bool:
        if isinstance(term, Const):
            return term is not NULL
        if isinstance(term, Var):
            if term in self._not_null:
                return True
            top = self._classes.parent(term)
            return top is not None and (top in self._not_null or (isinstance(top, Const) and top is not NULL))
        assert isinstance(term, App)
        if term in self._not_null:
            return True
        if term.op in CHOSEN:
            return any(self.not_null(arg) for arg in term.args)
        if term.op in ("and", "or"):
            return all(map(self.not_null, term.args))
        if term.op == "case":
            return len(term.args) % 2 == 1 and all(self.not_null(v) for v in (*term.args[1::2], term.args[-1]))
        return is_total(term) or (needs_every_argument(term, exactly=True) and all(map(self.not_null, term.args)))

    def null(self, term: Term) -> bool:
        """Whether a term is always NULL here."""
        if term is NULL or term in self._null:
            return True
        if isinstance(term, Var):
            marker: Var | None = self.owner.get(term)
            while marker is not None:
                if marker in self._null:
                    return True
                marker = self.owner.get(marker)
            return False
        return isinstance(term, App) and needs_every_argument(term) and any(map(self.null, term.args))

    def without(self, drop: Callable[[Fact], bool]) -> Store:
        """A store without some facts."""
        new = Store()
        new.owner = dict(self.owner)
        new.guarded = {m: tuple(f for f in facts if not drop(f)) for m, facts in self.guarded.items()}
        new.impossible = self.impossible
        new._add(fact for fact in self.facts if not drop(fact))
        return new

    def shared(self, other: Store) -> Store:
        """What this store and another both say."""
        new = Store()
        new.owner = {v: m for v, m in self.owner.items() if other.owner.get(v) is m}
        for marker in self.guarded.keys() & other.guarded.keys():
            known = frozenset(other.guarded[marker])
            new.guarded[marker] = tuple(fact for fact in self.guarded[marker] if fact in known)
        known = frozenset(other.facts)
        new._add(fact for fact in self.facts if fact in known)
        return new

    def covers(self, other: Store) -> bool:
        """Whether this store says everything that another says."""
        if self is other or self.impossible:
            return True
        known = self._known_facts()
        return all(fact in known for fact in other.facts)

    def _known_facts(self) -> frozenset[Fact]:
        known = self.memo.get("facts")
        if known is None:
            known = self.memo["facts"] = frozenset(self.facts)
        assert isinstance(known, frozenset)
        return known

    def constant(self, term: Term) -> Const | None:
        """The literal that a term always equals, if there is one."""
        found = self.canon(term)
        return found if isinstance(found, Const) else None

    @property
    def differences(self) -> Differences:
        """The difference constraints, closed on demand."""
        if self._differences is None:
            self._differences = Differences(self, (fact for fact in self.facts if isinstance(fact, (Le, Bound))))
        return self._differences

    def upper(self, left: Term, right: Term) -> int | None:
        """The least known ``c`` with ``left - right <= c``, or None."""
        return self.differences.upper(left, right)

    def le(self, left: Term, right: Term, offset: int = 0) -> bool:
        """Whether ``left - right <= offset`` always."""
        if self.impossible:
            return True
        found = self.upper(left, right)
        return found is not None and found <= offset

    def entails(self, fact: Fact) -> bool:
        """Whether a fact follows from this store."""
        if self.impossible:
            return True
        match fact:
            case Le(left, right, offset):
                return self.not_null(left) and self.not_null(right) and self.le(left, right, offset)
            case Bound(left, right, offset):
                return self.le(left, right, offset)
            case Same(left, right):
                return self.equal(left, right)
            case NotNull(term):
                return self.not_null(term)
            case Null(term):
                return self.null(term)
            case Holds(term):
                return term in self.holds
            case RowOf() | Contradiction():
                return False
