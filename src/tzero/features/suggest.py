"""What the user probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """A hint that names the closest known name, or all of them.

    >>> nearest("colour", ["color", "price"])
    "did you mean 'color'?"
    """
    names = sorted(known)
    close = get_close_matches(name, names, n=1) or [other for other in names if other.lower() == name.lower()]
    if close:
        return f"did you mean {close[0]!r}?"
    return "it has " + ", ".join(names[:20]) + (" ..." if len(names) > 20 else "") if names else "it has no columns"
