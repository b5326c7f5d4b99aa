"""A folder with tzero.toml, opened: what it declares, its targets, and sessions on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from tzero.engines.base import Engine
from tzero.engines.targets import Target, open_engine
from tzero.errors import ConfigError, FindingError, Place, UsageError
from tzero.features.places import placed
from tzero.features.suggest import nearest
from tzero.features.views import FeatureView
from tzero.project.config import FILE, Config, line_of
from tzero.project.loading import load_views
from tzero.refresh.declared import Declared, Upstream
from tzero.sql.names import RelationName
from tzero.state import migrations
from tzero.state.schema import StateSchema

View = str | FeatureView | None


def silent(*_: object) -> None:
    """Progress that nobody is told of."""


class Opened:
    """Declarations and targets. Every ``target`` is a name or a URL."""

    def __init__(self, root: Path, config: Config, target: str | None = None) -> None:
        self.root = root
        self.config = config
        self._target = target
        self._in_memory: dict[str, Engine] = {}

    @cached_property
    def declared(self) -> Declared:
        """The feature views and upstream relations of this project."""
        upstream = tuple(self._upstream(item.relation, item.sql) for item in self.config.upstream)
        return Declared(load_views(self.root, self.config.declarations), upstream, self.config.state_schema)

    @property
    def views(self) -> tuple[FeatureView, ...]:
        return self.declared.views

    def view(self, name: View = None) -> FeatureView:
        """The view with a name (qualified, bare, or of its contract); the only one where none is named."""
        return find_view(self.views, name)

    def target(self, wanted: str | None = None) -> Target:
        """The target with a name, or of a URL; the default one where none is given."""
        name = wanted or self._target or self.config.default_target
        if name is None:
            raise ConfigError(
                "no target is named, and tzero.toml has no default", fix="use --target, or write target = '...'"
            )
        if "://" in name:
            return Target.parse(name, self.root)
        if name not in self.config.targets:
            raise ConfigError(f"there is no target {name!r} in {FILE}", fix=nearest(name, self.config.targets))
        with placed(self._place(name)):
            found = self.config.targets[name]
            return Target.parse(found.url, self.root, found.options)

    @contextmanager
    def session(self, target: str | None = None, *, read_only: bool = False) -> Iterator[Engine]:
        """An open engine. A store in memory lives as long as the project."""
        wanted = self.target(target)
        if wanted.in_memory:
            if wanted.url not in self._in_memory:
                self._in_memory[wanted.url] = open_engine(wanted, read_only=False)
            yield self._in_memory[wanted.url]
            return
        engine = open_engine(wanted, read_only=read_only)
        try:
            yield engine
        finally:
            engine.close()

    def close(self) -> None:
        """Let go of stores in memory."""
        for engine in self._in_memory.values():
            engine.close()
        self._in_memory.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _require_migrated(self, engine: Engine) -> None:
        if migrations.pending(self._state(engine)):
            raise FindingError("the state tables are of an older version", fix="run tzero apply")

    def _state(self, engine: Engine) -> StateSchema:
        return StateSchema(engine, self.config.state_schema)

    def _upstream(self, relation: str, file: str) -> Upstream:
        path = self.root / file
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"the query of {relation} cannot be read: {file}: {getattr(error, 'strerror', None) or error}",
                place=self._place(file),
                fix="correct 'sql'; it is relative to the project's folder",
            ) from error
        with placed(self._place(relation)):
            return Upstream(RelationName.own(relation), text, Place(str(path), 1))

    def _place(self, word: str) -> Place:
        path = self.root / FILE
        return Place(str(path), line_of(path.read_text(encoding="utf-8"), word))


def find_view(views: Sequence[FeatureView], wanted: str | FeatureView | None) -> FeatureView:
    """The view with a name, qualified or bare, or with a contract of that name; the only one where none is named."""
    if isinstance(wanted, FeatureView):
        return next((view for view in views if view.name == wanted.name), wanted)
    if wanted is None:
        if len(views) == 1:
            return views[0]
        raise UsageError("which view?", fix="name one of " + ", ".join(str(view.name) for view in views))
    for view in views:
        if wanted in (str(view.name), view.name.name, view.contract):
            return view
    names = [name for view in views for name in (str(view.name), view.name.name)]
    raise UsageError(f"there is no feature view {wanted!r}", fix=nearest(wanted, names))
