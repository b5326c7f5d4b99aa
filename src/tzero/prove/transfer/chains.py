"""Recursive CTEs over data: an invariant that the first query meets, and that each step keeps.

A row is the row of the first query that its chain starts at, with values of its own where steps change them. Of these
and of the row's being there the invariant says by when all that they depend on was known, relative to times that the
row shows, and how those times are ordered. It is guessed of the first query and weakened until a step keeps it: then by
induction it holds of every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import Bound, Fact, NotNull
from tzero.prove.domain.label import Atom, Kind, Located
from tzero.prove.domain.row import Present, Row, any_part
from tzero.prove.domain.terms import INSTANT, TIME_TYPES, Term, Var
from tzero.prove.transfer.kinds import join_types
from tzero.prove.transfer.nested import is_nested

if TYPE_CHECKING:
    from tzero.prove.transfer.frame import Frame
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names

_ROUNDS = 6
_TIMED = frozenset({Kind.ROW, Kind.COMPLETE, Kind.EXISTS, Kind.LATE})
_WIDER = ("group", "having", "qualify", "distinct", "limit", "offset", "order", "with_", "windows", "cluster", "sample")


@dataclass(frozen=True)
class Invariant:
    """What is said of every row.

    ``carried`` are the columns that steps do not change. ``order``: one time is no more than so much after another.
    ``known``: all that steps add was known no more than so much after a time of the row.
    """

    types: tuple[tuple[str, str], ...]
    carried: frozenset[str]
    not_null: frozenset[str]
    order: frozenset[tuple[str, str, int]]
    known: frozenset[tuple[str, int]]
    relations: frozenset[str]
    line: str


@dataclass(frozen=True)
class Chain:
    """The rows of one recursive CTE: those of its first query, and what is asked of a step."""

    interpreter: Interpreter
    node: exp.Expr
    first: Row

    def guess(self) -> Invariant | None:
        """What the first query says of its rows."""
        names = frozenset(self.first.columns)
        types = tuple((name, term.type) for name, term in self.first.columns.items())
        times = [name for name, type_ in types if type_ in TIME_TYPES]
        pairs = ((one, other) for one in times for other in times if one != other)
        found = Invariant(
            types, names, names,
            frozenset((one, other, 0) for one, other in pairs),
            frozenset((name, -1) for name in times), frozenset(), "",
        )  # fmt: skip
        uids = frozenset(part.uid for part in self.first.parts)
        return self._met(found, self.first, uids, whole=True)

    def row(self, said: Invariant) -> Row:
        """Any row of the CTE, if the invariant holds."""
        columns = {
            name: self.first.columns[name] if name in said.carried else Var(name, type_) for name, type_ in said.types
        }
        facts: list[Fact] = [NotNull(columns[name]) for name in said.not_null - said.carried]
        facts += [Bound(columns[one], columns[other], offset) for one, other, offset in said.order]
        added = []
        for relation in sorted(said.relations):
            bound = Var("bound of a chain", said.line or INSTANT, 1, is_bound=True)
            facts += [Bound(bound, columns[name], offset) for name, offset in said.known]
            added.append(Atom(Kind.COMPLETE, bound, relation, origin=self.interpreter.origin(self.node)))
        own = dict.fromkeys(item.atom for item in self._own())
        changed = tuple(columns[name] for name in columns if name not in said.carried)
        for term in changed:
            assert isinstance(term, Var)
            self.interpreter.ledger[term] = (*own, *added)
        return Row(
            columns=columns,
            store=self.first.store.assume(facts),
            presence=(*self.first.presence, *map(Present, added)),
            parts=(*self.first.parts, any_part(changed)),
            outer=self.first.outer,
        )

    def weakened(self, said: Invariant, rows: Iterable[Row], source: str) -> Invariant | None:
        """What of an invariant the rows of a step still say, where they read a row of which it holds."""
        found: Invariant | None = said
        for row in rows:
            read = [occurrence for occurrence in row.occurrences if occurrence.source == source]
            if row.store.impossible:
                continue
            if len(read) != 1 or read[0].marker is not None or len(row.columns) != len(said.types):
                return None
            before = dict(read[0].columns)
            same = replace(row, columns=dict(zip(before, row.columns.values(), strict=True)))
            carried = frozenset(name for name in said.carried if same.columns[name] is before[name])
            found = None if found is None else replace(found, carried=found.carried & carried)
            found = None if found is None else self._met(found, same, self._started(said, row, before))
        return found

    def _started(self, said: Invariant, row: Row, before: dict[str, Term]) -> frozenset[int]:
        """The underlying rows of a step's row that are those of the row that its chain starts at."""
        found = set()
        for start in self.first.parts:
            shown = [(i, n) for n in said.carried for i, t in enumerate(start.terms) if t is self.first.columns[n]]
            for part in row.parts if shown else ():
                same = part.relation == start.relation and len(part.terms) == len(start.terms)
                if same and all(part.terms[i] is before[name] for i, name in shown):
                    found.add(part.uid)
        return frozenset(found)

    def _own(self) -> Iterator[Located]:
        """What the first query's rows and values depend on as underlying rows of theirs."""
        uids = self.first.own_uids()
        for item in self._depended(self.first, frozenset(self.first.columns)):
            if item.atom.kind is Kind.ROW and item.atom.part in uids:
                yield item

    def _depended(self, row: Row, columns: frozenset[str]) -> Iterator[Located]:
        yield from row.located_presence()
        for name in columns:
            yield from self.interpreter.labels.value(row.columns[name], row.store)

    def _met(self, said: Invariant, row: Row, own: frozenset[int], *, whole: bool = False) -> Invariant | None:
        """What of an invariant holds of one row; None where it depends on what is known at no time."""
        columns = frozenset(row.columns) if whole else frozenset(row.columns) - said.carried
        timed = []
        for item in self._depended(row, columns):
            active = item.active()
            if active is None or (active.atom.kind is Kind.ROW and active.atom.part in own):
                continue
            if active.atom.kind not in _TIMED or active.atom.time is None:
                return None
            timed.append(active)
        types = []
        for name, type_ in said.types:
            mine = row.columns[name].type
            if mine != type_ and TIME_TYPES & {mine, type_}:
                return None
            types.append((name, join_types((mine, type_))))
        lines = {item.atom.time.type for item in timed if item.atom.time is not None} | ({said.line} - {""})
        if len(lines) > 1:
            return None
        return Invariant(
            tuple(types),
            said.carried,
            frozenset(name for name in said.not_null if row.store.not_null(row.columns[name])),
            frozenset(self._ordered(said, row, whole=whole)),
            frozenset(self._known(said, row, timed)),
            said.relations | {item.atom.relation for item in timed},
            next(iter(lines), ""),
        )

    def _ordered(self, said: Invariant, row: Row, *, whole: bool) -> Iterator[tuple[str, str, int]]:
        for one, other, offset in said.order:
            found = row.store.upper(row.columns[one], row.columns[other])
            if found is not None and (whole or found <= offset):
                yield one, other, found if whole else offset

    def _known(self, said: Invariant, row: Row, timed: list[Located]) -> Iterator[tuple[str, int]]:
        for name, least in said.known:
            for offset in (-1, 0):
                if offset >= least and all(
                    item.atom.time is not None and item.store.le(item.atom.time, row.columns[name], offset)
                    for item in timed
                ):
                    yield name, offset
                    break


