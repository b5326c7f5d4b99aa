"""Recursive CTEs: calendars and numbers, in which no data takes part; of data, chains that keep an invariant.

The guess is a row of which nothing is known but that it depends on no data. It is an invariant if the first query says
so of its rows, and the second of its own where it reads such rows: then by induction all rows are like it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from tzero.prove.domain.facts import NotNull
from tzero.prove.domain.row import Part, Row, new_part
from tzero.prove.domain.store import Store
from tzero.prove.domain.terms import Var
from tzero.prove.transfer.chains import chain_row
from tzero.prove.transfer.kinds import join_types

if TYPE_CHECKING:
    from tzero.prove.transfer.frame import Frame
    from tzero.prove.transfer.interpreter import Interpreter
    from tzero.prove.transfer.named_relation import Names

_ROUNDS = 4
_UNDERSTOOD = frozenset({"this", "alias", "materialized"})
REFUSED = "a recursive CTE over data: no inductive invariant of its rows is known"


def recursive_row(interpreter: Interpreter, cte: exp.CTE, name: str, names: Names, outer: Frame | None) -> Row:
    """Any row of a recursive CTE; one of which nothing is known where data takes part."""
    body = cte.this
    plain = isinstance(body, exp.Union) and not any(value for key, value in cte.args.items() if key not in _UNDERSTOOD)
    if not plain or any(body.args.get(key) for key in ("limit", "offset", "order", "by_name", "with_")):
        return interpreter.opaque(cte, REFUSED, [])
    first = interpreter.query(body.left, names, outer)
    columns = _names(cte, first)
    guess = _guess(columns, first)
    for _ in range(_ROUNDS):
        if guess is None or not all(_is_free(interpreter, row) for row in first):
            break
        found = interpreter.query(body.right, {**names, name: interpreter.fixed(name, guess)}, outer)
        if not all(_is_free(interpreter, row) for row in found):
            break
        wider = _guess(columns, [*first, *found])
        if wider is None or _same(guess, wider):
            return wider or interpreter.opaque(cte, REFUSED, [])
        guess = wider
    over_data = chain_row(interpreter, cte, name, names, outer, columns, first)
    return over_data or interpreter.opaque(cte, REFUSED, [])


def reads_later(cte: exp.CTE, later: list[str]) -> bool:
    """Whether a CTE reads one that is defined after it, as RECURSIVE allows."""
    return any(table.name.lower() in later and not table.db for table in cte.this.find_all(exp.Table))


def _names(cte: exp.CTE, rows: list[Row]) -> list[str]:
    alias = cte.args.get("alias")
    named = [column.name.lower() for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    return named + (list(rows[0].columns)[len(named) :] if rows else [])


def _guess(names: list[str], rows: list[Row]) -> Row | None:
    """A row that says no more than all of some rows do: the types of its columns, and which are never NULL."""
    if not rows or any(len(row.columns) != len(names) for row in rows):
        return None
    terms = [list(row.columns.values()) for row in rows]
    columns = {name: Var(name, join_types(line[i].type for line in terms)) for i, name in enumerate(names)}
    facts = [
        NotNull(term)
        for i, term in enumerate(columns.values())
        if all(row.store.not_null(line[i]) for row, line in zip(rows, terms, strict=True))
    ]
    part = Part(new_part(), "", tuple(columns.values()), ())
    return Row(columns=dict(columns), store=Store().assume(facts), parts=(part,))


def _same(guess: Row, wider: Row) -> bool:
    """Whether two guesses say the same."""
    pairs = zip(guess.columns.values(), wider.columns.values(), strict=True)
    return all(
        one.type == other.type and guess.store.not_null(one) == wider.store.not_null(other) for one, other in pairs
    )


def _is_free(interpreter: Interpreter, row: Row) -> bool:
    """Whether neither the row's presence nor a value of it depends on anything."""
    located = [*row.located_presence(), *interpreter.labels.values(row.columns.values(), row.store)]
    return all(item.active() is None for item in located)
