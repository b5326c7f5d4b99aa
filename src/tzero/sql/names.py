"""Names of relations and columns: what a user may point at, and what tzero may create."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tzero.errors import DeclarationError

_OWN = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_PART = re.compile(r'"(?P<quoted>(?:[^"]|"")+)"|(?P<bare>[^".\s]+)')
_FILE = re.compile(r".+\.(parquet|csv|csv\.gz|json|ndjson)", re.IGNORECASE | re.DOTALL)


def own_identifier(name: str, what: str) -> str:
    """Check the name of something that tzero creates: ``[a-z_][a-z0-9_]{0,62}``.

    >>> own_identifier("gmc_seg_n", "feature")
    'gmc_seg_n'
    """
    if not _OWN.fullmatch(name):
        raise DeclarationError(
            f"{what} name {name!r} is not usable on every engine",
            fix="use 1 to 63 of a-z, 0-9 and _, not starting with a digit",
        )
    return name


@dataclass(frozen=True, order=True, slots=True)
class RelationName:
    """A relation by name, optionally within a schema, or a data file; case and spaces are kept as they are.

    >>> RelationName.parse('feature_store.listings')
    RelationName(schema='feature_store', name='listings')
    >>> RelationName.parse('"My Schema"."week 1"').name
    'week 1'
    >>> RelationName.parse('data/listings.parquet').is_file
    True
    """

    schema: str | None
    name: str

    @classmethod
    def parse(cls, text: str) -> RelationName:
        if _FILE.fullmatch(text):
            return cls(None, text)
        parts: list[str] = []
        at, ended = 0, False
        while match := _PART.match(text, at):
            parts.append(match["quoted"].replace('""', '"') if match["quoted"] else match["bare"])
            at = match.end()
            ended = at == len(text)
            if ended or text[at] != ".":
                break
            at += 1
        if not ended or not 1 <= len(parts) <= 2 or "\0" in text:
            raise DeclarationError(
                f"{text!r} is not a relation name",
                fix='write schema.name or name, with "double quotes" around parts that hold dots or spaces',
            )
        return cls(parts[0] if len(parts) == 2 else None, parts[-1])

    @classmethod
    def own(cls, text: str) -> RelationName:
        """Parse the name of a relation that tzero creates; every part must be a plain identifier."""
        found = cls.parse(text)
        for part in (found.schema, found.name):
            if part is not None:
                own_identifier(part, "relation")
        return found

    @property
    def is_file(self) -> bool:
        """True for a data file (Parquet, CSV, JSON) that the engine scans in place."""
        return self.schema is None and _FILE.fullmatch(self.name) is not None

    def sibling(self, suffix: str) -> RelationName:
        """The relation next to this one, named with a suffix."""
        return RelationName.own(str(RelationName(self.schema, f"{self.name}{suffix}")))

    def __str__(self) -> str:
        parts = [part for part in (self.schema, self.name) if part is not None]
        if self.is_file:
            return self.name
        return ".".join(part if re.fullmatch(r"\w+", part) else '"' + part.replace('"', '""') + '"' for part in parts)
