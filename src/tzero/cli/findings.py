"""How findings are written: code frames for people, JSON, SARIF and workflow commands for programs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import click

from tzero.cli.annotations import annotation
from tzero.cli.checked import Checked
from tzero.cli.frames import frames
from tzero.cli.output import clean, put_json
from tzero.prove import PRESENCE, Finding, Proof, Verdict
from tzero.prove.rules import RULES


def write(found: list[Checked], output: str, *, facts: bool = False) -> None:
    """Write what was checked to standard output."""
    if output == "json":
        put_json(document(found))
    elif output == "sarif":
        click.echo(json.dumps(sarif(found), indent=2))
    elif output == "github":
        for item in found:
            for finding in item.proof.findings:
                click.echo(workflow_command(item, finding))
    else:
        click.echo(clean("\n".join(text_lines(found, facts=facts))))


def document(found: list[Checked]) -> dict[str, Any]:
    """Everything that was checked, for programs."""
    findings = [
        {"file": item.file, "name": item.name, **finding.to_json()} for item in found for finding in item.proof.findings
    ]
    return {"verdict": _verdict(found), "findings": findings, "statements": [item.to_json() for item in found]}


def _verdict(found: Iterable[Checked]) -> str:
    return Verdict.worst([item.proof.verdict for item in found]).value


def text_lines(found: list[Checked], *, facts: bool = False) -> list[str]:
    """Findings as code frames, then one line for each statement, and one for them all."""
    lines: list[str] = [line for item in found for line in frames(item)]
    for item in found:
        proof = item.proof
        lines.append(f"{proof.verdict.value:8} {item.title or 'statement'}: {_summary(proof)}")
        if facts:
            lines += [f"  {_subject(proof, c.column)}: {fact}" for c in proof.columns for fact in c.facts]
            lines += [f"  assumed: {assumption}" for assumption in proof.assumptions]
            lines += [f"  needs: {fact}" for fact in item.needs]
    if len(found) > 1:
        counts = Counter(item.proof.verdict for item in found)
        told = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict if counts[verdict])
        lines.append(f"{len(found)} statements: {told}")
    return lines


def _summary(proof: Proof) -> str:
    """How much is proved; first of all whether the rows are there, for what is proved of a column rests on that."""
    proved = sum(column.verdict is Verdict.PROVED for column in proof.columns)
    counted = f"{proved} of {len(proof.columns)} proved"
    return f"whether a row is there is not proved; {counted}, given that it is" if proof.given else counted


def _subject(proof: Proof, column: str) -> str:
    return f"{column}, given that the row is there" if column in proof.given else column


def workflow_command(item: Checked, finding: Finding) -> str:
    """A finding as an annotation of a workflow run."""
    place: dict[str, object] = {"file": item.file or item.name}
    span = finding.read_at if finding.view else finding.span
    if span is not None:
        place |= {"line": span.line, "col": span.column}
    level = "error" if finding.verdict is Verdict.LEAK else "warning"
    return annotation(level, _told(item, finding), **place, title=f"{finding.code} {RULES[finding.code].name}")


def _told(item: Checked, finding: Finding) -> str:
    subject, rest = f"column {finding.column}", ""
    if finding.column == PRESENCE:
        subject, given = "the row", item.proof.given
        rest = f" Proved only given that the row is there: {', '.join(given)}." if given else ""
    return f"{subject}: {finding.message} Missing: {finding.missing}. Fix: {finding.fix}.{rest}"


def sarif(found: list[Checked]) -> dict[str, Any]:
    """Findings in the Static Analysis Results Interchange Format, 2.1.0."""
    rules = [
        {
            "id": rule.code,
            "name": rule.name,
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.why},
            "help": {"text": rule.document(), "markdown": rule.document()},
        }
        for rule in RULES.values()
    ]
    driver = {"name": "tzero", "version": version("tzero"), "rules": rules}
    results = [_result(item, finding) for item in found for finding in item.proof.findings]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _result(item: Checked, finding: Finding) -> dict[str, Any]:
    return {
        "ruleId": finding.code,
        "ruleIndex": list(RULES).index(finding.code),
        "level": "error" if finding.verdict is Verdict.LEAK else "warning",
        "message": {"text": clean(_told(item, finding))},
        "locations": [_location(item, finding)],
    }


def _location(item: Checked, finding: Finding) -> dict[str, Any]:
    """Where a finding is: a place in a file, or a relation of a database."""
    name = finding.view or item.name
    location: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": clean(name)}]} if name else {}
    if not item.file:
        return location
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(item.file)}}
    span = finding.read_at if finding.view else finding.span
    if span is not None:
        physical["region"] = {
            "startLine": span.line,
            "startColumn": span.column,
            "charOffset": span.start,
            "charLength": span.end - span.start,
        }
    return location | {"physicalLocation": physical}
