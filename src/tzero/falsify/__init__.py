"""Query -> trial: mutate the future, recompute, compare, shrink a difference to a witness.

>>> from tzero.falsify import Outcome, falsify
>>> from tzero.prove import Declarations, Query, Relation
>>> columns = {"id": "int", "at": "timestamp"}
>>> sales = Relation("sales", columns=columns, key=("id",), time="at", not_null=frozenset({"at"}))
>>> asked = Declarations({"sales": sales}, Query(anchor="at", own="sales"))
>>> leaky = "SELECT s.id, s.at, (SELECT count(*) FROM sales o WHERE o.at <= s.at) AS n FROM sales s"
>>> falsify(leaky, asked).witness.column
'n'
>>> falsify(leaky.replace("<=", "<"), asked, seconds=0.5).outcome.value
'CLEAN'
"""

from tzero.falsify.compare import Difference
from tzero.falsify.deployed import MOST_ROWS, falsify_relation
from tzero.falsify.falsifier import falsify
from tzero.falsify.futures import LEAST
from tzero.falsify.mutations import NAMES as MUTATION_NAMES
from tzero.falsify.of_views import declared_by
from tzero.falsify.subject import Sql
from tzero.falsify.trial import Exercise, Outcome, Trial
from tzero.falsify.witness import Witness
from tzero.falsify.world import Change

__all__ = [
    "LEAST",
    "MOST_ROWS",
    "MUTATION_NAMES",
    "Change",
    "Difference",
    "Exercise",
    "Outcome",
    "Sql",
    "Trial",
    "Witness",
    "declared_by",
    "falsify",
    "falsify_relation",
]
