"""Text of data, made harmless for whoever reads it."""

from __future__ import annotations


def visible(text: object) -> str:
    """The text with everything that a terminal or a page would obey, or hide, written as an escape.

    Control characters, marks that turn the direction of writing, and characters without width are among it.

    >>> visible("red\\x1b[31m"), visible("txt\\u202egpj.exe")
    ('red\\\\x1b[31m', 'txt\\\\u202egpj.exe')
    """
    return "".join(
        letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode()
        for letter in str(text)
    )
