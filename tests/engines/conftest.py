"""Every engine that the conformance suite runs on: add one here, and every test of this folder covers it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.servers import fresh_database, versions

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine

Opener = Callable[..., Engine]


def duckdb_file(folder: Path) -> Target:
    return Target.parse("duckdb:///store.duckdb", folder)


def postgres_database(version: int, folder: Path) -> Target:
    return Target.parse(fresh_database(version), folder)


TARGETS: dict[str, Callable[[Path], Target]] = {"duckdb": duckdb_file} | {
    f"postgres{version}": functools.partial(postgres_database, version) for version in versions()
}
KEEPS_READERS_OUT = {"duckdb": "one process holds the file while it writes"}
"""Engines where other processes cannot read during a write, and why."""
LONGEST_NAME = {"postgres": 63}
"""Engines that take names up to so many bytes, and refuse longer ones."""


@pytest.fixture(params=sorted(TARGETS))
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    return TARGETS[request.param](tmp_path)


@pytest.fixture
def opener(target: Target) -> Iterator[Opener]:
    opened: list[Engine] = []

    def open_(*, read_only: bool = False) -> Engine:
        opened.append(open_engine(target, read_only=read_only))
        return opened[-1]

    yield open_
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(opener: Opener) -> Engine:
    return opener()
