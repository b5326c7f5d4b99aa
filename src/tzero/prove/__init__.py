"""Query -> proof: an abstract interpreter that shows from the SQL alone that it cannot see the future.

>>> from tzero.prove import Declarations, Query, Relation, prove
>>> columns = {"id": "int", "at": "timestamp"}
>>> sales = Relation("sales", columns=columns, key=("id",), time="at", not_null=frozenset({"at"}))
>>> asked = Declarations({"sales": sales}, Query(anchor="at", own="sales"))
>>> earlier = "SELECT s.id, s.at, (SELECT COUNT(*) FROM sales o WHERE o.at < s.at) AS n FROM sales s"
>>> prove(earlier, asked, dialect="duckdb").proved
True
>>> prove(earlier.replace("<", "<="), asked, dialect="duckdb").proved
False
"""

from tzero.prove.declaration_file import DeclarationFile
from tzero.prove.declarations import Declarations, Query, Relation
from tzero.prove.loading import load_toml, parse_header, parse_toml
from tzero.prove.proof import PRESENCE, ColumnProof, Finding, Proof, Span, Verdict
from tzero.prove.prover import prove

__all__ = [
    "PRESENCE",
    "ColumnProof",
    "DeclarationFile",
    "Declarations",
    "Finding",
    "Proof",
    "Query",
    "Relation",
    "Span",
    "Verdict",
    "load_toml",
    "parse_header",
    "parse_toml",
    "prove",
]
