"""A statistics relation, batch by batch: every value beside the one that counting gives for its line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tzero.certify.recount.event_counts import EventCounts, Lines, Values
from tzero.certify.recount.reading import whole
from tzero.certify.recount.sweep import EXAMPLES, TOLERANCE, Recounted, Schedule
from tzero.features.statistics import Statistic

Asked = Mapping[str, tuple[Statistic, EventCounts]]
"""The statistics of a relation by their column, each with the events that it counts."""


def recount(
    batches: Iterable[pa.RecordBatch], keys: tuple[str, ...], asked: Asked, schedule: Schedule
) -> dict[str, Recounted]:
    """Compare all values of a batch, or leave it out. Its columns are the keys, the anchor first; then the values."""
    found = {name: Recounted() for name in asked}
    compared = 0
    for batch in batches:
        enough = compared * len(asked) >= schedule.least
        if enough and schedule.is_over:
            break
        schedule.done += batch.num_rows * len(asked)
        if enough and schedule.is_behind:
            continue
        began = schedule.elapsed
        _compare(batch, keys, asked, found)
        schedule.comparing += schedule.elapsed - began
        compared += batch.num_rows
    schedule.compared += compared * len(asked)
    for column in found.values():
        column.compared = compared
    return found


def _compare(batch: pa.RecordBatch, keys: tuple[str, ...], asked: Asked, found: dict[str, Recounted]) -> None:
    columns = {name: whole(batch.column(name)) for name in keys}
    anchors = pc.cast(columns[keys[0]], pa.int64()).to_numpy(zero_copy_only=False)
    lines = Lines(anchors, columns)
    for name, (statistic, counted) in asked.items():
        kept = batch.column(name)
        own = counted.values(statistic, lines)
        differing = np.flatnonzero(_differ(kept, own))
        for at in differing[: max(EXAMPLES - len(found[name].examples), 0)].tolist():
            line = tuple(columns[key][at].as_py() for key in keys)
            found[name].examples.append((line, (kept[at].as_py(),), own[0][at].item() if own[1][at] else None))
        found[name].differing += len(differing)


def _differ(kept: pa.Array, own: Values) -> npt.NDArray[np.bool_]:
    """Where a kept value is not the counted one: exactly where both are whole, else to twelve digits."""
    counted, there = own
    if not (pa.types.is_integer(kept.type) or pa.types.is_floating(kept.type)):
        return np.ones(len(kept), np.bool_)
    known = pc.is_valid(kept).to_numpy(zero_copy_only=False)
    values = pc.fill_null(kept, 0).to_numpy(zero_copy_only=False)
    same = values == counted
    if pa.types.is_floating(kept.type) or counted.dtype.kind == "f":
        with np.errstate(invalid="ignore"):  # a kept value may be infinite
            same |= np.abs(values - counted) <= TOLERANCE * np.maximum(1.0, np.abs(counted))
    differ: npt.NDArray[np.bool_] = (known != there) | (known & there & ~same)
    return differ
