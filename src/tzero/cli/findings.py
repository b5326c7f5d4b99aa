"""How findings are written: code frames for people, JSON, SARIF and workflow commands for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from tzero.cli.checked import Checked
from tzero.cli.output import clean, put_json
from tzero.prove import PRESENCE, Finding, Verdict
from tzero.prove.rules import RULES

_WIDEST = 160


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
    """Findings as code frames, then one line for each statement."""
    lines: list[str] = []
    for item in found:
        for group in _grouped(item.proof.findings):
            lines += [*frame(item, group), ""]
    for item in found:
        proof = item.proof
        proved = sum(column.verdict is Verdict.PROVED for column in proof.columns)
        lines.append(f"{proof.verdict.value:8} {item.title or 'statement'}: {proved} of {len(proof.columns)} proved")
        if facts:
            lines += [f"  {c.column}: {fact}" for c in proof.columns for fact in c.facts]
            lines += [f"  assumed: {assumption}" for assumption in proof.assumptions]
    return lines


def _grouped(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that say the same of several columns, together."""
    found: dict[object, list[Finding]] = {}
    for finding in findings:
        key = (finding.code, finding.verdict, finding.message, finding.view, finding.span)
        found.setdefault(key, []).append(finding)
    return list(found.values())


def frame(item: Checked, group: list[Finding]) -> list[str]:
    """One finding in the manner of a compiler: the code, the place, the line, why, what is missing, the fix."""
    first = group[0]
    lines = [f"{first.code} {RULES[first.code].name} [{first.verdict.value}] {first.message}"]
    place = item.file or item.name
    if first.view:
        place = f"view {first.view}"
    if first.span is not None:
        lines.append(f"  --> {place}:{first.span.line}:{first.span.column}")
        lines += _excerpt(item.texts.get(first.view, ""), first)
    elif place:
        lines.append(f"  --> {place}")
    lines.append(f"  columns: {', '.join(_shown(group))}")
    if first.missing:
        lines.append(f"  missing: {first.missing}")
    if first.fix:
        lines.append(f"  fix: {first.fix}")
    if first.witness:
        lines.append("  witness: " + str(first.witness.get("text", "")).replace("\n", "\n    "))
    lines.append(f"  see: tzero explain {first.code}")
    return lines


def _shown(group: list[Finding]) -> list[str]:
    names = [finding.column for finding in group]
    return names if len(names) <= 6 else [*names[:5], f"and {len(names) - 5} more"]


def _excerpt(text: str, finding: Finding) -> list[str]:
    assert finding.span is not None
    lines = text.splitlines()
    if not 0 < finding.span.line <= len(lines):
        return []
    line = lines[finding.span.line - 1]
    start = finding.span.column - 1
    length = max(1, min(finding.span.end - finding.span.start, len(line) - start))
    cut = max(0, start - _WIDEST // 2)
    shown = line[cut : cut + _WIDEST]
    number = str(finding.span.line)
    margin = " " * len(number)
    marks = "^" * min(length, len(shown) - (start - cut))
    return [f" {margin} |", f" {number} | {shown}", f" {margin} | {' ' * (start - cut)}{marks}"]


def workflow_command(item: Checked, finding: Finding) -> str:
    """A finding as an annotation of a workflow run."""
    place = f"file={item.file}"
    if finding.span is not None and not finding.view:
        place += f",line={finding.span.line},col={finding.span.column}"
    level = "error" if finding.verdict is Verdict.LEAK else "warning"
    message = f"{finding.column}: {finding.message} Missing: {finding.missing}. Fix: {finding.fix}"
    escaped = clean(message).replace("%", "%25").replace("\n", "%0A")
    return f"::{level} {place},title={finding.code} {RULES[finding.code].name}::{escaped}"


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
    results = [_result(item, finding) for item in found for finding in item.proof.findings]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": {"name": "tzero", "rules": rules}}, "results": results}],
    }


def _result(item: Checked, finding: Finding) -> dict[str, Any]:
    subject = "the row" if finding.column == PRESENCE else f"column {finding.column}"
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": "error" if finding.verdict is Verdict.LEAK else "warning",
        "message": {"text": clean(f"{subject}: {finding.message} Missing: {finding.missing}. Fix: {finding.fix}")},
    }
    location: dict[str, Any] = {"artifactLocation": {"uri": item.file or item.name}}
    if finding.span is not None and not finding.view:
        location["region"] = {
            "startLine": finding.span.line,
            "startColumn": finding.span.column,
            "charOffset": finding.span.start,
            "charLength": finding.span.end - finding.span.start,
        }
    result["locations"] = [{"physicalLocation": location}]
    return result
