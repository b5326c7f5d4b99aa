"""A replica can be read, not written: apply and refresh belong on the primary."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store


def check(store: Store) -> Iterator[Finding]:
    if store.rows("SELECT pg_catalog.pg_is_in_recovery()")[0][0]:
        yield Finding("this server is a replica: it can only be read", "name the primary for apply and refresh")
