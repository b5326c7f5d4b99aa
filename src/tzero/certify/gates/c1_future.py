"""C1: changing the future of this very data changes nothing of its past."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tzero.certify.cost import built_seconds
from tzero.certify.gate import Finding, GateResult, Verdict
from tzero.certify.subject import Subject
from tzero.certify.wording import number_of
from tzero.falsify import LEAST, MOST_ROWS, Outcome, Trial, Witness, falsify_relation

_VERDICTS = {Outcome.CLEAN: Verdict.PASS, Outcome.LEAK: Verdict.LEAK, Outcome.INCONCLUSIVE: Verdict.FAIL}
MOST = 10.0
"""How many seconds the search may take where nobody says."""
SHARE = 0.5
"""How much of the time of a build it takes then."""
_FIX = "compare with T0 strictly (before_day, before_instant), and take each value as it was known then"


@dataclass(frozen=True, slots=True)
class FutureGate:
    """Rows at and after T0 are added, removed and edited within rewritten queries; the past must stay as it is.

    It ends at the first witness, after ``seconds``, or after ``worlds``; of a relation of over ``most`` rows each
    world holds a part. Without ``seconds`` it takes half as long as the build of what is stored took, `LEAST` at least
    and `MOST` at most: a certificate should cost in proportion to what it certifies. It ends no earlier than something
    moved. Nothing is written but temporary tables.
    """

    seconds: float | None = None
    worlds: int = 500
    seed: int = 0
    most: int = MOST_ROWS

    code = "C1"
    title = "future"

    def __call__(self, subject: Subject) -> GateResult:
        trial = falsify_relation(
            subject.engine,
            subject.relation,
            subject.declarations,
            views=subject.views,
            sources=subject.sources,
            seconds=MOST if self.seconds is None else self.seconds,
            enough=_enough(subject) if self.seconds is None else None,
            worlds=self.worlds,
            seed=self.seed,
            most=self.most,
        )
        return GateResult(
            self.code, self.title, _VERDICTS[trial.outcome], _summary(trial), _exercised(trial),
            tuple(_findings(subject, trial)), tuple(_notes(trial)),
        )  # fmt: skip


def _enough(subject: Subject) -> float | None:
    built = built_seconds(subject)
    return None if built is None else min(max(built * SHARE, LEAST), MOST)


def _summary(trial: Trial) -> str:
    if trial.outcome is Outcome.INCONCLUSIVE:
        return trial.reason
    if trial.witness is not None:
        return f"{trial.witness.column} depends on what is not known at T0"
    moved = sum(exercise.moved for exercise in trial.exercised.values())
    futures, moments = number_of(trial.worlds, "other future"), number_of(trial.cuts, "moment")
    return f"{futures} from {moments} on: {number_of(moved, 'later row')} moved, no earlier one"


def _exercised(trial: Trial) -> dict[str, int | float | str]:
    tried = trial.exercised.values()
    return {
        "worlds": trial.worlds,
        "moments": trial.cuts,
        "rows compared": sum(exercise.rows for exercise in tried),
        "rows moved": sum(exercise.moved for exercise in tried),
        "kinds of change": ", ".join(name for name, e in trial.exercised.items() if e.worlds > e.failed),
        "kinds that moved rows": ", ".join(name for name, e in trial.exercised.items() if e.moved),
    }


def _findings(subject: Subject, trial: Trial) -> Iterator[Finding]:
    if trial.witness is not None:
        yield _leak(subject, trial.witness)
    elif trial.outcome is Outcome.INCONCLUSIVE:
        yield Finding(
            "C1.inconclusive",
            trial.reason,
            str(subject.relation),
            fix="give the search more seconds, or declare the times of the relations",
        )


def _leak(subject: Subject, witness: Witness) -> Finding:
    shown = witness.to_json() | {"text": str(witness)}
    return Finding("C1.leak", str(witness).splitlines()[0], str(subject.relation), witness.column, _FIX, shown)


def _notes(trial: Trial) -> Iterator[str]:
    yield from trial.parts
    if trial.untried:
        yield f"not tried, for want of time: {', '.join(trial.untried)}"
    for name in trial.left_alone:
        yield f"left alone: {name}"
    for name, exercise in trial.exercised.items():
        if exercise.failed:
            yield f"{name}: {exercise.failed} of {exercise.worlds} futures could not be run: {exercise.why}"
