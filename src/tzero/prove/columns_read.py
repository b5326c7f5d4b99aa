"""Which columns some queries read of the relations whose declarations name none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from sqlglot import exp

from tzero.prove.declarations import Declarations
from tzero.prove.statements import defining_query

PHYSICAL = frozenset({"rowid", "ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
"""Names that databases give every table: no columns of data."""


class ColumnsRead:
    """Which columns some queries read of relations without columns."""

    def __init__(self, declarations: Declarations, bare: set[str], views: Mapping[str, exp.Expr]) -> None:
        self.declarations = declarations
        self.views = views
        self.bare = bare
        self.columns: dict[str, set[str]] = {name: set() for name in bare}
        self.seen: set[str] = set()
        self.shown: set[str] = set()

    def all_of(self, tree: exp.Expr) -> None:
        ctes = _ctes(tree)
        for select in tree.find_all(exp.Select):
            for source in _sources(select):
                if (name := self._bare_name(source, ctes)) is not None:
                    self.seen.add(name)
        for column in tree.find_all(exp.Column):
            if not isinstance(column.this, exp.Star):
                self._take(column, ctes)
        for join in tree.find_all(exp.Join):
            self._take_shared(join, ctes)

    def shown_by(self, tree: exp.Expr) -> None:
        """Note the relations whose whole rows a query gives."""
        for select in _outermost(tree):
            self.shown |= set(self._whole(select, _ctes(tree), set()))

    def _take(self, column: exp.Column, ctes: Mapping[str, exp.Expr]) -> None:
        """Note a column of the nearest enclosing query that has, or may have, such a one."""
        alias, name = column.table.lower(), column.name.lower()
        if name in PHYSICAL:
            return
        select = column.find_ancestor(exp.Select)
        while select is not None:
            sources = list(_sources(select))
            rows = [source for source in sources if not alias and source.alias_or_name.lower() == name]
            if rows:
                self.shown |= {shown for source in rows for shown in self._rows_of(source, ctes)}
                return
            if alias:
                sources = [source for source in sources if source.alias_or_name.lower() == alias]
            elif name in _aliases(select) and not column.find_ancestor(exp.Where, exp.Join):
                return
            found = {reached for source in sources for reached in self._reached(source, name, ctes)}
            if len(found) == 1:
                (relation,) = found
                if relation in self.bare:
                    self.columns[relation].add(name)
                return
            if found or (alias and sources):
                return
            select = select.find_ancestor(exp.Select)

    def _take_shared(self, join: exp.Join, ctes: Mapping[str, exp.Expr]) -> None:
        """The columns of USING, which both sides have."""
        select = join.find_ancestor(exp.Select)
        names = [item.name.lower() for item in join.args.get("using") or ()]
        for source in _sources(select) if select is not None and names else ():
            if (relation := self._bare_name(source, ctes)) is not None:
                self.columns[relation] |= set(names)

    def _reached(self, source: exp.Expr, name: str, ctes: Mapping[str, exp.Expr]) -> Iterator[str]:
        """The relation whose column a name may be in a FROM item; an empty name for one of another kind."""
        query = self._query(source, ctes)
        if query is not None:
            yield from self._through(query, name, ctes, set())
        elif (bare := self._bare_name(source, ctes)) is not None:
            yield bare
        elif isinstance(source, exp.Table):
            relation = self.declarations.relation(relation_name(source))
            if relation is not None and name in relation.columns:
                yield relation.name

    def _through(self, query: exp.Expr, name: str, ctes: Mapping[str, exp.Expr], seen: set[int]) -> Iterator[str]:
        """A column of a subquery: one that it makes, or one that its ``*`` hands on."""
        select = query if isinstance(query, exp.Select) else query.find(exp.Select)
        if select is None or id(select) in seen:
            return
        if name in {item.alias_or_name.lower() for item in select.expressions}:
            yield ""
        elif _stars(select):
            for source in _sources(select):
                inner = self._query(source, ctes)
                if inner is not None:
                    yield from self._through(inner, name, ctes, {*seen, id(select)})
                else:
                    yield from self._reached(source, name, ctes)

    def _whole(self, select: exp.Select, ctes: Mapping[str, exp.Expr], seen: Set[int]) -> Iterator[str]:
        """The relations without columns whose whole rows a query gives."""
        if id(select) in seen or not _stars(select):
            return
        starred = _stars(select)
        for source in _sources(select):
            if "" not in starred and source.alias_or_name.lower() not in starred:
                continue
            yield from self._rows_of(source, ctes, {*seen, id(select)})

    def _rows_of(self, source: exp.Expr, ctes: Mapping[str, exp.Expr], seen: Set[int] = frozenset()) -> Iterator[str]:
        """The relations without columns whose whole rows are those of a FROM item."""
        inner = self._query(source, ctes)
        if inner is not None:
            for each in _outermost(inner):
                yield from self._whole(each, ctes, seen)
        elif (name := self._bare_name(source, ctes)) is not None:
            yield name

    def _bare_name(self, source: exp.Expr, ctes: Mapping[str, exp.Expr]) -> str | None:
        if not isinstance(source, exp.Table) or (not source.db and source.name.lower() in ctes):
            return None
        relation = self.declarations.relation(relation_name(source))
        return relation.name if relation is not None and relation.name in self.bare else None

    def _query(self, source: exp.Expr, ctes: Mapping[str, exp.Expr]) -> exp.Expr | None:
        """The query that a FROM item stands for: a subquery, or a CTE or a view by its name."""
        inner = source.this if isinstance(source, exp.Lateral) else source
        if isinstance(inner, exp.Subquery):
            return defining_query(inner.this)
        if not isinstance(inner, exp.Table):
            return None
        if not inner.db and inner.name.lower() in ctes:
            return ctes[inner.name.lower()]
        return next(
            (defining_query(view) for name, view in self.views.items() if same_relation(name, relation_name(inner))),
            None,
        )


def _ctes(tree: exp.Expr) -> dict[str, exp.Expr]:
    return {cte.alias_or_name.lower(): cte.this for cte in tree.find_all(exp.CTE)}


def _sources(select: exp.Select) -> Iterator[exp.Expr]:
    """What a query reads FROM, and joins, also within parentheses."""
    from_ = select.args.get("from_")
    waiting = [from_.this] if from_ is not None else []
    waiting += [join.this for join in select.args.get("joins") or ()]
    while waiting:
        source = waiting.pop(0)
        if isinstance(source, exp.Paren) or (
            isinstance(source, exp.Subquery) and isinstance(source.this, (exp.Table, exp.Subquery))
        ):
            waiting.append(source.this)
        else:
            yield source
        waiting += [join.this for join in source.args.get("joins") or ()]


def _outermost(tree: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs whose rows a query gives: both sides of a union."""
    while isinstance(tree, (exp.Subquery, exp.Paren)):
        tree = tree.this
    if isinstance(tree, exp.SetOperation):
        yield from _outermost(tree.left)
        yield from _outermost(tree.right)
    elif isinstance(tree, exp.Select):
        yield tree


def _stars(select: exp.Select) -> frozenset[str]:
    """Of which FROM items a query shows all columns; the empty name stands for every one."""
    found = set()
    for item in select.expressions:
        if isinstance(item, exp.Star):
            found.add("")
        elif isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            found.add(item.table.lower())
    return frozenset(found)


def _aliases(select: exp.Select) -> frozenset[str]:
    return frozenset(item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias))


def relation_name(table: exp.Table) -> str:
    """The name of a relation as it is written, in lower case."""
    return ".".join(part.name for part in table.parts).lower()


def same_relation(view: str, name: str) -> bool:
    """Whether a name may be that of a view: the same, or one of the two says no schema."""
    return view == name or view.endswith(f".{name}") or name.endswith(f".{view}")
