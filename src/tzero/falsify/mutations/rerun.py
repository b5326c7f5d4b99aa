"""Run the same query again."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.falsify.mutations.circumstance import Circumstance, Pair, Setting, Stage


def rerun(setting: Setting, stage: Stage) -> Iterator[Pair]:  # noqa: ARG001  every circumstance gets the stage
    yield setting, setting, "chance: run again over the same rows, it gives others"


RERUN = Circumstance("rerun", "the query is run again", rerun)
