"""Labels: on which data a value or a row depends, and by when that data is known.

A label is a set of atoms. An atom with a ``time`` says "depends on nothing that became known after ``time``"; one
without says "on data known at any time". A label holds at an anchor when each of its atoms does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sqlglot import exp

from tzero.prove.domain.facts import NotNull, Null
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Term, Var


class Kind(StrEnum):
    """Why data is depended on."""

    ROW = "row"
    COMPLETE = "complete"
    EXISTS = "exists"
    LATE = "late"
    MUTABLE = "mutable"
    UNDATED = "undated"
    UNDECLARED = "undeclared"
    CLOCK = "clock"
    SESSION = "session"
    VOLATILE = "volatile"
    ORDER = "order"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """The expression that made a value depend on something, and what was not understood about it.

    ``view`` is the view that it stands in, and ``reader`` where the query reads it, through other views perhaps.
    """

    node: exp.Expr | None
    note: str = ""
    view: str = ""
    reader: exp.Expr | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """ "A row of ``source`` with these key values exists": what a row of that source, at hand, discharges.

    ``columns`` are the terms of the source's columns inside the group; ``keys`` pairs a term over those columns with
    the term outside; ``conditions`` are what the inner row had to satisfy.
    """

    source: str
    columns: tuple[tuple[str, Term], ...]
    keys: tuple[tuple[Term, Term], ...]
    conditions: tuple[Term, ...] = ()
    hashed: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hashed", hash((self.source, self.columns, self.keys, self.conditions)))

    def __hash__(self) -> int:
        return self.hashed


@dataclass(frozen=True, slots=True)
class Atom:
    """One dependency. ``part`` is the row of a base relation that it is, if it is one."""

    kind: Kind
    time: Term | None = None
    relation: str = ""
    part: int = 0
    if_null: Term | None = None
    if_not_null: Term | None = None
    exists: tuple[Template, ...] = ()
    origin: Origin | None = field(default=None, compare=False)
    hashed: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Atoms are looked up far more often than made.
        parts = (self.kind, self.time, self.relation, self.part, self.if_null, self.if_not_null, self.exists)
        object.__setattr__(self, "hashed", hash(parts))

    def __hash__(self) -> int:
        return self.hashed


@dataclass(frozen=True, slots=True)
class Located:
    """An atom with the facts under which it matters."""

    atom: Atom
    store: Store

    def active(self) -> Located | None:
        """The atom without its guards, among the facts that they add; None when it cannot matter."""
        store = self.store
        atom = self.atom
        if store.impossible:
            return None
        if atom.if_null is not None:
            if store.not_null(atom.if_null):
                return None
            store = store.assume((Null(atom.if_null),))
        if atom.if_not_null is not None:
            if store.null(atom.if_not_null):
                return None
            store = store.assume((NotNull(atom.if_not_null),))
        return None if store.impossible else Located(atom, store)


Ledger = dict[Var, tuple[Atom, ...]]


def atom_terms(atom: Atom) -> Iterator[Term]:
    """The terms of the row that an atom mentions."""
    for term in (atom.time, atom.if_null, atom.if_not_null):
        if term is not None:
            yield term
    for template in atom.exists:
        yield from (outer for _, outer in template.keys)
