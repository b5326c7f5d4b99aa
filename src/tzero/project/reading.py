"""Read features as Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tzero.engines.base import Engine
from tzero.errors import MissingRelationError, UnknownColumnError, UsageError
from tzero.features.suggest import nearest
from tzero.features.views import FeatureView
from tzero.sql.render import Tree
from tzero.sql.select import columns_in, select_columns


def find_view(views: Sequence[FeatureView], wanted: str | FeatureView | None) -> FeatureView:
    """The view with a name, qualified or bare, or with a contract of that name; the only one where none is named."""
    if isinstance(wanted, FeatureView):
        return wanted
    if wanted is None:
        if len(views) == 1:
            return views[0]
        raise UsageError("which view?", fix="name one of " + ", ".join(str(view.name) for view in views))
    for view in views:
        if wanted in (str(view.name), view.name.name, view.contract):
            return view
    names = [name for view in views for name in (str(view.name), view.name.name)]
    raise UsageError(f"there is no feature view {wanted!r}", fix=nearest(wanted, names))


def query_of(view: FeatureView, columns: Sequence[str] | None, where: str | None) -> Tree:
    """The query of some columns and rows of a view. Raises UnknownColumnError."""
    names = view.columns if columns is None else tuple(columns)
    for name in (*names, *(columns_in(where) if where is not None else ())):
        if name not in view.columns:
            raise UnknownColumnError(f"{view.name} has no column {name!r}", fix=nearest(name, view.columns))
    return select_columns(view.name, names, where)


def require_built(view: FeatureView, engine: Engine) -> None:
    if engine.kind(view.name) is None:
        raise MissingRelationError(f"{view.name} is not built in {engine.label}", fix="run tzero apply")


def closing(reader: pa.RecordBatchReader, engine: Engine) -> pa.RecordBatchReader:
    """The reader, closing the engine when it has been read to the end or is dropped."""

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        finally:
            engine.close()

    return pa.RecordBatchReader.from_batches(reader.schema, batches())
