"""Declarations to queries, for each engine's dialect."""

from tzero.compile.compiler import compile_view
from tzero.compile.deployment import Deployment, Relation, RelationRole, SourceCheck

__all__ = ["Deployment", "Relation", "RelationRole", "SourceCheck", "compile_view"]
