"""Numbers of things, as a sentence says them."""

from __future__ import annotations


def number_of(number: int, thing: str) -> str:
    """How many there are of something.

    >>> number_of(1, "moment"), number_of(1200, "row")
    ('1 moment', '1,200 rows')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def are(number: int) -> str:
    """The verb that belongs to a number of things.

    >>> are(1), are(0)
    ('is', 'are')
    """
    return "is" if number == 1 else "are"
