"""Train on certified features, and predict with what was trained."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa

from tzero.project.experiments import experiment_of
from tzero.project.opened import Opened, silent
from tzero.sql.names import RelationName
from tzero.timeline import duration
from tzero.train.experiment import Experiment
from tzero.train.prediction import predict
from tzero.train.record import keep, read
from tzero.train.training import Admission, Progress, Trained, explain, train


class Training(Opened):
    """Experiments, models and their predictions."""

    def experiment(self, *, threads: int = 0, **given: Any) -> Experiment:
        """What ``[train]`` of tzero.toml says is to be trained; ``given`` replaces keys of it."""
        return experiment_of(self.config, given, threads)

    def explain_training(self, experiment: Experiment, *, target: str | None = None) -> Admission:
        """What a training would read, and why it may. Raises as `train` does before the first row is read."""
        with self.session(target, read_only=True) as engine:
            return explain(self._state(engine), experiment)

    def train(
        self,
        experiment: Experiment,
        *,
        compare: str | None = None,
        out: str | Path | None = None,
        target: str | None = None,
        progress: Progress = silent,
    ) -> tuple[Trained, Path]:
        """Train on certified features and keep the model: its folder (under ``models``), and a row of the state.

        ``compare`` is a relation with the same columns, certified or not, that is judged beside them. Raises
        UncertifiedError, ContractError or FindingError before the first row is read where it may not be.
        """
        against = None if compare is None else RelationName.parse(compare)
        with self.session(target) as engine:
            self._require_migrated(engine)
            state = self._state(engine)
            trained = train(state, experiment, against=against, progress=progress)
            return trained, keep(state, trained, self.root / "models" if out is None else Path(out))

    def predict(
        self, model: str | Path, *, since: dt.datetime | None = None, threads: int = 0, target: str | None = None
    ) -> pa.Table:
        """Key, T0 and prediction of every row with T0 at ``since`` or later, by the model in a folder.

        Raises ContractError where the contract is not the one that it was trained on, UncertifiedError where nothing
        valid certifies the features now.
        """
        content, card = read(Path(model))
        oldest = self.config.certify.max_age
        with self.session(target, read_only=True) as engine:
            max_age = None if oldest is None else duration(oldest)
            found = predict(self._state(engine), content, card, since=since, max_age=max_age, threads=threads)
            return found.read_all()
