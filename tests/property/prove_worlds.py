"""Worlds made once for many queries: each database lies in a schema of its own, and its other futures beside it.

Building databases costs more than asking them: here a query is run on all of them in a few milliseconds each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.property.prove_places import PLACES

from tzero.falsify.bench import Output
from tzero.falsify.case import Case
from tzero.falsify.compare import Difference, Shape
from tzero.falsify.cut import Cut
from tzero.falsify.cuts import Cuts
from tzero.falsify.database import random_world
from tzero.falsify.literals import Literals
from tzero.falsify.mutations import LATE, MUTATIONS, Mutation, Scene, Setting
from tzero.falsify.mutations.applied import mutated
from tzero.falsify.mutations.zone import ZONES
from tzero.falsify.tables import tables_of
from tzero.falsify.times import Times
from tzero.falsify.values import Values
from tzero.falsify.world import World, changes
from tzero.prove import Declarations

_SHOWN = 8
"""So many of the rows that are others are told."""


@dataclass(frozen=True)
class Future:
    """What a database may become after a cut; without one, what must make no difference at all."""

    schema: str
    world: World
    says: str
    cut: Cut | None = None
    zone: str = "UTC"


@dataclass(frozen=True)
class Database:
    schema: str
    world: World
    futures: tuple[Future, ...]


@dataclass(frozen=True)
class Found:
    """The first difference that a query shows, and between which worlds."""

    case: Case
    difference: Difference


class Worlds:
    """Databases of the declared relations. ``literals`` are the constants, zones and joins that the data is made for.

    ``rest`` is a query with the key and the anchor of every row that may be asked about: cuts are chosen there.
    """

    def __init__(
        self,
        declarations: Declarations,
        literals: Literals,
        rest: str,
        seed: object,
        *,
        databases: int,
        futures: int,
        dialect: str = "duckdb",
    ) -> None:
        self.query = declarations.query
        self.random = Random(str(seed))
        self.place = PLACES[dialect]()
        self.literals = literals
        self.times = Times(self.query.zone or "UTC")
        self.tables = tables_of(list(declarations.relations.values()), self.query.own, self.literals)
        own = next((table for table in self.tables if table.own), None)
        self.own = own.name if own else None
        self.key = own.key if own else ()
        self.runs = 0
        self.databases = [self._database(number, rest, futures) for number in range(databases)]

    def close(self) -> None:
        self.place.close()

    # -- asking -----------------------------------------------------------------------------------------------------

    def falsified(self, sql: str, some: int = 0) -> Found | None:
        """The first world in which a query sees the future; in so many of the databases, 0: in all.

        Raises one of REFUSED where it does not run.
        """
        with self.place.timed():
            return self._falsified(sql, self.random.sample(self.databases, some) if some else self.databases)

    def _falsified(self, sql: str, databases: list[Database]) -> Found | None:
        for database in databases:
            base = self._run(database.schema, sql)
            shape = Shape.of(base, self.query, self.key)
            before = Setting(database.world, sql)
            for future in database.futures:
                after = replace(before, world=future.world, zone=future.zone)
                case = Case(future.says, future.says, before, after, shape, future.cut, self.own, self.key)
                difference = case.difference(base, self._run(future.schema, sql, future.zone))
                if difference is not None:
                    return Found(case, difference)
        return None

    def _run(self, schema: str, sql: str, zone: str = "UTC") -> Output:
        self.runs += 1
        return self.place.ask(schema, sql, zone)

    def shown(self, found: Found) -> str:
        """The difference, and the rows behind it."""
        case, moment = found.case, found.case.cut and found.case.cut.moment
        lines = [f"  {case.says}, cut {moment}, {found.difference.column}"]
        lines += [f"  before {found.difference.before}", f"  after  {found.difference.after}"]
        moved = list(changes(case.before.world, case.after.world)) if case.cut else []
        if len(moved) > _SHOWN:
            lines.append(f"  {len(moved)} rows are others, among them:")
        for change in moved[:_SHOWN]:
            lines.append(f"  {change.verb} {change.relation} {change.before} -> {change.after}")
        return "\n".join(lines)

    # -- making -----------------------------------------------------------------------------------------------------

    def _database(self, number: int, rest: str, futures: int) -> Database:
        values = Values.around(self.random, self.literals, self.times)
        world = random_world(values, self.tables)
        schema = f"w{number}"
        self.place.load(schema, self.tables, world)
        base = self._run(schema, rest)
        shape = Shape.of(base, self.query, self.key)
        cuts = Cuts(self.tables, self.query, self.times, values, world, base, shape)
        moments = [moment for _ in range(1 + futures // 6) for moment in cuts.moments()]
        turns = self._turns()
        found = [self._turned(number, world)]
        for at, moment in enumerate(moments[:futures]):
            mutation = turns[(number + at) % len(turns)]
            scene = Scene(self.tables, world, cuts.at(moment), values)
            found.append(Future(f"{schema}_{at}", mutated(mutation, scene), mutation.says, scene.cut))
        for future in found:
            self.place.load(future.schema, self.tables, future.world)
        return Database(schema, world, tuple(found))

    def _turns(self) -> list[Mutation]:
        """Every mutation, and between two of them the one that does all of it at once."""
        most, *others = [mutation for mutation in MUTATIONS if mutation.applies(self.tables)]
        return [each for other in (*others, LATE) for each in (most, other) if other.applies(self.tables)]

    def _turned(self, number: int, world: World) -> Future:
        """The same rows in another order, in a session of another zone unless the zone is pinned."""
        other = World()
        for name, rows in world.rows.items():
            uids = list(rows)
            self.random.shuffle(uids)
            other.rows[name] = {uid: rows[uid] for uid in uids}
        pinned = self.query.zone is not None
        zone = "UTC" if pinned else ZONES[number % len(ZONES)]
        return Future(f"w{number}_turned", other, "rows in another order, a session in another zone", zone=zone)
