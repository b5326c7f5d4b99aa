from __future__ import annotations

from pathlib import Path

import pytest

from tzero.engines.targets import SCHEMES, Scheme, Target, open_engine
from tzero.errors import ConfigError, TargetError

ROOT = Path("/shop")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("duckdb:///store.duckdb", "/shop/store.duckdb"),
        ("duckdb:///in%20a%20folder/s.duckdb", "/shop/in a folder/s.duckdb"),
        ("duckdb:////abs/store.duckdb", "/abs/store.duckdb"),
    ],
)
def test_files_are_relative_to_the_project(url: str, path: str) -> None:
    assert Target.parse(url, ROOT).path == Path(path)


@pytest.mark.parametrize("url", ["duckdb://", "duckdb:///:memory:"])
def test_memory(url: str) -> None:
    assert Target.parse(url, ROOT).in_memory


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bob:hunter2@db.example/shop?sslpassword=hunter2",
        "postgres://bob:hunter2@db.example:5432/shop",
    ],
)
def test_no_secret_is_shown(url: str) -> None:
    target = Target.parse(url, ROOT)
    assert "hunter2" not in target.label + repr(target)
    assert "bob" not in target.label
    assert target.url == url


@pytest.mark.parametrize("url", ["mysql://bob:hunter2@h/d", "hunter2", "postgresql://bob:hunter2@h:port/d"])
def test_an_unusable_url_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Target.parse(url, ROOT)
    assert "hunter2" not in str(caught.value)
    assert "duckdb:///" in str(caught.value)


def test_a_near_miss_is_hinted() -> None:
    with pytest.raises(ConfigError, match="did you mean 'duckdb'"):
        Target.parse("duckbd:///x", ROOT)


def test_two_slashes_are_explained() -> None:
    with pytest.raises(ConfigError, match="three slashes"):
        Target.parse("duckdb://store.duckdb", ROOT)


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    served = {**SCHEMES, "postgresql": Scheme("no_such_driver", "no_such_driver", "postgres")}
    monkeypatch.setattr("tzero.engines.targets.SCHEMES", served)
    with pytest.raises(TargetError, match=r"pip install 'tzero\[postgres\]'"):
        open_engine(Target.parse("postgresql://h/d", ROOT), read_only=True)
