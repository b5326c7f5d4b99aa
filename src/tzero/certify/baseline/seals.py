"""The seal of a day: one sum of a hash of whole rows, the engine's own, in one scan that costs little.

A seal that is as it was says that every value of the day is, so that its digests need not be computed again. Any other
seal says nothing: another version of the engine may seal the same rows otherwise, and the digests have to tell.

Every hash of a row goes through the engine's hash once more before it is added: rows are hashed column after column in
a way that is linear at its end, and values of the last column that change places would otherwise cancel out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tzero.certify.baseline.baseline import UNDATED
from tzero.certify.baseline.forms import Form
from tzero.certify.baseline.scan import Scan
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.engines.row_hash import row_hash

_FORM = 1
"""Of seals and of the digests that they stand for: whoever changes how either is made raises it."""
_DIGITS = 32
_NATIVE = ("integer", "bigint", "boolean", "double", "date", "timestamp", "timestamptz", "decimal")
_KNOWN = {
    "integer": "-7", "bigint": "4294967296", "boolean": "TRUE", "double precision": "0.1", "date": "'2024-02-29'",
    "timestamp": "'2024-02-29 10:00:00.5'", "timestamp with time zone": "'2024-02-29 10:00:00+00'",
    "decimal(12, 2)": "-1.50", "text": "'Ærø'", "varchar": "NULL",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sealing:
    """How the rows of one scan are sealed: only seals of one ``method`` can be compared."""

    scan: Scan
    dialect: str
    method: str

    @classmethod
    def of(cls, engine: Engine, scan: Scan) -> Sealing:
        """By the version of the engine, and what its hash gives for values that are known."""
        version, known = engine.rows("SELECT version()")[0][0], _known(engine)
        return cls(scan, engine.dialect, f"{_FORM} {engine.dialect} {version} {known}")

    @property
    def row(self) -> str:
        """The hash of a whole row, in SQL; its sum over the rows of a day is what is sealed."""
        return hash_of_row([Form(column, self.dialect, "r") for column in self.scan.columns])

    def seal(self, day: str, rows: int, total: int) -> str:
        """32 hex digits, the same for as long as the rows of the day and the engine are."""
        columns = [[column.name, column.type] for column in self.scan.columns]
        parts = [self.method, columns, self.scan.key, day, rows, total]
        return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:_DIGITS]


def seals(engine: Engine, scan: Scan) -> Mapping[str, str]:
    """The seal of every day, in one scan."""
    sealing = Sealing.of(engine, scan)
    rows = f"SELECT {scan.day(engine.dialect)} AS day, {sealing.row} AS seal FROM {scan.source(engine.dialect)}"
    found = engine.rows(f"SELECT CAST(day AS text), count(*), sum(seal) FROM ({rows}) AS hashed GROUP BY day")
    return {day or UNDATED: sealing.seal(day or UNDATED, int(rows), int(total)) for day, rows, total in found}


def hash_of_row(forms: Sequence[Form]) -> str:
    """The engine's own hash of all values of a row, in SQL."""
    if forms[0].dialect == "duckdb":
        return row_hash([form.column for form in forms], forms[0].alias)
    return f"hashint8extended(hash_record_extended(ROW({', '.join(map(_value, forms))}), 0), 1)"


def probe_of_rows(engine: Engine) -> str:
    """What the hash gives for values that are known: another version of it gives another number."""
    return f"{engine.dialect} rows {_known(engine)}"


def _known(engine: Engine) -> int:
    values = ", ".join(f"CAST({value} AS {kind}) AS c{at}" for at, (kind, value) in enumerate(_KNOWN.items()))
    forms = [Form(ColumnInfo(f"c{at}", kind), engine.dialect, "r") for at, kind in enumerate(_KNOWN)]
    return int(engine.rows(f"SELECT {hash_of_row(forms)} FROM (SELECT {values}) AS r")[0][0])


def _value(form: Form) -> str:
    """The value where PostgreSQL's hash tells apart whatever a digest does, its text where it may not."""
    return form.value if form.column.dtype in _NATIVE else f'CAST({form.value} AS text) COLLATE "C"'
