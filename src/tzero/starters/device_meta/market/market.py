"""The market as tables: any size, in batches, the same for ever under the same parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tzero.errors import UsageError
from tzero.starters.device_meta.market.catalogue import MODELS
from tzero.starters.device_meta.market.hashing import Draws
from tzero.starters.device_meta.market.images import IMAGE_LABELS, image_labels
from tzero.starters.device_meta.market.listings import DAY, Listings, offer
from tzero.starters.device_meta.market.outcomes import OUTCOMES, outcomes, truth
from tzero.starters.device_meta.market.popularity import Popularity, popularity
from tzero.starters.device_meta.market.scraping import SCRAPES, scrapes

CHUNK = 32_768
_EARLIEST = max(model.launch for model in MODELS if model.generation == MODELS[0].generation)
_MAX_LISTINGS = 10**9

_TABLES = {
    "raw.listing_scrapes": SCRAPES,
    "raw.image_labels": IMAGE_LABELS,
    "market.listing_outcomes_v1": OUTCOMES,
}


@dataclass(frozen=True, slots=True)
class Market:
    """A simulated market of second-hand iPhones, as a scraper saw it.

    Listing number i depends on these four values and on i alone; how many are asked for at a time changes nothing.

    >>> market = Market(listings=100)
    >>> [batch.num_rows for batch in market.batches("market.listing_outcomes_v1", chunk=64)]
    [64, 36]
    """

    listings: int = 20_000
    days: int = 540
    seed: int = 7
    start: date = date(2024, 7, 20)
    _state: Popularity = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require(1 <= self.listings <= _MAX_LISTINGS, f"listings={self.listings}", f"1 to {_MAX_LISTINGS}")
        _require(1 <= self.days <= 3_650, f"days={self.days}", "1 to 3650")
        _require(0 <= self.seed < 1 << 63, f"seed={self.seed}", "0 to 2^63 - 1")
        _require(
            _EARLIEST <= self.start <= date(2100, 1, 1),
            f"start={self.start}",
            f"{_EARLIEST}, the first launch, to 2100-01-01",
        )
        object.__setattr__(self, "_state", popularity(self._draws, self.listings, self.days, self.start))

    @property
    def end(self) -> datetime:
        """The moment of the last observation, exclusive."""
        return datetime.combine(self.start, datetime.min.time()) + timedelta(days=self.days)

    def tables(self) -> dict[str, pa.Schema]:
        """The schema of each table, by qualified name."""
        return dict(_TABLES)

    def batches(self, table: str, chunk: int = CHUNK) -> Iterator[pa.RecordBatch]:
        """The rows of a table, ``chunk`` listings at a time, in the order of the listings."""
        if table not in _TABLES:
            raise UsageError(f"the market has no table {table!r}", fix=f"take one of {', '.join(_TABLES)}")
        return self._batches(table, chunk)

    def truth(self, chunk: int = CHUNK) -> Iterator[pa.RecordBatch]:
        """The planted truth of each listing: its hazard and its chances to sell. See ``effects`` for the formula."""
        return (truth(self._draws, self._state, rows) for rows in self._stretches(chunk))

    def _batches(self, table: str, chunk: int) -> Iterator[pa.RecordBatch]:
        tell = {"raw.listing_scrapes": scrapes, "raw.image_labels": image_labels}.get(table, outcomes)
        for rows in self._stretches(chunk):
            yield tell(self._draws, rows, self.days * DAY, self._start_us)

    def _stretches(self, chunk: int) -> Iterator[Listings]:
        _require(chunk >= 1, f"chunk={chunk}", "1 or more")
        for low in range(0, self.listings, chunk):
            index = np.arange(low, min(low + chunk, self.listings), dtype=np.int64)
            yield offer(self._draws, self._state, index, self.listings, self.days)

    @property
    def _draws(self) -> Draws:
        return Draws(self.seed)

    @property
    def _start_us(self) -> int:
        return (self.start - date(1970, 1, 1)).days * DAY * 1_000_000


def write_parquet(market: Market, folder: Path) -> dict[str, Path]:
    """Write each table to ``folder/<qualified name>.parquet``; memory stays bounded by the chunk."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for table, schema in market.tables().items():
        files[table] = folder / f"{table}.parquet"
        with pq.ParquetWriter(files[table], schema, compression="zstd") as writer:
            for batch in market.batches(table):
                writer.write_batch(batch)
    return files


def _require(holds: bool, found: str, allowed: str) -> None:
    if not holds:
        raise UsageError(f"market parameter {found} is out of range", fix=f"choose {allowed}")
