"""A frame: the row that an expression is bound in, with the names that it can use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.label import Atom, Kind, Origin
from tzero.prove.domain.row import Present, Row
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Term, Var, app

if TYPE_CHECKING:
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names

Hook = Callable[[exp.Expr], Term | None]


@dataclass
class Frame:
    """One row under construction. ``sources`` maps an alias to its columns; ``outer`` is the enclosing query's frame.

    ``hooks`` are asked first about every expression: they supply aggregates, windows and group keys.
    """

    interpreter: Interpreter
    row: Row = field(default_factory=Row)
    sources: dict[str, dict[str, Term]] = field(default_factory=dict)
    merged: dict[str, Term] = field(default_factory=dict)
    outer: Frame | None = None
    aliases: dict[str, exp.Expr] = field(default_factory=dict)
    hooks: tuple[Hook, ...] = ()
    names: Names = field(default_factory=dict)
    open_aliases: set[str] = field(default_factory=set)

    @property
    def dialect(self) -> str:
        return self.interpreter.dialect

    def copy(self, row: Row) -> Frame:
        """The same names over another row of the same terms."""
        return replace(self, row=row, sources=dict(self.sources), merged=dict(self.merged), open_aliases=set())

    def resolve(self, name: str, table: str = "") -> Term | None:
        """The term of a column by name, here or in an enclosing query; None when there is none or it is ambiguous."""
        name, table = name.lower(), table.lower()
        if table:
            columns = self.sources.get(table)
            if columns is not None:
                return columns.get(name)
        else:
            if name in self.merged:
                return self.merged[name]
            found = [columns[name] for columns in self.sources.values() if name in columns]
            if found:
                return found[0] if len(set(found)) == 1 else None
        return self.outer.resolve(name, table) if self.outer else None

    def whole(self, name: str) -> dict[str, Term] | None:
        """All columns of a source, by its alias."""
        found = self.sources.get(name.lower())
        return found if found is not None or self.outer is None else self.outer.whole(name)

    def everything(self) -> list[tuple[str, Term]]:
        """The columns of ``SELECT *``, in order; two sources may have one of the same name."""
        found = list(self.merged.items())
        for columns in self.sources.values():
            found += [(name, term) for name, term in columns.items() if name not in self.merged]
        return found

    def query(self, node: exp.Expr) -> list[Row]:
        """The symbolic rows of a query that may use these names."""
        return self.interpreter.query(node, self.names, self)

    # -- values that depend on something -----------------------------------------------------------------------------

    def impure(
        self, kind: Kind, node: exp.Expr | None, note: str, args: Iterable[Term] = (), type_: str = "unknown"
    ) -> Term:
        """A value that depends on its arguments and on something that no data says."""
        source = Var(note or kind.value, "unknown")
        self.interpreter.ledger[source] = (Atom(kind, origin=self.interpreter.origin(node, note)),)
        return app("impure", source, *args, type_=type_)

    def unknown(self, node: exp.Expr | None, note: str, args: Iterable[Term] = (), type_: str = "unknown") -> Term:
        """A value of which nothing is known: closed world."""
        return self.impure(Kind.UNKNOWN, node, note, args, type_)

    def origin(self, node: exp.Expr | None, note: str = "") -> Origin:
        return self.interpreter.origin(node, note)

    def forgotten(self, atom: Atom) -> Frame:
        """The same names, of values that depend on an atom and of which nothing else is known."""
        new = self.copy(Row(store=self.outer.row.store if self.outer else Store(), presence=(Present(atom),)))
        for alias, columns in self.sources.items():
            new.sources[alias] = {name: self._vague(term, atom) for name, term in columns.items()}
        return new

    def _vague(self, term: Term, atom: Atom) -> Term:
        var = Var("unknown", term.type)
        self.interpreter.ledger[var] = (atom,)
        return var
