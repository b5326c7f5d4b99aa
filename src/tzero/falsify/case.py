"""One comparison: two settings, the cut between what may move and what may not, and the test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

from tzero.falsify.bench import Bench, Cells, Output
from tzero.falsify.compare import Difference, Halves, Shape, difference, halves, moved
from tzero.falsify.cut import Cut
from tzero.falsify.mutations import Setting
from tzero.falsify.world import World


@dataclass(frozen=True, slots=True)
class Case:
    """``cut`` is None where everything must stay as it is."""

    mutation: str
    says: str
    before: Setting
    after: Setting
    shape: Shape
    cut: Cut | None = None
    own: str | None = None
    own_key: tuple[str, ...] = ()
    circumstance: str = ""

    def over(self, before: World, after: World) -> Case:
        return replace(self, before=self.before.over(before), after=self.after.over(after))

    def split(self, output: Output) -> Halves:
        assert self.cut is not None
        return halves(output, self.shape, self.cut, self.kept_keys())

    def difference(self, before: Output, after: Output) -> Difference | None:
        if self.cut is not None:
            return moved(self.split(before), self.split(after), self.shape)
        old, new = Counter(before.rows), Counter(after.rows)
        return difference(old - new, new - old, self.shape) if old != new else None

    def test(self, runner: Runner) -> Difference | None:
        """Run both settings and compare."""
        return self.difference(runner.run(self.before), runner.run(self.after))

    def kept_keys(self) -> frozenset[Cells]:
        if self.cut is None or self.own is None:
            return frozenset()
        rows = self.before.world.rows[self.own]
        return frozenset(tuple(rows[uid][c] for c in self.own_key) for uid in self.cut.kept if uid in rows)


class Runner:
    """Runs settings on a bench, changing only what differs from the last one.

    ``complete`` may add to an output what it does not show.
    """

    def __init__(self, bench: Bench, complete: Callable[[Output, World], Output] = lambda output, _: output) -> None:
        self.bench = bench
        self.complete = complete
        self._world: World | None = None
        self._zone = ""
        self._threads = 1

    def run(self, setting: Setting) -> Output:
        if setting.zone != self._zone:
            self.bench.use_zone(setting.zone)
            self._zone = setting.zone
        if setting.threads != self._threads:
            self.bench.use_threads(setting.threads)
            self._threads = setting.threads
        if setting.world is not self._world:
            self.bench.load(setting.world)
            self._world = setting.world
        return self.complete(self.bench.run(setting.sql), setting.world)
