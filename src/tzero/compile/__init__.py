"""Declarations to queries, for each engine's dialect."""

from tzero.compile.compiler import compile_view
from tzero.compile.deployment import Deployment, Relation, RelationRole, SourceCheck
from tzero.compile.named_rows import NamedRows

__all__ = ["Deployment", "NamedRows", "Relation", "RelationRole", "SourceCheck", "compile_view"]
