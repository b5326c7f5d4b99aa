"""A project: everything that can be done with a folder that has a tzero.toml."""

from __future__ import annotations

from pathlib import Path

from tzero.project.building import Building
from tzero.project.certified import Certified
from tzero.project.config import read_config
from tzero.project.reading import Reading
from tzero.project.trained import Training


def open_project(folder: str | Path = ".", *, target: str | None = None) -> Project:
    """Open the project of a folder. ``target`` is a name from tzero.toml or a URL (default: the project's own).

    Raises ConfigError where tzero.toml is missing or wrong. Declarations are read when they are first needed.
    """
    root = Path(folder).resolve()
    return Project(root, read_config(root), target)


class Project(Building, Reading, Certified, Training):
    """Declarations, targets and what can be done with them. Every ``target`` is a name or a URL."""
