"""Wiring: tzero.toml -> declarations + engine + state; no behaviour of its own."""

from tzero.project.project import Project, open_project, require_certified

__all__ = ["Project", "open_project", "require_certified"]
