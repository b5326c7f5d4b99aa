"""Whether stored relations under a view hold what their definitions give now."""

from __future__ import annotations

from tzero.certify.gate import Finding
from tzero.certify.subject import Subject
from tzero.engines.catalog import RelationKind
from tzero.falsify.closure import closure_of
from tzero.sql.render import quoted


def stored_otherwise(subject: Subject) -> tuple[int, tuple[Finding, ...]]:
    """How many stored relations were computed again, and those that hold other rows."""
    engine = subject.engine
    compared, findings = 0, []
    for name, tree in closure_of(engine, subject.relation, subject.views, subject.sources).views:
        if engine.kind(name) is not RelationKind.MATERIALIZED_VIEW:
            continue
        compared += 1
        kept, given = f"SELECT * FROM {quoted(name, engine.dialect)}", engine.render(tree)
        both = f"({kept} EXCEPT ALL ({given})) UNION ALL (({given}) EXCEPT ALL {kept})"
        number = int(engine.rows(f"SELECT count(*) FROM ({both}) AS found")[0][0])
        if number:
            message = f"{number:,} rows of {name} are not what its definition gives now"
            findings.append(Finding("B2.stored", message, str(name), fix="refresh it"))
    return compared, tuple(findings)
