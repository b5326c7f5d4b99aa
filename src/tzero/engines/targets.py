"""Targets: where a store lives, by URL, and the engine that opens it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import cast
from urllib.parse import parse_qsl, unquote, urlsplit

from tzero.engines.base import Engine
from tzero.errors import ConfigError, TargetError
from tzero.features.suggest import nearest

URL_HELP = "write duckdb:///file.duckdb (a file), duckdb:// (memory) or postgresql://host/database"


@dataclass(frozen=True, slots=True)
class Scheme:
    """What serves a kind of URL: a module of this package, its driver, and the extra that installs the driver."""

    module: str
    driver: str
    extra: str | None


SCHEMES = MappingProxyType({
    "duckdb": Scheme("tzero.engines.duckdb", "duckdb", None),
    "postgresql": Scheme("tzero.engines.postgres", "psycopg", "postgres"),
    "postgres": Scheme("tzero.engines.postgres", "psycopg", "postgres"),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed target. ``label`` is safe to print; ``url`` may hold a password and is kept out of reprs.

    ``path`` is the database file of a DuckDB target, None in memory; ``root`` is where relative data files are.
    ``options`` are those of ``tzero.toml``, and for DuckDB those of the URL, which win.

    >>> Target.parse("duckdb:///store.duckdb", Path("/shop")).path
    PosixPath('/shop/store.duckdb')
    >>> Target.parse("postgresql://bob:secret@db.example:5432/shop", Path("/shop")).label
    'postgresql://db.example:5432/shop'
    """

    scheme: str
    label: str
    root: Path
    path: Path | None = None
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    url: str = field(default="", repr=False)

    @classmethod
    def parse(cls, url: str, root: Path, options: Mapping[str, str] = MappingProxyType({})) -> Target:
        """Read a URL. Raises ConfigError, which shows the scheme alone: the rest may be secret."""
        scheme, separator, _ = url.partition("://")
        if not separator or scheme not in SCHEMES:
            shown = f"the scheme {scheme!r}" if separator else "a target without '://'"
            raise ConfigError(f"cannot use {shown}", fix=URL_HELP + "; " + nearest(scheme, SCHEMES))
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigError(f"this {scheme} URL cannot be read", fix=URL_HELP) from None
        if scheme != "duckdb":
            host = f"{parts.hostname or ''}{f':{port}' if port else ''}"
            service = dict(parse_qsl(parts.query)).get("service")
            shown = f"{scheme}://{host}{parts.path}{f' (service {service})' if service else ''}"
            return cls(scheme, shown, root, None, dict(options), url)
        if parts.netloc:
            raise ConfigError(
                f"duckdb://{parts.netloc}... names a host", fix="write three slashes: duckdb:///file.duckdb"
            )
        options = {**options, **dict(parse_qsl(parts.query, keep_blank_values=True))}
        name = unquote(parts.path)[1:]
        if name in ("", ":memory:"):
            return cls(scheme, "duckdb:// (memory)", root, None, options, url)
        return cls(scheme, name, root, root / name, options, url)

    @property
    def in_memory(self) -> bool:
        return self.scheme == "duckdb" and self.path is None


def open_engine(target: Target, *, read_only: bool) -> Engine:
    """Open a target. A DuckDB file that is not there yet reads as an empty database.

    Raises TargetError when it cannot be opened or its driver is missing, BusyError when somebody else holds it.
    """
    served = SCHEMES[target.scheme]
    try:
        module = importlib.import_module(served.module)
    except ModuleNotFoundError as error:
        if error.name == served.driver:
            raise TargetError(
                f"the driver {served.driver} of {target.scheme} targets is not installed",
                fix=f"pip install 'tzero[{served.extra}]'" if served.extra else f"pip install {served.driver}",
            ) from error
        if error.name == served.module:
            raise TargetError(
                f"{target.scheme} targets are not available in this version of tzero", fix="use a duckdb target"
            ) from error
        raise
    return cast(Callable[[Target, bool], Engine], module.open_target)(target, read_only)
