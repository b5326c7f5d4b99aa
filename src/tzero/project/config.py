"""tzero.toml: what may stand in it, and errors that point at the line."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tzero.errors import ConfigError, Place, TzeroError
from tzero.features.suggest import nearest
from tzero.sql.names import own_identifier
from tzero.state import schema

FILE = "tzero.toml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TargetConfig(_Table):
    """``[targets.NAME]``: where a store lives, how long to wait there, and how much memory a sort may take."""

    url: str
    lock_timeout: str | None = None
    statement_timeout: str | None = None
    busy_timeout: str | None = None
    work_mem: str | None = None

    @property
    def options(self) -> dict[str, str]:
        """What is set besides the URL."""
        return {name: value for name, value in self.model_dump(exclude={"url"}).items() if value is not None}


class UpstreamConfig(_Table):
    """``[[upstream]]``: a relation that tzero builds from a query, and the file that holds the query."""

    relation: str
    sql: str


class ViewConfig(_Table):
    """``[[view]]``: a view of the user's own SQL, the file that declares what it reads, and its contract's name."""

    relation: str
    declare: str
    contract: str | None = None


class ReviewConfig(_Table):
    """``[[certify.reviewed]]``: a function that somebody has reviewed, by its signature as a finding shows it."""

    function: str
    by: str = Field(min_length=1)
    why: str = Field(min_length=1)


class WaiverConfig(_Table):
    """``[[waiver]]``: what somebody signs for although it is not proved; ``until`` is its last day."""

    gate: str
    by: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    code: str | None = None
    column: str | None = None
    until: dt.date | None = None


class CertifyConfig(_Table):
    """``[certify]``: how long the search for a witness may take, and what must not stand in a closure.

    Without ``seconds`` it is in proportion to the build.

    ``firewall`` names relations (``*`` stands for any text), ``current`` columns that mark the current row. ``max_age``
    is how old a certificate may be when it is asked for (a length of time, such as ``"7d"``).
    """

    max_age: str | None = None

    seconds: float | None = Field(default=None, gt=0)
    firewall: list[str] = Field(default_factory=list)
    current: list[str] = Field(default=["is_current", "is_latest"])
    reviewed: list[ReviewConfig] = Field(default_factory=list)


class BaselineConfig(_Table):
    """``[baseline]``: how many of the last days may still change, because rows of them still come in."""

    settling_days: int = Field(default=1, ge=0)


class TrainBlockConfig(_Table):
    """``[[train.block]]``: a certified relation of features, and the feature set that the model expects."""

    name: str | None = None
    features_view: str
    feature_set: str


class TrainConfig(_Table):
    """``[train]``: what is trained on which labels, and how it is judged. Lengths of time are like ``"14d"``.

    Every key is also an option of ``tzero train``, which wins.
    """

    block: list[TrainBlockConfig] = Field(default_factory=list)
    labels: str | None = None
    label_t0: str = "t0"
    event_at: str | None = None
    observed_until: str | None = None
    gone_by: str | None = None
    known_at: str | None = None
    value: str | None = None
    outcome: Literal["time", "within", "flag", "value"] = "time"
    within: str | None = None
    notice: str = "0d"
    horizons: list[int] = Field(default=[7, 14, 21])
    exclude: list[str] = Field(default_factory=list)
    segment: list[str] = Field(default_factory=list)
    evaluate_from: dt.datetime | dt.date | None = None
    evaluate_share: float = Field(default=0.25, gt=0, lt=1)
    train_from: dt.datetime | dt.date | None = None
    train_until: dt.datetime | dt.date | None = None
    embargo: str | None = None
    folds: int = Field(default=3, ge=0)
    draws: int = Field(default=200, ge=0)
    rounds: int = Field(default=500, ge=1)
    patience: int = Field(default=50, ge=0)
    depth: int = Field(default=4, ge=1)
    rate: float = Field(default=0.05, gt=0)
    seed: int = Field(default=7, ge=0)


class Config(_Table):
    """The whole file. ``target`` is the one to use where none is named; a single one needs no naming."""

    name: str
    declarations: list[str] = Field(default=["features.py"])
    target: str | None = None
    state_schema: str = schema.DEFAULT
    targets: dict[str, TargetConfig] = Field(default_factory=dict)
    upstream: list[UpstreamConfig] = Field(default_factory=list)
    view: list[ViewConfig] = Field(default_factory=list)
    certify: CertifyConfig = Field(default_factory=CertifyConfig)
    baseline: BaselineConfig = Field(default_factory=BaselineConfig)
    waiver: list[WaiverConfig] = Field(default_factory=list)
    train: TrainConfig = Field(default_factory=TrainConfig)

    @property
    def default_target(self) -> str | None:
        return self.target or (next(iter(self.targets)) if len(self.targets) == 1 else None)


_TABLES: dict[str, type[_Table]] = {
    "targets": TargetConfig,
    "upstream": UpstreamConfig,
    "view": ViewConfig,
    "certify": CertifyConfig,
    "baseline": BaselineConfig,
    "reviewed": ReviewConfig,
    "waiver": WaiverConfig,
    "train": TrainConfig,
    "block": TrainBlockConfig,
}


def read_config(root: Path) -> Config:
    """Read ``tzero.toml`` of a folder. Raises ConfigError with the line and what to do."""
    path = root / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no {FILE} in {root}", fix="go to the project's folder, name it with --project, or run tzero init"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    try:
        config = Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        raise ConfigError(
            f"this is not TOML: {error}", place=Place(str(path), int(found[1]) if found else 1)
        ) from error
    except ValidationError as error:
        raise _explained(error, text, path) from None
    _check(config, text, path)
    return config


def line_of(text: str, word: str) -> int:
    """The first line that has a word as a key, in a header or as a value; 1 where none does."""
    escaped = re.escape(word)
    pattern = re.compile(rf"^\s*\"?{escaped}\"?\s*=|^\s*\[+[^\]]*(?<!\w){escaped}(?!\w)|=.*(?<!\w){escaped}(?!\w)")
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)), 1)


def _check(config: Config, text: str, path: Path) -> None:
    if not config.declarations and not config.view:
        raise ConfigError(
            "nothing is declared",
            place=Place(str(path), line_of(text, "declarations")),
            fix="list files with feature views in 'declarations', or name a view of your own in [[view]]",
        )
    if config.target is not None and config.target not in config.targets:
        raise ConfigError(
            f"the default target {config.target!r} is not declared",
            place=Place(str(path), line_of(text, "target")),
            fix=nearest(config.target, config.targets),
        )
    try:
        own_identifier(config.state_schema, "state schema")
    except TzeroError as error:
        raise ConfigError(error.what, place=Place(str(path), line_of(text, "state_schema")), fix=error.fix) from error


def _explained(error: ValidationError, text: str, path: Path) -> ConfigError:
    found = error.errors(include_url=False, include_input=False)
    # a misspelt key is also a missing one: the misspelling is what the user can act on
    first = min(found, key=lambda problem: problem["type"] != "extra_forbidden")
    location = first["loc"]
    key = str(location[-1]) if location else FILE
    place = Place(str(path), line_of(text, str(key)))
    where = _table_name(location)
    match first["type"]:
        case "extra_forbidden":
            fields: list[str] = list(_model_at(location).model_fields)
            return ConfigError(f"unknown key {key!r} in {where}", place=place, fix=nearest(key, fields))
        case "missing":
            return ConfigError(f"{where} has no {key!r}", place=Place(str(path), line_of(text, _header(location))))
        case _:
            return ConfigError(f"{key!r} in {where}: {first['msg']}", place=place)


def _model_at(location: tuple[Any, ...]) -> type[_Table]:
    """The innermost table that a location lies in."""
    return next((_TABLES[part] for part in reversed(location[:-1]) if part in _TABLES), Config)


def _table_name(location: tuple[Any, ...]) -> str:
    if len(location) < 2:
        return FILE
    return f"[[{location[0]}]]" if isinstance(location[1], int) else "[" + ".".join(map(str, location[:-1])) + "]"


def _header(location: tuple[Any, ...]) -> str:
    return str(location[-2]) if len(location) > 1 and isinstance(location[-2], str) else str(location[0])
