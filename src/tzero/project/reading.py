"""Read what is in a store: features as Arrow, contracts, what there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from tzero.engines.base import Engine
from tzero.engines.targets import open_engine
from tzero.errors import ContractError, MissingRelationError, UnknownColumnError
from tzero.features.suggest import nearest
from tzero.features.views import FeatureView
from tzero.project.opened import Opened, View
from tzero.project.shown import Shown, show
from tzero.sql.render import Tree
from tzero.sql.select import columns_in, select_columns
from tzero.state import feature_contract
from tzero.state.contract import Contract, ContractDifference, differences


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


class Reading(Opened):
    """Features, contracts and extents of a store."""

    def read(
        self,
        view: View = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        target: str | None = None,
    ) -> pa.Table:
        """Features as an Arrow table; ``polars.from_arrow`` and ``.to_pandas()`` go on from there.

        ``where`` is a portable expression over the view's columns. Rows come in no particular order.
        """
        found = self.view(view)
        with self.session(target, read_only=True) as engine:
            require_built(found, engine)
            return engine.arrow(query_of(found, columns, where)).read_all()

    def batches(
        self,
        view: View = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
        target: str | None = None,
    ) -> pa.RecordBatchReader:
        """The same as a stream, for more rows than memory holds."""
        found = self.view(view)
        query = query_of(found, columns, where)
        wanted = self.target(target)
        if wanted.in_memory:
            return self.read(found, columns=columns, where=where, target=target).to_reader()
        engine = open_engine(wanted, read_only=True)
        try:
            require_built(found, engine)
            return closing(engine.arrow(query), engine)
        except BaseException:
            engine.close()
            raise

    def show(self, target: str | None = None) -> Shown:
        """What is in a store."""
        with self.session(target, read_only=True) as engine:
            return show(self.declared, engine)

    def contract(self, view: View = None, *, target: str | None = None) -> Contract:
        """The contract of a view as the store keeps it. Raises ContractError where it keeps none."""
        found = self.view(view)
        with self.session(target, read_only=True) as engine:
            kept = feature_contract.read(self._state(engine), found.contract)
        if kept is None:
            raise ContractError(f"no contract {found.contract!r} is kept for {found.name}", fix="run tzero apply")
        return kept

    def contract_differences(self, view: View = None, *, target: str | None = None) -> tuple[ContractDifference, ...]:
        """How the live relation differs from its contract; nothing where it does not."""
        found = self.view(view)
        contract = self.contract(found, target=target)
        with self.session(target, read_only=True) as engine:
            live = engine.describe(found.name)
        if live is None:
            raise MissingRelationError(f"{found.name} has a contract and is not there", fix="run tzero apply")
        return differences(contract, [(column.name, column.dtype) for column in live.columns])
