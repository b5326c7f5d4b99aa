"""Annotations of a workflow run, as GitHub Actions reads them from a log."""

from __future__ import annotations

from tzero.cli.output import clean


def annotation(level: str, message: str, **properties: object) -> str:
    """One workflow command; the level is error, warning or notice.

    >>> annotation("error", "50% of rows\\nmoved", title="C2, drift")
    '::error title=C2%2C drift::50%25 of rows%0Amoved'
    """
    named = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{level} {named}::{_message(message)}" if named else f"::{level}::{_message(message)}"


def _message(text: str) -> str:
    return clean(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
