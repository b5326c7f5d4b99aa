"""What a certificate costs is held against what the build of the stored relations cost."""

from __future__ import annotations

from tzero.certify.subject import Subject
from tzero.state import run


def built_seconds(subject: Subject) -> float | None:
    """How long the last build of what is stored took; None where nothing is stored, or no run says."""
    relations = subject.deployment.relations if subject.deployment is not None else ()
    seconds = run.built_seconds(subject.state, [str(found.name) for found in relations if found.is_stored])
    return None if seconds is None else round(seconds, 3)
