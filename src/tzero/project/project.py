"""A project: everything that can be done with a folder that has a tzero.toml."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from tzero.certify.certificate import Certificate
from tzero.project.building import Building
from tzero.project.certified import Certified
from tzero.project.config import read_config
from tzero.project.opened import View
from tzero.project.reading import Reading
from tzero.project.trained import Training


def open_project(folder: str | Path = ".", *, target: str | None = None) -> Project:
    """Open the project of a folder. ``target`` is a name from tzero.toml or a URL (default: the project's own).

    Raises ConfigError where tzero.toml is missing or wrong. Declarations are read when they are first needed.
    """
    root = Path(folder).resolve()
    return Project(root, read_config(root), target)


def require_certified(
    view: View = None,
    *,
    max_age: str | dt.timedelta | None = None,
    project: str | Path = ".",
    target: str | None = None,
) -> Certificate:
    """The certificate that lets a view be read now: the line that a trainer has before its first query.

    ``view`` is a name, or None where the project has one alone; ``max_age`` is how old the certificate may be, a length
    of time such as ``"7d"`` (default: as in tzero.toml); ``project`` is the folder with tzero.toml.

    Raises UncertifiedError with the reason: nothing certifies the view, its last certificate refuses it or is too old,
    or definitions, contract, rows or values are not those that were certified.

    >>> import tempfile, tzero
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "tzero.toml").write_text('name = "shop"\\n[targets.dev]\\nurl = "duckdb:///store.duckdb"')
    >>> _ = (folder / "features.py").write_text('''
    ... from tzero import Events, FeatureView
    ... sales = Events("sales", key="id", time="sold_at")
    ... features = FeatureView("shop.features", sales, earlier=sales.before_day(zone="UTC").count())
    ... ''')
    >>> with tzero.open(folder) as store:
    ...     with store.session() as engine:
    ...         engine.execute("CREATE TABLE sales AS SELECT 1 AS id, TIMESTAMP '2024-05-01' AS sold_at")
    ...     _ = store.apply()
    >>> tzero.require_certified("shop.features", max_age="7d", project=folder)
    Traceback (most recent call last):
      ...
    tzero.errors.UncertifiedError: nothing certifies shop.features
      fix: run tzero certify shop.features
    """
    with open_project(project, target=target) as opened:
        return opened.require_certified(view, max_age=max_age)


class Project(Building, Reading, Certified, Training):
    """Declarations, targets and what can be done with them. Every ``target`` is a name or a URL."""
