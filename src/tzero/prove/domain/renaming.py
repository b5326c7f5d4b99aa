"""Fresh names for a row, so that the same relation can be used twice side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlglot import exp

from tzero.prove.domain.facts import Bound, Contradiction, Fact, Holds, Le, NotNull, Null, RowOf, Same
from tzero.prove.domain.label import Atom, Ledger, Origin, Template
from tzero.prove.domain.row import Occurrence, Part, Present, Row, Unique, new_part
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Term, Var, substitute

Minima = dict[Var, tuple[tuple[Template, Term], ...]]


class Renaming:
    """Fresh variables for a row, so that the same relation can be used twice side by side.

    ``reader`` is the table reference that the row is read by, where it is one to a view.
    """

    def __init__(self, ledger: Ledger, fixed: frozenset[Var] = frozenset(), minima: Minima | None = None) -> None:
        self.ledger = ledger
        self.reader: exp.Expr | None = None
        self._origins: dict[Origin, Origin] = {}
        self.minima: Minima = {} if minima is None else minima
        self.fixed = fixed
        self.variables: dict[Var, Var] = {}
        self.parts: dict[int, int] = {}
        self._memo: dict[Term, Term] = {}

    def row(self, row: Row) -> Row:
        """A copy of the row that shares no variable with it."""
        self.parts |= {part.uid: new_part() for part in row.parts}
        parts = tuple(self.part(part) for part in row.parts)
        return Row(
            columns={name: self.term(term) for name, term in row.columns.items()},
            store=self.store(row.store),
            presence=tuple(Present(self.atom(item.atom), self.marker(item.via), item.tested) for item in row.presence),
            parts=parts,
            occurrences=tuple(self.occurrence(occurrence) for occurrence in row.occurrences),
            unique=tuple(self.unique(unique) for unique in row.unique),
            single=row.single,
            always=row.always,
            outer=row.outer,
            witnesses=tuple(self.template(template) for template in row.witnesses),
        )

    def term(self, term: Term) -> Term:
        return substitute(term, self._variable, self._memo)

    def all(self, terms: Iterable[Term]) -> tuple[Term, ...]:
        return tuple(self.term(term) for term in terms)

    def _variable(self, term: Term) -> Term | None:
        return self.variable(term) if isinstance(term, Var) else None

    def variable(self, old: Var) -> Var:
        if old in self.fixed:
            return old
        new = self.variables.get(old)
        if new is None:
            new = self.variables[old] = Var(old.name, old.type, old.grain, is_bound=old.is_bound)
            self.ledger[new] = tuple(self.atom(atom) for atom in self.ledger.get(old, ()))
            if old in self.minima:
                self.minima[new] = tuple((self.template(t), value) for t, value in self.minima[old])
        return new

    def marker(self, old: Var | None) -> Var | None:
        return None if old is None else self.variable(old)

    def part(self, part: Part) -> Part:
        return Part(
            self.parts[part.uid], part.relation, self.all(part.terms), tuple(self.all(key) for key in part.keys),
            self.all(part.key), self.marker(part.marker),
        )  # fmt: skip

    def unique(self, old: Unique) -> Unique:
        parts = frozenset(self.parts.get(uid, uid) for uid in old.parts)
        return Unique(self.term(old.term), old.value, self.all(old.keys), parts)

    def occurrence(self, old: Occurrence) -> Occurrence:
        columns = tuple((name, self.term(term)) for name, term in old.columns)
        return replace(old, columns=columns, marker=self.marker(old.marker), conditions=self.all(old.conditions))

    def atom(self, atom: Atom) -> Atom:
        return Atom(
            atom.kind,
            None if atom.time is None else self.term(atom.time),
            atom.relation,
            self.parts.get(atom.part, atom.part),
            None if atom.if_null is None else self.term(atom.if_null),
            None if atom.if_not_null is None else self.term(atom.if_not_null),
            tuple(self.template(template) for template in atom.exists),
            self.origin(atom.origin),
        )

    def origin(self, origin: Origin | None) -> Origin | None:
        """The origin, with the place that reads the view that it stands in."""
        if origin is None or self.reader is None or origin.reader is not None:
            return origin
        if origin not in self._origins:
            self._origins[origin] = replace(origin, reader=self.reader)
        return self._origins[origin]

    def template(self, old: Template) -> Template:
        keys = tuple((inner, self.term(outer)) for inner, outer in old.keys)
        return Template(old.source, old.columns, keys, old.conditions)

    def fact(self, fact: Fact) -> Fact:
        match fact:
            case Le(left, right, offset):
                return Le(self.term(left), self.term(right), offset)
            case Bound(left, right, offset):
                return Bound(self.term(left), self.term(right), offset)
            case Same(left, right):
                return Same(self.term(left), self.term(right))
            case NotNull(term):
                return NotNull(self.term(term))
            case Null(term):
                return Null(self.term(term))
            case Holds(term):
                return Holds(self.term(term))
            case RowOf(relation, keys, terms):
                return RowOf(relation, tuple(self.all(key) for key in keys), self.all(terms))
            case Contradiction():
                return fact

    def store(self, store: Store) -> Store:
        new = Store()
        new.owner = {self.variable(var): self.variable(marker) for var, marker in store.owner.items()}
        for marker, facts in store.guarded.items():
            new.guarded[self.variable(marker)] = tuple(self.fact(fact) for fact in facts)
        new = new.assume([self.fact(fact) for fact in store.facts])
        new.impossible = new.impossible or store.impossible
        return new
