"""Relations by name: CTEs and views, whose rows are found once, and relations of which nothing is declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tzero.errors import ExpressionError
from tzero.prove.domain.row import Row
from tzero.prove.domain.terms import Term


@dataclass
class Named:
    """A CTE or a view: its rows are found once, when they are first asked for."""

    source: str
    find: Callable[[], list[Row]]
    found: list[Row] | None = None
    busy: bool = False

    @property
    def unfinished(self) -> bool:
        """Whether its own definition is being read."""
        return self.busy and self.found is None

    def rows(self) -> list[Row]:
        if self.found is None:
            if self.busy:
                raise ExpressionError(f"{self.source} refers to itself")
            self.busy = True
            self.found = self.find()
        return self.found


Names = Mapping[str, Named]


class UndeclaredColumns(dict[str, Term]):
    """The columns of a relation that nobody declared: any name may be one."""

    def __init__(self, make: Callable[[str], Term]) -> None:
        super().__init__()
        self.make = make

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> Term:
        if not super().__contains__(name):
            self[name] = self.make(name)
        return super().__getitem__(name)

    def get(self, name: str, _default: object = None) -> Term:
        return self[name]
