"""What of an output is compared: the anchor beside it where it does not show it, and no column that is left out."""

from __future__ import annotations

from dataclasses import dataclass

from tzero.falsify.bench import Output
from tzero.falsify.subject import Subject
from tzero.falsify.tables import Table
from tzero.falsify.world import World
from tzero.prove.declarations import Query


@dataclass(frozen=True, slots=True)
class Anchored:
    """Outputs of one query, whose own rows (if any) are in the table ``own``."""

    subject: Subject
    query: Query
    own: Table | None
    leave_out: frozenset[str]

    def compared(self, output: Output, world: World) -> Output:
        output = self._with_anchor(output, world)
        kept = [at for at, name in enumerate(output.columns) if name.lower() not in self.leave_out]
        if len(kept) == len(output.columns):
            return output
        return Output(tuple(output.columns[at] for at in kept), [tuple(row[at] for at in kept) for row in output.rows])

    def _with_anchor(self, output: Output, world: World) -> Output:
        """The output with the own row's time beside it, where it does not show its anchor itself."""
        names = [name.lower() for name in output.columns]
        own = self.own
        time = own and (own.relation.time or own.known)
        if self.query.anchor in names or own is None or not time:
            return output
        key = self.subject.output_names(own.key)
        if not all(name in names for name in key):
            return output
        at = [names.index(name) for name in key]
        times = {tuple(row[c] for c in own.key): row[time] for row in world.rows[own.name].values()}
        rows = [(*row, times.get(tuple(row[i] for i in at))) for row in output.rows]
        return Output((*output.columns, self.query.anchor), rows)
