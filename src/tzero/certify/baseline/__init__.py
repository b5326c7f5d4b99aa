"""Baselines: what a relation held on each day of T0, taken, accepted, compared; and why it changed."""

from tzero.certify.baseline.accepted import Accepted, accepted
from tzero.certify.baseline.baseline import Baseline, DayDigest
from tzero.certify.baseline.comparison import Comparison, compare, difference
from tzero.certify.baseline.drift import Drift, DriftKind
from tzero.certify.baseline.recording import accept, grow
from tzero.certify.baseline.taking import take

__all__ = [
    "Accepted", "Baseline", "Comparison", "DayDigest", "Drift", "DriftKind", "accept", "accepted", "compare",
    "difference", "grow", "take",
]  # fmt: skip
