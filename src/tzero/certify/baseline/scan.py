"""A relation to digest, and how its rows and their days are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tzero.certify.baseline.forms import Form, day_of
from tzero.engines.catalog import ColumnInfo
from tzero.sql.names import RelationName
from tzero.sql.render import quoted


@dataclass(frozen=True, slots=True)
class Scan:
    """A relation to digest: by which columns its rows are told apart, and where the day of each stands.

    ``days`` is the relation with the times, itself or another one that is joined on its key; ``time`` None where the
    rows have none. ``held`` maps either relation to a table that holds its rows, where there is one.
    """

    relation: RelationName
    columns: tuple[ColumnInfo, ...]
    key: tuple[str, ...]
    days: RelationName
    days_key: tuple[str, ...]
    time: ColumnInfo | None
    zone: str
    held: Mapping[RelationName, RelationName] = field(default_factory=dict)

    def source(self, dialect: str) -> str:
        """The rows as ``r``, beside those with their times as ``d`` where these stand elsewhere."""
        relation = f"{self._place(self.relation, dialect)} AS r"
        if self.days == self.relation:
            return relation
        pairs = zip(self.key, self.days_key, strict=True)
        same = " AND ".join(f"r.{quoted(mine, dialect)} = d.{quoted(theirs, dialect)}" for mine, theirs in pairs)
        return f"{relation} LEFT JOIN {self._place(self.days, dialect)} AS d ON {same}"

    def _place(self, name: RelationName, dialect: str) -> str:
        return quoted(self.held.get(name, name), dialect)

    def day(self, dialect: str) -> str:
        """The day of T0 of a row, as a date; NULL where it has none."""
        if self.time is None:
            return "CAST(NULL AS date)"
        return day_of(Form(self.time, dialect, "r" if self.days == self.relation else "d"), self.zone)
