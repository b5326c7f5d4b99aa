"""Every node class of the parser has a transfer function or is refused: what is not listed never passes through."""

from __future__ import annotations

import inspect

import pytest
from sqlglot import exp

from tzero.prove import Declarations, Query, Relation, functions, prove
from tzero.prove.domain.label import Kind
from tzero.prove.domain.terms import App, Var
from tzero.prove.transfer.expression import BINDERS, bind
from tzero.prove.transfer.frame import Frame
from tzero.prove.transfer.interpreter import Interpreter

LISTED = functions.PURE_NODES.keys() | functions.CLOCK_NODES | functions.VOLATILE_NODES | functions.SESSION_NODES
NODES = sorted(
    (c for c in vars(exp).values() if inspect.isclass(c) and issubclass(c, exp.Expression)), key=lambda c: c.__name__
)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.__name__)
def test_what_is_not_listed_is_unknown(node: type[exp.Expression]) -> None:
    if node in BINDERS or node.__name__ in LISTED:
        return
    interpreter = Interpreter(Declarations(), "duckdb", {})
    term = bind(node(this=exp.Literal.number(1)), Frame(interpreter))
    assert isinstance(term, App)
    source = term.args[0]
    assert isinstance(source, Var)
    assert interpreter.ledger[source][0].kind is Kind.UNKNOWN


def test_the_lists_name_classes_that_exist() -> None:
    names = {node.__name__ for node in NODES}
    listed = LISTED | functions.AGGREGATES | functions.WINDOW_FUNCTIONS
    missing = listed - names
    assert len(missing) < len(listed) / 8, missing


SALES = Relation("s", columns={"id": "int", "at": "timestamp"}, key=("id",), time="at", not_null=frozenset({"at"}))


@pytest.mark.parametrize("sql", [
    "SELECT id, at AS t0 FROM s TABLESAMPLE (10 PERCENT)",
    "SELECT id, at AS t0, COLUMNS('x') FROM s",
    "SELECT id, at AS t0 FROM s GROUP BY CUBE (id, at)",
    "FROM s PIVOT (count(*) FOR id IN (1, 2))",
    "SELECT id, at AS t0, list_filter([1], x -> x > (SELECT max(o.id) FROM s AS o)) AS f FROM s",
    "SELECT id, at AS t0, list_transform([[1]], x -> list_transform(x, y -> y + 1)) AS f FROM s",
    "SELECT id, at AS t0, SUM(id) OVER (ORDER BY at ROWS BETWEEN id PRECEDING AND 1 PRECEDING) AS f FROM s",
    "SELECT id, at AS t0, LAG(id, id) OVER (ORDER BY at) AS f FROM s",
    "WITH RECURSIVE r AS (SELECT id, at FROM s UNION ALL SELECT r.id, q.at FROM r, r AS q) SELECT id, at AS t0 FROM r",
    "SELECT id, at AS t0 FROM read_parquet('x')",
    "SELECT id, at AS t0, at < 'soon' AS f FROM s",
])  # fmt: skip
def test_what_is_not_understood_is_never_proved(sql: str) -> None:
    proof = prove(sql, Declarations({"s": SALES}, Query(own="s")), dialect="duckdb")
    assert not proof.proved
