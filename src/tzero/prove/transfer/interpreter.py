"""The interpreter: queries, set operations, CTEs and views to symbolic rows; it holds what they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from sqlglot import exp

from tzero.prove.declarations import Declarations
from tzero.prove.domain.closing import Settle
from tzero.prove.domain.existence import settled_by
from tzero.prove.domain.label import Atom, Kind, Ledger, Located, Origin
from tzero.prove.domain.row import Occurrence, Present, Row, any_part
from tzero.prove.domain.terms import Term, Var
from tzero.prove.domain.types import UNKNOWN
from tzero.prove.meaning.labels import Labels
from tzero.prove.statements import defining_query
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.named_relation import Named, Names, UndeclaredColumns
from tzero.prove.transfer.recursive import reads_later, recursive_row
from tzero.prove.transfer.select import Selection
from tzero.prove.transfer.set_operation import set_operation
from tzero.prove.transfer.source import instance, rows_of
from tzero.prove.transfer.subquery import membership, quantified
from tzero.sql.parse import parse_one

# Branches that unions and outer joins multiply into; beyond this a query is not followed any more.
MOST_BRANCHES = 48


class Interpreter:
    """Interprets one query against declarations, in one dialect."""

    def __init__(self, declarations: Declarations, dialect: str, views: Mapping[str, str | exp.Expr]) -> None:
        self.declarations = declarations
        self.dialect = dialect
        self.zone = declarations.query.zone
        self.ledger: Ledger = {}
        self.labels = Labels(self.ledger)
        self.used: dict[str, None] = {}
        self.current_view = ""
        self._views = {name.lower(): self._named_view(name.lower(), sql) for name, sql in views.items()}

    # -- reporting ------------------------------------------------------------------------------------------------

    def origin(self, node: exp.Expr | None, note: str = "") -> Origin:
        return Origin(node, note, self.current_view)

    def use(self, fact: str) -> None:
        """Remember that the proof assumes a declared fact."""
        self.used[fact] = None

    def settling(self, occurrences: tuple[Occurrence, ...]) -> Settle:
        """How rows at hand answer what is asked to exist: with what they themselves depend on."""

        def settle(located: Iterable[Located], depth: int = 3) -> Iterator[Located]:
            for item in located:
                said = next(iter(self._answers(item, occurrences)), None) if item.atom.exists and depth else None
                if said is None:
                    yield item
                else:
                    yield from settle(said, depth - 1)

        return settle

    def _answers(self, item: Located, occurrences: tuple[Occurrence, ...]) -> Iterator[tuple[Located, ...]]:
        active = item.active()
        for template in item.atom.exists if active is not None else ():
            for said in settled_by(template, occurrences, active.store if active is not None else item.store):
                yield self.labels.values(said, active.store if active is not None else item.store)

    # -- named relations ------------------------------------------------------------------------------------------

    def view(self, name: str) -> Named | None:
        """A view by its qualified name, or by its bare name when only one view has it.

        Within its own definition, the name is that of a relation that was there before.
        """
        if name in self._views:
            return None if self._views[name].unfinished else self._views[name]
        bare = name.rpartition(".")[2]
        found = [
            v
            for key, v in self._views.items()
            if key.rpartition(".")[2] == bare and ("." not in key or "." not in name)
        ]
        return found[0] if len(found) == 1 and not found[0].unfinished else None

    def _named_view(self, name: str, sql: str | exp.Expr) -> Named:
        def find() -> list[Row]:
            tree = parse_one(sql, self.dialect) if isinstance(sql, str) else sql
            before, self.current_view = self.current_view, name
            rows = self.query(defining_query(tree), {}, None)
            self.current_view = before
            return [row.pruned(self.ledger) for row in rows]

        return Named(f"view {name}", find)

    def instances(
        self, rows: list[Row], source: str, outer: Frame | None = None, *, reader: exp.Expr | None = None
    ) -> list[Row]:
        """Fresh copies of a named relation's rows; an enclosing query's variables stay the same.

        ``reader`` is the reference in the query itself that reads a view.
        """
        fixed = frozenset(outer.row.variables()) if outer is not None else frozenset()
        if len(rows) == 1:
            return [instance(self, rows[0], source, fixed, reader)]
        copies = [instance(self, row, f"{source} branch {i}", fixed, reader) for i, row in enumerate(rows)]
        return [replace(c, occurrences=tuple(replace(o, total=False) for o in c.occurrences)) for c in copies]

    def opaque(self, node: exp.Expr, note: str, rows: list[Row]) -> Row:
        """A relation of which nothing is known but perhaps its columns' names."""
        atom = Atom(Kind.UNKNOWN, origin=self.origin(node, note))
        columns: dict[str, Term] = {}
        for row in rows:
            for name in row.columns:
                var = Var(name, UNKNOWN)
                self.ledger[var] = (atom,)
                columns.setdefault(name, var)
        presence = (Present(atom), *(item for row in rows for item in row.presence))
        shown = tuple(columns.values())
        return Row(columns=columns or self._any_columns(atom), presence=presence, parts=(any_part(shown),))

    def undeclared(self, node: exp.Expr, name: str, note: str = "it is neither declared nor a known view") -> Row:
        """A relation without declarations: known at no time."""
        atom = Atom(Kind.UNDECLARED, None, name, origin=self.origin(node, f"{name}: {note}"))
        return Row(columns=self._any_columns(atom), presence=(Present(atom),), parts=(any_part(),))

    def _any_columns(self, atom: Atom) -> UndeclaredColumns:
        def make(name: str) -> Term:
            var = Var(name, UNKNOWN)
            self.ledger[var] = (atom,)
            return var

        return UndeclaredColumns(make)

    def limited(self, frames: list[Frame]) -> list[Frame]:
        if len(frames) <= MOST_BRANCHES:
            return frames
        note = f"more than {MOST_BRANCHES} combinations of branches"
        return [frames[0].copy(self.opaque(exp.Null(), note, [frames[0].row]))]

    # -- queries --------------------------------------------------------------------------------------------------

    def query(self, node: exp.Expr, names: Names, outer: Frame | None) -> list[Row]:
        """The symbolic rows of a query."""
        while isinstance(node, (exp.Paren, exp.Subquery)) and not _modified(node):
            node = node.this
        names = self._with(node, names, outer)
        if isinstance(node, exp.Select):
            return Selection(self, node, names, outer).rows()
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, names, outer)
        if isinstance(node, (exp.Values, exp.Table)):
            return rows_of(self, node, names, outer)[1]
        return [self.opaque(node, f"{type(node).__name__} is not understood as a query", [])]

    def _with(self, node: exp.Expr, names: Names, outer: Frame | None) -> Names:
        with_ = node.args.get("with_")
        if with_ is None:
            return names
        found = dict(names)
        recursive = bool(with_.args.get("recursive"))
        every = [cte.alias_or_name.lower() for cte in with_.expressions]
        for position, (name, cte) in enumerate(zip(every, with_.expressions, strict=True)):
            if recursive and reads_later(cte, every[position + 1 :]):
                row = self.opaque(cte, "a CTE that reads a later one", [])
                found[name] = self.fixed(name, row)
                continue
            found[name] = self._cte(cte, name, dict(found), outer, recursive=recursive)
        return found

    def _cte(self, cte: exp.CTE, name: str, names: dict[str, Named], outer: Frame | None, *, recursive: bool) -> Named:
        def find() -> list[Row]:
            if recursive and any(t.name.lower() == name and not t.db for t in cte.this.find_all(exp.Table)):
                rows = [recursive_row(self, cte, name, names, outer)]
            else:
                rows = self.query(cte.this, names, outer)
            alias = cte.args.get("alias")
            columns = [c.name.lower() for c in alias.columns] if isinstance(alias, exp.TableAlias) else []
            return [_rename_columns(row, columns).pruned(self.ledger) for row in rows]

        source = f"cte {name} {id(cte)} {self.current_view}"
        return Named(source, find)

    def fixed(self, name: str, row: Row) -> Named:
        """A relation by name whose row is known already."""
        return Named(f"recursive {name} {id(row)}", lambda: [row])

    def _set_operation(self, node: exp.SetOperation, names: Names, outer: Frame | None) -> list[Row]:
        left, right = self.query(node.left, names, outer), self.query(node.right, names, outer)
        if isinstance(node, exp.Union) and len(left) + len(right) > MOST_BRANCHES:
            return [self.opaque(node, f"more than {MOST_BRANCHES} branches of a union", left + right)]
        return set_operation(self, node, left, right, outer)

    def membership(self, node: exp.Expr, query: exp.Expr, frame: Frame) -> Term:
        """``x IN (query)``, for those whom subqueries import."""
        return membership(node, query, frame)

    def quantified(self, node: exp.Expr, query: exp.Expr, value: Term, frame: Frame) -> Term:
        """``x > ALL (query)``, likewise."""
        return quantified(node, query, value, frame)


def _modified(node: exp.Expr) -> bool:
    return any(node.args.get(key) for key in ("limit", "order", "offset", "with_", "pivots", "sample"))


def _rename_columns(row: Row, columns: list[str]) -> Row:
    if not columns:
        return row
    rest = list(row.columns)[len(columns) :]
    return replace(row, columns=dict(zip(columns + rest, row.columns.values(), strict=False)))
