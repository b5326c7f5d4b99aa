"""Ten million rows are read in batches, trained on and judged within 8 GB: `python -m benchmarks.train`.

A relation of random numbers of which some move the life of a row is made in DuckDB, then goes the way of `tzero train`,
certificate apart: the joined query, the dataset on disk, the stop inside the training window, the model, its scores.
The greatest resident memory counts the database's, held to 2 GB, and the pages of the dataset that lie in memory.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from tzero.certify.certificate import Certificate
from tzero.engines.targets import Target, open_engine
from tzero.sql.names import RelationName
from tzero.state.contract import Contract
from tzero.train.admission import Admitted
from tzero.train.dataset import read_dataset, training_query
from tzero.train.evaluation import Task, judge
from tzero.train.experiment import Block, Boosting, Evaluation, Experiment, Labels, Outcome, OutcomeKind
from tzero.train.importance import importance
from tzero.train.splits import holdout

LIMIT_GB = 8.0
_DAYS = 540
_DATABASE = "SET memory_limit = '2GB'"
_FEATURES = """
CREATE TABLE features AS
SELECT i AS id, TIMESTAMP '2023-01-01' + i * INTERVAL '{seconds} seconds' AS t0, {columns}
FROM range({rows}) AS r(i)
"""
_COLUMN = "CAST((hash(i * {number} + 7) % 1000003) / 1000003.0 AS double) AS x{number}"
# the first two columns move the life, between half a day and forty
_LIVES = """
CREATE TABLE lives AS
SELECT id, t0, t0 + life AS event_at, t0 + life AS observed_until
FROM (
  SELECT id, t0, CAST(exp(x1 * 2 - x2 + (hash(id) % 1009) / 400.0) * 43200 AS bigint) * INTERVAL '1 second' AS life
  FROM features
) AS drawn
"""


def experiment(columns: int, threads: int) -> tuple[Experiment, Admitted]:
    relation = RelationName.parse("features")
    anchors = {"relation": "features", "key": ["id"], "time": "t0", "zone": "UTC"}
    certificate = Certificate({"predicate": {"anchors": anchors, "lineage": []}})
    block = Block("features", relation, "features")
    names = tuple(f"x{number}" for number in range(1, columns + 1))
    wanted = Experiment(
        (block,),
        Labels(RelationName.parse("lives"), "t0", "event_at", "observed_until"),
        Outcome(OutcomeKind.TIME),
        Boosting(rounds=40, patience=10, rate=0.3, threads=threads),
        Evaluation(folds=0, draws=20),
    )
    return wanted, Admitted(block, Contract("features", "features", ()), certificate, names)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--columns", type=int, default=30)
    asked.add_argument("--threads", type=int, default=0, help="0: all")
    given = asked.parse_args()
    wanted, admitted = experiment(given.columns, given.threads)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tzero-bench-") as folder:
        engine = open_engine(Target.parse("duckdb:///store.duckdb", Path(folder)), read_only=False)
        engine.execute(_DATABASE)
        columns = ", ".join(_COLUMN.format(number=number) for number in range(1, given.columns + 1))
        seconds = _DAYS * 86_400 // given.rows
        engine.execute(_FEATURES.format(columns=columns, seconds=seconds, rows=given.rows))
        engine.execute(_LIVES)
        _told("made the relation", started)
        query = training_query(engine, (admitted,), wanted.labels)
        with read_dataset(engine, query) as dataset:
            _told(f"read {len(dataset):,} rows x {given.columns} features in batches", started)
            split = holdout(dataset, wanted.outcome, wanted.evaluation)
            model, judged = judge(Task(dataset, wanted), split, wanted.evaluation.draws)
            _told(
                f"fitted {model.rounds} trees on {len(judged.trained):,} rows, judged {len(judged.judged):,}", started
            )
            importance(model, dataset, judged.judged.rows)
            print(f"  concordance {judged.score('concordance'):.3f}")
            print(f"  dataset {dataset.digest[:16]}, model {model.sha256[:16]}")
        engine.close()
    if _peak() > LIMIT_GB:
        raise SystemExit(f"{_peak():.2f} GB is more than {LIMIT_GB:g} GB")


def _told(what: str, started: float) -> None:
    print(f"  {what}: {time.perf_counter() - started:.0f} s, peak {_peak():.2f} GB", flush=True)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main()
