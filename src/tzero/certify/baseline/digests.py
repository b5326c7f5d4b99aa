"""The query that digests a relation in one scan, and what its numbers become.

A cell adds ``k * (v mod p + p)`` to the digest of its day and column. ``v`` is the integer that stands for its value,
``k`` comes from the md5 of its row's key: values that change places change the sum, rows that change places do not.
There are two such sums, each with its own ``k`` and prime ``p``, and no addition can overflow or round, so that no
order of additions matters. NULL adds nothing, and no value adds nothing. A float adds the engine's own hash of itself
and of ``k``. Two states of one day that differ by accident agree with a chance of about 2**-60; whoever may write to
the database can make such states on purpose, as with any sum.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace

from tzero.certify.baseline.baseline import DIGITS, UNDATED, DayDigest
from tzero.certify.baseline.forms import Form, hashed
from tzero.certify.baseline.scan import Scan
from tzero.certify.baseline.seals import Sealing
from tzero.engines.base import Engine
from tzero.engines.catalog import ColumnInfo
from tzero.sql.render import text_literal

_PRIMES = (2147483659, 2147483693)
"""The first two above 2**31: what is left of a value of 32 bits is the value."""
_HALF = 2**30
_AT_ONCE = 300
"""How many columns one scan takes: PostgreSQL knows no query with more than 1,664."""


def digest(engine: Engine, scan: Scan, days: Collection[str] | None = None) -> tuple[DayDigest, ...]:
    """The digests of every day, or of some ``days`` only, oldest first; the seal of a day is of the same scan."""
    sealing = Sealing.of(engine, scan)
    found: dict[str, DayDigest] = {}
    for start in range(0, len(scan.columns), _AT_ONCE):
        forms = [Form(column, engine.dialect, "r") for column in scan.columns[start : start + _AT_ONCE]]
        widths = [_width(form) for form in forms]
        sealed = sealing.row if start == 0 else "0"
        for name, rows, total, *sums in engine.rows(_query(scan, forms, sealed, days)):
            day, digests = name or UNDATED, tuple(_digests(widths, sums))
            if start == 0:
                found[day] = DayDigest(day, int(rows), digests, sealing.seal(day, int(rows), int(total)))
            else:
                found[day] = replace(found[day], digests=(*found[day].digests, *digests))
    return tuple(found[day] for day in sorted(found))


def probe(engine: Engine) -> str:
    """What the engine's own hash of floats gives for a float that is known: another hash gives another one."""
    form = Form(ColumnInfo("v", "double precision"), engine.dialect, "t")
    known = "SELECT CAST(0.1 AS double precision) AS v, CAST(7 AS bigint) AS k1, CAST(11 AS bigint) AS k2"
    total = engine.rows(f"SELECT {_sums(form, 'v')[0]} FROM ({known}) AS known")
    return f"{engine.dialect} {int(total[0][0])}"


def sums_of(part: str, source: str, key: Sequence[Form], forms: Sequence[Form], whole: str = "0") -> str:
    """A query of the sums that digests are made of: ``part``, the number of its rows ``n``, the sum of ``whole``, an
    integer for each row, and the sums of each form, ``s0``, ``s1`` and so on. ``key`` tells the rows apart.
    """
    dialect = forms[0].dialect
    values = "".join(f", {form.integer} AS v{at}" for at, form in enumerate(forms))
    every = (item for at, form in enumerate(forms) for item in _sums(form, f"v{at}"))
    sums = "".join(f", {item} AS s{at}" for at, item in enumerate(every))
    hashes = hashed(f"({' || '.join(form.part for form in key)})", dialect)
    # so that PostgreSQL makes the hash of a key once per row, not once per sum
    apart = " OFFSET 0" if dialect == "postgres" else ""
    keyed = f"SELECT {part} AS part, {whole} AS whole, {hashes} AS h{values} FROM {source}{apart}"
    split = f"SELECT *, (h >> 30) + 1 AS k1, (h & {_HALF - 1}) + 1 AS k2 FROM ({keyed}) AS keyed{apart}"
    return f"SELECT part, count(*) AS n, sum(whole) AS whole{sums} FROM ({split}) AS split GROUP BY part"


def _query(scan: Scan, forms: Sequence[Form], sealed: str, days: Collection[str] | None) -> str:
    dialect = forms[0].dialect
    key = [Form(column, dialect, "r") for name in scan.key for column in scan.columns if column.name == name]
    day = scan.day(dialect)
    wanted = "" if days is None else f" WHERE {_among(day, days)}"
    sums = "".join(f", s{at}" for at in range(sum(map(_width, forms))))
    found = sums_of(day, f"{scan.source(dialect)}{wanted}", key, forms, sealed)
    # a day becomes a text once, not once per row
    return f"SELECT CAST(part AS text), n, whole{sums} FROM ({found}) AS sums"


def _among(day: str, days: Collection[str]) -> str:
    """Whether a day is one of some days, as the database writes them."""
    listed = ", ".join(map(text_literal, sorted(days)))
    return f"coalesce(CAST({day} AS text), '{UNDATED}') IN ({listed})"


def _sums(form: Form, value: str) -> list[str]:
    if form.is_float and form.dialect == "postgres":
        return [f"sum(hashfloat8extended({value}, k1 * {_HALF} + k2))"]
    if form.is_float:
        return [f"sum(CASE WHEN {value} IS NOT NULL THEN hash({value}, k1, k2) END)"]
    rest = "{value}" if form.is_short else "{value} % {prime}"
    return [
        f"sum({k} * ({rest.format(value=value, prime=prime)} + {prime}))"
        for k, prime in zip(("k1", "k2"), _PRIMES, strict=True)
    ]


def _width(form: Form) -> int:
    """How many sums a column has."""
    return 1 if form.is_float else 2


def _digests(widths: Sequence[int], sums: Sequence[object]) -> list[str]:
    found, at = [], 0
    for width in widths:
        taken = sums[at : at + width]
        at += len(taken)
        # a sum of PostgreSQL is a decimal, which may show an exponent
        text = ",".join("" if v is None else str(v if isinstance(v, int) else int(str(v))) for v in taken)
        found.append(hashlib.sha256(text.encode()).hexdigest()[:DIGITS])
    return found
