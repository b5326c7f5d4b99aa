"""Rules: one file for each diagnostic; its text is its documentation."""

from __future__ import annotations

from tzero.prove.rules import (
    t001_later_row,
    t002_later_rows,
    t003_presence,
    t004_late_value,
    t005_mutable,
    t006_undated,
    t007_undeclared,
    t008_clock,
    t009_session,
    t010_volatile,
    t011_order,
    t012_not_understood,
    t013_anchor,
    t014_same_instant,
)
from tzero.prove.rules.rule import EXAMPLE_DECLARATIONS, Rule

_MODULES = (
    t001_later_row,
    t002_later_rows,
    t003_presence,
    t004_late_value,
    t005_mutable,
    t006_undated,
    t007_undeclared,
    t008_clock,
    t009_session,
    t010_volatile,
    t011_order,
    t012_not_understood,
    t013_anchor,
    t014_same_instant,
)
RULES: dict[str, Rule] = {module.RULE.code: module.RULE for module in _MODULES}


def reference() -> str:
    """The reference page of all rules, as Markdown."""
    head = "# Findings\n\nWhat `tzero check` reports. Every example is read with these declarations:\n\n"
    declared = f"```toml\n{EXAMPLE_DECLARATIONS.strip()}\n```\n\n"
    return head + declared + "\n".join(rule.document() for rule in RULES.values())


__all__ = ["EXAMPLE_DECLARATIONS", "RULES", "Rule", "reference"]