def chain_row(
    interpreter: Interpreter, cte: exp.CTE, name: str, names: Names, outer: Frame | None, columns: list[str],
    first: list[Row],
) -> Row | None:  # fmt: skip
    """Any row of a recursive CTE over data; None where no invariant of its rows is found."""
    body = cte.this
    if len(first) != 1 or len(first[0].columns) != len(columns) or not _is_step(body.right, name):
        return None
    start = replace(first[0], columns=dict(zip(columns, first[0].columns.values(), strict=True)), occurrences=())
    chain = Chain(interpreter, cte, start)
    said = chain.guess()
    for _ in range(_ROUNDS):
        if said is None or not said.known or not _keeps_start(body, start, said):
            return None
        row = chain.row(said)
        named = interpreter.fixed(name, row)
        found = interpreter.query(body.right, {**names, name: named}, outer)
        weaker = chain.weakened(said, found, named.source)
        if weaker == said:
            return row
        said = weaker
    return None


def _keeps_start(body: exp.Expr, start: Row, said: Invariant) -> bool:
    """Whether rows that UNION takes for one start at one row."""
    return not body.args.get("distinct") or start.identifies(start.columns[name] for name in said.carried)


def _is_step(step: exp.Expr, name: str) -> bool:
    """Whether a query reads the rows before once, each by itself: no group, window or choice of them."""
    if not isinstance(step, exp.Select) or any(step.args.get(key) for key in _WIDER):
        return False
    if any(window.find_ancestor(exp.Select) is step for window in step.find_all(exp.Window)):
        return False
    read = [table for table in step.find_all(exp.Table) if table.name.lower() == name and not table.db]
    return len(read) == 1 and any(item is read[0] for item in _items(step.args.get("from_"), step))


def _items(node: exp.Expr | None, around: exp.Expr | None = None) -> Iterator[exp.Expr]:
    """The FROM items of a query, also of joins in parentheses."""
    if isinstance(node, exp.From) or (node is not None and is_nested(node)):
        yield from _items(node.this)
    elif node is not None:
        yield node
    for join in (around or node or exp.Null()).args.get("joins") or ():
        yield from _items(join.this)
