"""What a proof says: a verdict for each output column and for the row's presence, with its reasons."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESENCE = "(row presence)"


class Verdict(StrEnum):
    """PROVED holds for all data; LEAK has a witness; UNPROVED is neither."""

    PROVED = "PROVED"
    UNPROVED = "UNPROVED"
    LEAK = "LEAK"

    @classmethod
    def worst(cls, verdicts: list[Verdict]) -> Verdict:
        """The worst of some verdicts; PROVED of none.

        >>> Verdict.worst([Verdict.PROVED, Verdict.UNPROVED]).value
        'UNPROVED'
        """
        order = (cls.LEAK, cls.UNPROVED)
        return next((verdict for verdict in order if verdict in verdicts), cls.PROVED)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the source text: 1-based line and column, 0-based offsets, end exclusive."""

    line: int
    column: int
    start: int
    end: int

    def to_json(self) -> dict[str, int]:
        return {"line": self.line, "column": self.column, "start": self.start, "end": self.end}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not proved: where it is, what fact is missing and what to write instead.

    ``column`` is an output column, or :data:`PRESENCE`. ``span`` is a place in the text of ``view``, or of the query
    itself when there is none; ``read_at`` is where the query reads that view. ``witness`` is filled by a falsifier,
    and only then is the verdict LEAK.
    """

    code: str
    verdict: Verdict
    column: str
    message: str
    span: Span | None = None
    expression: str = ""
    missing: str = ""
    fix: str = ""
    relation: str = ""
    view: str = ""
    witness: Mapping[str, Any] | None = None
    read_at: Span | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "verdict": self.verdict.value,
            "column": self.column,
            "line": self.span.line if self.span else None,
            "span": self.span.to_json() if self.span else None,
            "expression": self.expression,
            "relation": self.relation,
            "view": self.view,
            "read_at": self.read_at.to_json() if self.read_at else None,
            "message": self.message,
            "missing": self.missing,
            "fix": self.fix,
            "witness": dict(self.witness) if self.witness else None,
        }


@dataclass(frozen=True, slots=True)
class ColumnProof:
    """The verdict of one output column or of the row's presence, with the facts that the proof used.

    That of a column is about its value in a row that is there: see :meth:`Proof.given`.
    """

    column: str
    verdict: Verdict
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """The result for one statement: its presence first, then its columns in order."""

    columns: tuple[ColumnProof, ...]
    findings: tuple[Finding, ...] = ()
    assumptions: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of presence and columns."""
        return Verdict.worst([*(c.verdict for c in self.columns), *(f.verdict for f in self.findings)])

    @property
    def proved(self) -> bool:
        return self.verdict is Verdict.PROVED

    @property
    def given(self) -> tuple[str, ...]:
        """The columns that are proved only given that their row is there, since it is not proved whether it is.

        >>> row, price = ColumnProof(PRESENCE, Verdict.UNPROVED), ColumnProof("price", Verdict.PROVED)
        >>> Proof((row, price)).given, Proof((price,)).given
        (('price',), ())
        """
        if all(proof.verdict is Verdict.PROVED for proof in self.columns if proof.column == PRESENCE):
            return ()
        return tuple(proof.column for proof in self.columns if proof.verdict is Verdict.PROVED)

    def of(self, column: str) -> ColumnProof:
        """The proof of one output column, or of :data:`PRESENCE`."""
        return next(proof for proof in self.columns if proof.column == column)

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict.value,
            "columns": [self._column_json(column) for column in self.columns],
            "findings": [finding.to_json() for finding in self.findings],
            "assumptions": list(self.assumptions),
        }

    def _column_json(self, proof: ColumnProof) -> dict[str, Any]:
        return {
            "column": proof.column,
            "verdict": proof.verdict.value,
            "given": PRESENCE if proof.column in self.given else None,
            "facts": list(proof.facts),
        }
