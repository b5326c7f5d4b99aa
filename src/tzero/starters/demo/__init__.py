"""What ``tzero demo`` does: a starter's project in a folder, its raw data in a target, every step of the runbook."""

from tzero.starters.demo.feed import Example, Feed, RawTable
from tzero.starters.demo.running import demonstrate
from tzero.starters.demo.stages import Listener, Stage
from tzero.starters.demo.summary import Demonstration

__all__ = ["Demonstration", "Example", "Feed", "Listener", "RawTable", "Stage", "demonstrate"]
