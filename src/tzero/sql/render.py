"""Tree to text, for one engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from tzero.sql.build import identifier, text
from tzero.sql.names import RelationName

Tree = exp.Expr
"""Any query or expression; what an engine can be asked to run."""


@dataclass(frozen=True, slots=True)
class FileScan:
    """How an engine reads data files: the table function for a file, and where a relative path is."""

    function: Callable[[RelationName], str]
    locate: Callable[[str], str]


def render(tree: Tree, dialect: str, scan: FileScan | None = None, *, pretty: bool = False) -> str:
    """The tree in a dialect; ``scan`` says how its data files are read (None: they stay names).

    >>> from tzero.sql.build import relation
    >>> tree = exp.select("*").from_(relation(RelationName.parse("in/a.parquet")))
    >>> render(tree, "duckdb", FileScan(lambda file: "read_parquet", lambda path: "/data/" + path))
    'SELECT * FROM READ_PARQUET(\\'/data/in/a.parquet\\') AS "in/a.parquet"'
    """
    return (tree if scan is None else located(tree, scan)).sql(dialect=dialect, pretty=pretty)


def located(tree: Tree, scan: FileScan) -> Tree:
    """The tree with every data file read by its function, at its full path."""
    found = tree.copy()
    for table in list(found.find_all(exp.Table)):
        if isinstance(table.this, exp.Func):
            for path in _paths(table.this):
                path.replace(text(scan.locate(path.name)))
        elif isinstance(table.this, exp.Identifier) and (file := _name(table)).is_file:
            call = exp.Anonymous(this=scan.function(file), expressions=[text(scan.locate(file.name))])
            table.set("this", call)
            if not table.alias:
                table.set("alias", exp.TableAlias(this=identifier(file.name)))
    return found


def reads_files(tree: Tree) -> bool:
    """Whether a query names a data file, as a table or in a table function."""
    return any(
        bool(list(_paths(table.this))) if isinstance(table.this, exp.Func) else _name(table).is_file
        for table in tree.find_all(exp.Table)
        if isinstance(table.this, (exp.Func, exp.Identifier))
    )


def reads_relations_alone(tree: Tree) -> bool:
    """Whether a query reads nothing but relations of its own database by name: no file, no table function.

    >>> from tzero.sql.parse import parse_one
    >>> queries = ("SELECT a FROM s.t", "SELECT a FROM s.t, glob('*')", "SELECT a FROM other.s.t")
    >>> [reads_relations_alone(parse_one(text, "duckdb")) for text in queries]
    [True, False, False]
    """
    return all(
        isinstance(table.this, exp.Identifier) and not table.args.get("catalog") and not _name(table).is_file
        for table in tree.find_all(exp.Table)
    )


def quoted(name: RelationName | str, dialect: str) -> str:
    """A relation's or a column's name as it is written in a statement.

    >>> quoted(RelationName("my shop", 'a"b'), "duckdb")
    '"my shop"."a""b"'
    """
    parts = [name] if isinstance(name, str) else [part for part in (name.schema, name.name) if part is not None]
    return ".".join(identifier(part).sql(dialect=dialect) for part in parts)


def text_literal(value: str) -> str:
    """A text as a literal of standard SQL, as DuckDB and PostgreSQL read it.

    >>> print(text_literal("it's"))
    'it\'\'s'
    """
    return "'" + value.replace("'", "''") + "'"


def relations_of(tree: Tree) -> tuple[RelationName, ...]:
    """Every relation that a query reads, by name, its own subqueries (CTEs) apart.

    >>> from tzero.sql.parse import parse_one
    >>> relations_of(parse_one("WITH a AS (SELECT * FROM s.t) SELECT * FROM a, u", "duckdb"))
    (RelationName(schema='s', name='t'), RelationName(schema=None, name='u'))
    """
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    found = (_name(table) for table in tree.find_all(exp.Table, bfs=False) if isinstance(table.this, exp.Identifier))
    return tuple(dict.fromkeys(name for name in sorted(found, key=str) if name.schema or name.name not in own))


def inlined(tree: Tree, given: Mapping[RelationName, Tree]) -> Tree:
    """The query with the relations that do not exist yet replaced by the queries that will make them.

    >>> from tzero.sql.parse import parse_one
    >>> later = {RelationName("s", "t"): parse_one("SELECT 1 AS a", "duckdb")}
    >>> inlined(parse_one("SELECT a FROM s.t", "duckdb"), later).sql("duckdb")
    'SELECT a FROM (SELECT 1 AS a) AS "t"'
    >>> inlined(parse_one("SELECT 1 FROM (s.t JOIN s.t AS u ON t.a = u.a)", "duckdb"), later).sql("duckdb")
    'SELECT 1 FROM ((SELECT 1 AS a) AS "t" JOIN (SELECT 1 AS a) AS u ON t.a = u.a)'
    """
    found = tree.copy()
    for table in list(found.find_all(exp.Table)):
        query = given.get(_name(table)) if isinstance(table.this, exp.Identifier) else None
        if query is not None:
            name = table.args.get("alias") or exp.TableAlias(this=identifier(table.name))
            # a table within parentheses carries its joins
            joins = table.args.get("joins")
            table.set("joins", None)
            table.replace(exp.Subquery(this=inlined(query, given), alias=name, joins=joins))
    return found


def _paths(call: exp.Func) -> Iterator[exp.Literal]:
    """The path arguments of read_parquet('...'), read_csv(['...', '...']) and their like."""
    name = str(call.this) if isinstance(call, exp.Anonymous) else call.sql_name()
    if not name.lower().startswith("read_"):
        return
    first = call.expressions[:1] if isinstance(call, exp.Anonymous) or not call.this else [call.this]
    for argument in first:
        yield from (literal for literal in list(argument.find_all(exp.Literal)) if literal.is_string)


def _name(table: exp.Table) -> RelationName:
    return RelationName(_folded(table.args.get("db")), _folded(table.this) or "")


def _folded(part: exp.Expr | None) -> str | None:
    if not isinstance(part, exp.Identifier):
        return None
    return str(part.this) if part.quoted else str(part.this).lower()
