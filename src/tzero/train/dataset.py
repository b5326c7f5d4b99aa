"""The rows of an experiment, read once in batches, kept on disk in one canonical form, with a digest per column."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tzero.engines.base import Engine
from tzero.errors import FindingError
from tzero.sql.joined import Part, Spine, select_joined
from tzero.sql.render import Tree
from tzero.train.admission import Admitted
from tzero.train.canonical import NEVER, Doubles, Moments, Singles, moments, numbers, singles
from tzero.train.experiment import Labels

Read = Callable[[int], None]
"""Is told how many rows were read so far."""


@dataclass(frozen=True, slots=True)
class Column:
    """One feature: its name, and the block that it is of."""

    name: str
    block: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """Rows in the order of T0, then of the key.

    ``features`` (rows × columns) are single precision numbers on disk, NaN where missing. ``t0`` and ``times`` are
    microseconds since 1970, `NEVER` where NULL. ``labelled`` says which rows have a label at all. ``digests`` are of
    each column's canonical values, ``digest`` of all of them.
    """

    columns: tuple[Column, ...]
    features: Singles
    t0: Moments
    labelled: NDArray[np.bool_]
    times: dict[str, Moments]
    values: Doubles | None
    digests: dict[str, str]

    def __len__(self) -> int:
        return len(self.t0)

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def digest(self) -> str:
        """sha256 over the digests of the columns, with their names, in order."""
        return hashlib.sha256(json.dumps(list(self.digests.items()), separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Query:
    """What is read: the query, the features in its order, and what its label columns mean."""

    tree: Tree
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    labels: tuple[str, ...]


def training_query(engine: Engine, admitted: Sequence[Admitted], labels: Labels | None, instead: Any = None) -> Query:
    """The query of all blocks and the labels. ``instead``: a relation from which the first block's features are taken,
    at the very rows and T0 of that block."""
    first = admitted[0]
    parts, columns = [], []
    for at, found in enumerate(admitted, 1):
        relation = instead if instead is not None and at == 1 else found.block.relation
        # a row of another block is the same row only where its T0 is the same
        own = found.spine.anchors != first.spine.anchors
        time, anchors = (found.spine.time, found.spine.anchors) if own else (None, None)
        parts.append(Part(relation, found.features, f"f{at}", time, anchors))
        columns += [Column(name, found.block.name) for name in found.features]
    meanings: tuple[str, ...] = ()
    if labels is not None:
        meanings = tuple(labels.columns)
        parts.append(Part(labels.relation, tuple(labels.columns.values()), "label", labels.t0))
    tree = select_joined(first.spine, parts, _bytewise(engine, first.spine))
    return Query(tree, first.spine.key, tuple(columns), meanings)


@contextmanager
def read_dataset(engine: Engine, query: Query, progress: Read = lambda _: None) -> Iterator[Dataset]:
    """Read a query into a dataset that lives until the block ends.

    Raises FindingError where a T0 is NULL, where a key comes twice at one T0 (labels that are not unique), or where
    there is no row.
    """
    with tempfile.TemporaryDirectory(prefix="tzero-train-") as folder:
        path = Path(folder) / "features"
        reading = _Reading(query)
        with path.open("wb") as file:
            for batch in engine.arrow(query.tree):
                reading.take(batch, file)
                progress(reading.rows)
        yield reading.dataset(path)


class _Reading:
    """What has been read so far, the features apart, which are in the file."""

    def __init__(self, query: Query) -> None:
        self._query = query
        self._digests = [hashlib.sha256() for _ in query.columns]
        self._digest_of = {name: hashlib.sha256() for name in ("t0", *(f"label.{name}" for name in query.labels))}
        self._key_digests = {f"key.{name}": (hashlib.sha256(), hashlib.sha256()) for name in query.key}
        self._t0: list[Moments] = []
        self._labels: dict[str, list[NDArray[Any]]] = {name: [] for name in query.labels}
        self._last: tuple[Any, ...] | None = None
        self.rows = 0

    def take(self, batch: pa.RecordBatch, file: BinaryIO) -> None:
        width = len(self._query.key)
        keys, features, labels = (
            batch.columns[:width],
            batch.columns[width + 1 : width + 1 + len(self._query.columns)],
            batch.columns[width + 1 + len(self._query.columns) :],
        )
        t0 = moments(batch.column(width))
        self._require_anchored(t0)
        self._require_unique(keys, t0)
        block = np.empty((len(batch), len(features)), np.float32)
        for at, (column, array) in enumerate(zip(self._query.columns, features, strict=True)):
            values = singles(array, column.name, t0)
            self._digests[at].update(values.tobytes())
            block[:, at] = values
        block.tofile(file)
        self._digest_of["t0"].update(t0.tobytes())
        self._t0.append(t0)
        for name, array in zip(self._query.labels, labels, strict=True):
            found = numbers(array) if name == "value" else moments(array)
            canonical = singles(array, name, t0) if name == "value" else found
            self._digest_of[f"label.{name}"].update(canonical.tobytes())
            self._labels[name].append(canonical.astype(np.float64) if name == "value" else found)
        for digests, array in zip(self._key_digests.values(), keys, strict=True):
            _add_key(digests, array)
        self.rows += len(batch)

    def dataset(self, path: Path) -> Dataset:
        if not self.rows:
            raise FindingError("there is no row to train on", fix="build the store, or widen the window")
        shape = (self.rows, len(self._query.columns))
        labels = {name: np.concatenate(parts) for name, parts in self._labels.items()}
        label_t0 = labels.pop("t0", None)
        values = labels.pop("value", None)
        digests = {
            **{name: _joined(*pair) for name, pair in self._key_digests.items()},
            **{name: digest.hexdigest() for name, digest in self._digest_of.items()},
            **{
                f"{column.block}.{column.name}": digest.hexdigest()
                for column, digest in zip(self._query.columns, self._digests, strict=True)
            },
        }
        return Dataset(
            self._query.columns,
            np.memmap(path, np.float32, "r", shape=shape),
            np.concatenate(self._t0),
            np.zeros(self.rows, np.bool_) if label_t0 is None else label_t0 != NEVER,
            labels,
            values,
            digests,
        )

    def _require_anchored(self, t0: Moments) -> None:
        missing = int((t0 == NEVER).sum())
        if missing:
            raise FindingError(
                f"{missing} rows have no T0: nobody can say what was before it",
                fix="correct the event time at the source; tzero refuses such rows",
            )

    def _require_unique(self, keys: Sequence[pa.Array], t0: Moments) -> None:
        """Rows of one T0 and key lie side by side, in one batch or across two."""
        if not len(t0):
            return
        same = t0[1:] == t0[:-1]
        for array in keys:
            same &= pc.equal(array.slice(1), array.slice(0, len(array) - 1)).to_numpy(zero_copy_only=False)
        first = (int(t0[0]), *(array[0].as_py() for array in keys))
        if same.any() or first == self._last:
            at = int(np.argmax(same)) if same.any() else 0
            named = ", ".join(
                f"{name} {array[at].as_py()!r}" for name, array in zip(self._query.key, keys, strict=True)
            )
            raise FindingError(
                f"the row {named} comes more than once: the labels, or a block, have its key and T0 twice",
                fix="keep one label per key and T0",
            )
        self._last = (int(t0[-1]), *(array[-1].as_py() for array in keys))


def _bytewise(engine: Engine, spine: Spine) -> tuple[str, ...]:
    """The keys of text that PostgreSQL would order by a language."""
    if engine.dialect != "postgres":
        return ()
    described = engine.describe(spine.rows)
    columns = {column.name: column.dtype for column in described.columns} if described else {}
    return tuple(name for name in spine.key if columns.get(name) == "text")


def _add_key(digests: tuple[Any, Any], array: pa.Array) -> None:
    """Add a column of a key, however it is cut into batches: its lengths and its bytes apart."""
    kind = array.type
    if pa.types.is_integer(kind):
        digests[1].update(pc.cast(array, pa.int64()).to_numpy(zero_copy_only=False).tobytes())
        return
    if pa.types.is_temporal(kind):
        digests[1].update(moments(array).tobytes())
        return
    text = pc.cast(pc.cast(array, pa.string()), pa.binary())
    lengths = pc.cast(pc.binary_length(text), pa.int64())
    digests[0].update(pc.fill_null(lengths, -1).to_numpy(zero_copy_only=False).tobytes())
    for value in text:
        digests[1].update(value.as_py() or b"")


def _joined(lengths: Any, values: Any) -> str:
    return hashlib.sha256(lengths.digest() + values.digest()).hexdigest()
