"""What a declaration file holds, and one file on top of another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tzero.prove.declarations import Declarations, Query, Relation


@dataclass(frozen=True, slots=True)
class DeclarationFile:
    """Everything that a declaration file holds: relations, the default query and queries by name."""

    relations: Mapping[str, Relation] = field(default_factory=dict)
    query: Query = field(default_factory=Query)
    queries: Mapping[str, Query] = field(default_factory=dict)
    pure_functions: frozenset[str] = frozenset()
    said: frozenset[str] = frozenset()
    """The keys of the default query that the text itself has."""
    said_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The keys of each relation that the text itself has."""

    def for_query(self, name: str | None = None) -> Declarations:
        """The declarations of one query; an unnamed or unknown one gets the default."""
        return Declarations(self.relations, self.queries.get(name or "", self.query), self.pure_functions)

    def merged(self, other: DeclarationFile) -> DeclarationFile:
        """Both files; ``other`` comes on top, key by key of a query and of a relation.

        ``own`` and ``spine`` replace each other, and a relation with columns of its own is declared anew.

        >>> from tzero.prove import parse_toml
        >>> shared = parse_toml('anchor = "at"\\n[relations.sales]\\nkey = "id"\\ntime = "at"')
        >>> both = shared.merged(parse_toml('zone = "UTC"\\n[relations.sales]\\nunique = ["at"]'))
        >>> both.query.anchor, both.relations["sales"].key, both.relations["sales"].unique
        ('at', ('id',), (('at',),))
        """
        relations = {name: other._relation_on(self.relations.get(name), name) for name in other.relations}
        return DeclarationFile(
            {**self.relations, **relations},
            other._on_top_of(self.query),
            {name: other._on_top_of(query) for name, query in self.queries.items()} | dict(other.queries),
            self.pure_functions | other.pure_functions,
            self.said | other.said,
            {
                name: self.said_of.get(name, frozenset()) | other.said_of.get(name, frozenset())
                for name in {**self.said_of, **other.said_of}
            },
        )

    def over(self, tables: DeclarationFile) -> DeclarationFile:
        """These declarations on top of what is known of tables, which may be declared here without their schema.

        >>> from tzero.prove import parse_toml
        >>> table = parse_toml('[relations."shop.sales"]\\ncolumns = {id = "integer", at = "timestamp"}')
        >>> sales = parse_toml('[relations.sales]\\ntime = "at"').over(table).relations["sales"]
        >>> sales.time, dict(sales.columns)
        ('at', {'id': 'integer', 'at': 'timestamp'})
        """
        declared = self.for_query()
        names = {name: found.name if (found := declared.relation(name)) else name for name in tables.relations}
        relations = {names[name]: replace(table, name=names[name]) for name, table in tables.relations.items()}
        said = {names[name]: keys for name, keys in tables.said_of.items()}
        return DeclarationFile(relations=relations, said_of=said).merged(self)

    def _relation_on(self, below: Relation | None, name: str) -> Relation:
        """A relation with the keys that this file itself has of it."""
        mine = self.relations[name]
        said = self.said_of.get(name, frozenset())
        if below is None or "columns" in said:
            return mine
        new = {key: getattr(mine, key) for key in sorted(said)}
        return replace(below, **new, place=mine.place)

    def _on_top_of(self, query: Query) -> Query:
        """A query with the keys that this file itself has."""
        new = {key: getattr(self.query, key) for key in sorted(self.said)}
        if {"own", "spine"} & self.said:
            new = {"own": None, "spine": ()} | new
        return replace(query, **new, place=self.query.place or query.place) if new else query
