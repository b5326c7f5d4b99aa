"""Declarations to queries, for each engine's dialect."""

from tzero.compile.compiler import compile_view
from tzero.compile.deployment import Deployment, Relation, RelationRole, SourceCheck
from tzero.compile.named_rows import NamedRows
from tzero.compile.versions import VersionQueries
from tzero.compile.vocabularies import VocabularyCheck, vocabulary_checks

__all__ = [
    "Deployment",
    "NamedRows",
    "Relation",
    "RelationRole",
    "SourceCheck",
    "VersionQueries",
    "VocabularyCheck",
    "compile_view",
    "vocabulary_checks",
]
