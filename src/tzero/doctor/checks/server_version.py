"""A server whose minor version has a published defect that touches what tzero does.

Sources: the release notes of each version and https://www.postgresql.org/support/security/.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store

OLDEST = 14


@dataclass(frozen=True, slots=True)
class Defect:
    """Minor versions of a major from ``first`` up to, not including, ``fixed`` have it."""

    major: int
    first: int
    fixed: int
    what: str


_LATE_DROP = "REFRESH ... CONCURRENTLY of somebody else's view runs his code with your rights (CVE-2024-0985)"
_SANDBOX = "REFRESH, REINDEX and others can run somebody else's code with your rights (CVE-2022-1552)"
_LEAKY_STATISTICS = "planner statistics show a reader samples of rows beneath a view (CVE-2025-8713)"
_ABI = "compiled extensions may crash the server: a structure that they share changed its size"

DEFECTS = (
    # release notes 14.4: CREATE INDEX and REINDEX CONCURRENTLY
    Defect(14, 0, 4, "CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY can leave a corrupt index"),
    # security page, 2022-05-12
    Defect(14, 0, 3, _SANDBOX),
    # security page, 2024-02-08: versions before these; the exploit does not work in 16 and later
    Defect(14, 0, 11, _LATE_DROP),
    Defect(15, 0, 6, _LATE_DROP),
    # release notes 14.15, 15.10, 16.6, 17.2: restore the size of ResultRelInfo, changed one minor version before
    Defect(14, 14, 15, _ABI),
    Defect(15, 9, 10, _ABI),
    Defect(16, 5, 6, _ABI),
    Defect(17, 1, 2, _ABI),
    # security page, 2025-08-14
    Defect(14, 0, 19, _LEAKY_STATISTICS),
    Defect(15, 0, 14, _LEAKY_STATISTICS),
    Defect(16, 0, 10, _LEAKY_STATISTICS),
    Defect(17, 0, 6, _LEAKY_STATISTICS),
)


def check(store: Store) -> Iterator[Finding]:
    number = int(store.rows("SELECT pg_catalog.current_setting('server_version_num')")[0][0])
    return findings(number // 10_000, number % 10_000)


def findings(major: int, minor: int) -> Iterator[Finding]:
    """What is known of a version.

    >>> [finding.fix for finding in findings(16, 9)]
    ['update the server to 16.10 or later']
    """
    if major < OLDEST:
        yield Finding(f"PostgreSQL {major}.{minor} is older than {OLDEST}", f"use PostgreSQL {OLDEST} or newer")
    for defect in DEFECTS:
        if defect.major == major and defect.first <= minor < defect.fixed:
            yield Finding(
                f"PostgreSQL {major}.{minor}: {defect.what}", f"update the server to {major}.{defect.fixed} or later"
            )
