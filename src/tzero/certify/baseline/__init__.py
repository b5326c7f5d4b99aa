"""Baselines: what a relation held on each day of T0, taken, kept, compared."""

from tzero.certify.baseline.baseline import Baseline, DayDigest
from tzero.certify.baseline.taking import take

__all__ = ["Baseline", "DayDigest", "take"]
