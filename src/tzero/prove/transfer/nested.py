"""Joins in parentheses: without an alias of their own, the names inside stay visible in the FROM clause around."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import Term
from tzero.prove.transfer.frame import Frame


class NestedColumns(dict[str, Term]):
    """The columns of several sources, the source's alias before each name; ``merged`` are those of USING."""

    _BETWEEN = "\0"

    @classmethod
    def of(cls, frame: Frame) -> NestedColumns:
        found = cls()
        for alias, columns in {cls._BETWEEN: frame.merged, **frame.sources}.items():
            for name, term in columns.items():
                found[f"{alias}{cls._BETWEEN}{name}"] = term
        return found

    def place(self, frame: Frame) -> None:
        """Give the names to a frame."""
        frame.sources = {**frame.sources, **{alias: {} for alias in self._aliases()}}
        for key, term in self.items():
            alias, _, name = key.rpartition(self._BETWEEN)
            target = frame.merged if alias == self._BETWEEN else frame.sources[alias]
            target[name] = term

    def _aliases(self) -> list[str]:
        found = dict.fromkeys(key.rpartition(self._BETWEEN)[0] for key in self)
        return [alias for alias in found if alias != self._BETWEEN]

    def named(self, name: str) -> Term | None:
        """A column by its bare name: that of USING, or the only one."""
        merged = self.get(f"{self._BETWEEN}{self._BETWEEN}{name}")
        found = {id(term): term for key, term in self.items() if key.rpartition(self._BETWEEN)[2] == name}
        return merged if merged is not None else next(iter(found.values())) if len(found) == 1 else None

    def bare_names(self) -> list[str]:
        return list(dict.fromkeys(key.rpartition(self._BETWEEN)[2] for key in self))


def place(frame: Frame, alias: str, columns: dict[str, Term]) -> None:
    """Name the columns of a FROM item in a frame."""
    if isinstance(columns, NestedColumns):
        columns.place(frame)
    else:
        frame.sources[alias] = columns


def named(columns: dict[str, Term], name: str) -> Term | None:
    """A column of a FROM item by its bare name."""
    return columns.named(name) if isinstance(columns, NestedColumns) else columns.get(name)


def bare_names(columns: dict[str, Term]) -> list[str]:
    return columns.bare_names() if isinstance(columns, NestedColumns) else list(columns)


def with_terms(columns: dict[str, Term], terms: dict[str, Term]) -> dict[str, Term]:
    """Other terms under the names of a FROM item."""
    return NestedColumns(terms) if isinstance(columns, NestedColumns) else terms


def is_nested(node: exp.Expr) -> bool:
    """Whether a FROM item is a join, or another item, in parentheses rather than a query."""
    if not isinstance(node, exp.Subquery):
        return False
    inner = node.this
    if isinstance(inner, exp.Subquery):
        return bool(inner.alias or inner.args.get("joins")) or is_nested(inner)
    return isinstance(inner, (exp.Table, exp.Lateral, exp.Unnest))


def as_row(frame: Frame) -> Row:
    """The joined row with the names of all its sources."""
    return replace(frame.row, columns=NestedColumns.of(frame))


def as_one(frame: Frame, names: list[str]) -> Row | None:
    """The joined row under one alias, with its column names from ``names`` on; None where names repeat."""
    found = frame.everything()
    columns = dict(found)
    if len(columns) < len(found) or len(names) > len(found):
        return None
    renamed = names + [name for name, _ in found[len(names) :]]
    return replace(frame.row, columns=dict(zip(renamed, columns.values(), strict=True)))
