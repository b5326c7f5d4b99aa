"""What CREATE TABLE statements say of relations: their columns with types, keys, what is unique and never NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from tzero.prove.declaration_file import DeclarationFile
from tzero.prove.declarations import Relation
from tzero.sql.parse import Unreadable, parse_each

SAID = frozenset({"columns", "key", "unique", "not_null"})


def read_tables(text: str, dialect: str) -> DeclarationFile:
    """The tables that a text creates, as declarations; when their rows become known no such statement says.

    >>> found = read_tables("CREATE TABLE shop.sales (id integer PRIMARY KEY, at timestamp NOT NULL)", "duckdb")
    >>> sales = found.relations["shop.sales"]
    >>> dict(sales.columns), sales.key, sorted(sales.not_null)
    ({'id': 'int', 'at': 'timestamp'}, ('id',), ['at'])
    """
    found: dict[str, Relation] = {}
    for tree in parse_each(text, dialect):
        if not isinstance(tree, Unreadable) and isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            relation = _relation(tree.this, dialect)
            if relation is not None:
                found[relation.name] = relation
    return DeclarationFile(relations=found, said_of=dict.fromkeys(found, SAID))


def _relation(schema: exp.Schema, dialect: str) -> Relation | None:
    definitions = [item for item in schema.expressions if isinstance(item, exp.ColumnDef)]
    if not isinstance(schema.this, exp.Table) or not definitions:
        return None
    columns = {item.name.lower(): item.kind.sql(dialect=dialect).lower() for item in definitions if item.kind}
    keys = [*_column_keys(definitions, exp.PrimaryKeyColumnConstraint), *_table_keys(schema, exp.PrimaryKey)]
    unique = [*_column_keys(definitions, exp.UniqueColumnConstraint), *_table_keys(schema, exp.UniqueColumnConstraint)]
    not_null = {item.name.lower() for item in definitions if _has(item, exp.NotNullColumnConstraint)}
    return Relation(
        name=".".join(part.name for part in schema.this.parts).lower(),
        columns=columns,
        key=next((key for key in keys if set(key) <= columns.keys()), ()),
        unique=tuple(key for key in unique if set(key) <= columns.keys()),
        not_null=frozenset(not_null & columns.keys()),
    )


def _has(column: exp.ColumnDef, kind: type[exp.Expr]) -> bool:
    for constraint in column.args.get("constraints") or ():
        if isinstance(constraint.kind, kind) and not constraint.kind.args.get("allow_null"):
            return True
    return False


def _column_keys(columns: list[exp.ColumnDef], kind: type[exp.Expr]) -> Iterator[tuple[str, ...]]:
    return ((column.name.lower(),) for column in columns if _has(column, kind))


def _table_keys(schema: exp.Schema, kind: type[exp.Expr]) -> Iterator[tuple[str, ...]]:
    """The constraints of a kind that stand beside the columns, named or not."""
    for item in schema.expressions:
        for constraint in item.expressions if isinstance(item, exp.Constraint) else [item]:
            if isinstance(constraint, kind):
                listed = constraint.this if isinstance(constraint.this, exp.Schema) else constraint
                yield tuple(part.name.lower() for part in listed.expressions)
