"""What only one of the databases understands, so that queries for another leave it out."""

from __future__ import annotations

import re

_CALLS = (
    "list|first|last|arg_max|arg_min|max_by|min_by|epoch|epoch_us|epoch_ms|date_diff|time_bucket|strftime|median|"
    r"quantile_disc|mode|any_value|array_unique_agg|list_\w+|string_split|dayofweek|dayname|to_json"
)
_ONLY_DUCKDB = re.compile(
    rf"\b(?:{_CALLS})\(|\b(?:QUALIFY|ASOF|SEMI JOIN|ANTI JOIN|BY NAME|IGNORE NULLS|POSITIONAL|lambda)\b"
    r"|\* EXCLUDE|COUNT\(DISTINCT [^()]*\) OVER|\bmax\([^()]*, 2\)",
    re.IGNORECASE,
)


def understood(sql: str, dialect: str) -> bool:
    """Whether a database of a dialect may take a query that is written for DuckDB.

    >>> understood("SELECT max(a) FROM t", "postgres"), understood("SELECT list(a) FROM t", "postgres")
    (True, False)
    """
    return dialect == "duckdb" or not _ONLY_DUCKDB.search(sql)
