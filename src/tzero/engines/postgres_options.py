"""What tzero itself takes from a PostgreSQL target; libpq takes the rest of the URL.

Each may stand in ``tzero.toml`` or in the URL's query, which wins.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import unquote

from tzero.engines.targets import Target
from tzero.errors import ConfigError

DEFAULTS = MappingProxyType({
    "lock_timeout": "10s",
    "statement_timeout": "0",
    "busy_timeout": "0",
    "work_mem": "256MB",
})  # fmt: skip
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_TIME = re.compile(r"(?P<number>\d+)\s*(?P<unit>us|ms|s|min|h|d)|0+")
_SIZE = re.compile(r"\d+\s*(kB|MB|GB|TB)")


@dataclass(frozen=True, slots=True)
class Options:
    """How long to wait for a lock and for a statement (``"0"``: for ever), and for another run of tzero; memory."""

    lock_timeout: str
    statement_timeout: str
    busy_seconds: float
    work_mem: str


def options_of(target: Target) -> Options:
    """The options of a target. Raises ConfigError where one is not a number with its unit."""
    found = {**DEFAULTS, **target.options, **_split(target.url)[1]}
    for name in ("lock_timeout", "statement_timeout", "busy_timeout"):
        if not _TIME.fullmatch(found[name]):
            raise ConfigError(
                f"{name} is {found[name]!r}, no length of time", fix="write a number and us, ms, s, min, h or d: 10s"
            )
    if not _SIZE.fullmatch(found["work_mem"]):
        raise ConfigError(
            f"work_mem is {found['work_mem']!r}, no size", fix="write a number and kB, MB, GB or TB: 256MB"
        )
    return Options(
        found["lock_timeout"], found["statement_timeout"], _seconds(found["busy_timeout"]), found["work_mem"]
    )


def libpq_url(url: str) -> str:
    """The URL without the options that are tzero's own.

    >>> libpq_url("postgresql://?service=prod&lock_timeout=5s")
    'postgresql://?service=prod'
    """
    return _split(url)[0]


def _split(url: str) -> tuple[str, dict[str, str]]:
    # by hand: urllib would write a URL without a host otherwise than libpq reads it
    place, _, query = url.partition("?")
    pairs = [pair for pair in query.split("&") if pair]
    own = {name: unquote(value) for name, _, value in (pair.partition("=") for pair in pairs) if name in DEFAULTS}
    rest = "&".join(pair for pair in pairs if pair.partition("=")[0] not in DEFAULTS)
    return f"{place}?{rest}" if rest else place, own


def _seconds(text: str) -> float:
    found = _TIME.fullmatch(text)
    return int(found["number"]) * _SECONDS[found["unit"]] if found and found["number"] else 0.0
