"""What can be wrong with a store and the database that it lives in: checks -> findings, each with what to do."""

from tzero.doctor.examining import CHECKS, diagnose
from tzero.doctor.finding import Checked, Diagnosis, Finding, Level
from tzero.doctor.store import Store

__all__ = ["CHECKS", "Checked", "Diagnosis", "Finding", "Level", "Store", "diagnose"]
