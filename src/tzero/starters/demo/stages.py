"""The stages of a demonstration, told as they happen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from tzero.refresh.steps import Step, step_kind, step_relation
from tzero.state.run import RunRecord


@dataclass(frozen=True, slots=True)
class Stage:
    """Something that was done: in which chapter, what, how long it took in seconds, and how many rows it gave."""

    chapter: str
    title: str
    seconds: float
    rows: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {"chapter": self.chapter, "title": self.title, "rows": self.rows, "seconds": round(self.seconds, 3)}


class Listener(Protocol):
    """Is told of each chapter and stage as it begins, and of each stage that is done."""

    def chapter(self, title: str) -> None: ...

    def begin(self, title: str) -> None: ...

    def done(self, stage: Stage) -> None: ...


class Stages:
    """Times stages, tells a listener, and keeps them."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.kept: list[Stage] = []
        self._chapter = ""

    def chapter(self, title: str) -> None:
        self._chapter = title
        self.listener.chapter(title)

    @contextmanager
    def stage(self, title: str) -> Iterator[Callable[[int], None]]:
        """Time a stage; the function that it gives takes the number of rows."""
        counted: list[int] = []
        self.listener.begin(title)
        started = time.perf_counter()
        yield counted.append
        self._keep(Stage(self._chapter, title, time.perf_counter() - started, counted[-1] if counted else None))

    def step(self, step: Step, record: RunRecord | None) -> None:
        """A step of a plan, as `Project.apply` and `Project.refresh` tell it."""
        # without its schema, so that a line fits on a terminal
        name = (step_relation(step) or "").rpartition(".")[2]
        title = f"{step_kind(step)} {name}".rstrip()
        if record is None:
            self.listener.begin(title)
        else:
            self._keep(Stage(self._chapter, title, record.seconds, record.n_rows))

    def _keep(self, stage: Stage) -> None:
        self.kept.append(stage)
        self.listener.done(stage)
