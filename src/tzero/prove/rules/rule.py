"""What a rule is: a code, what leaks, an example that leaks, the same that does not, and why."""

from __future__ import annotations

from dataclasses import dataclass

# The declarations that the examples of the rules are read with.
EXAMPLE_DECLARATIONS = """
anchor = "t0"
own = "sales"

[relations.sales]
key = ["id"]
time = "at"
not_null = ["shop", "price", "rating", "at"]
late = { paid = "paid" }

[relations.sales.columns]
id = "integer"
shop = "text"
price = "decimal"
rating = "double"
at = "timestamptz"
paid = "timestamptz"

[relations.visits]
columns = { id = "integer", sale = "integer", n = "integer", at = "timestamptz", room = "text" }
key = ["id"]
time = "at"
not_null = ["sale", "n", "at", "room"]
mutable = ["room"]

[relations.shops]
columns = { shop = "text", city = "text" }
key = ["shop"]
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """One diagnostic. Its ``summary``, ``leaks``, ``safe`` and ``why`` are its documentation.

    ``missing`` and ``fix`` are templates over ``relation``, ``time``, ``anchor`` and ``note``; ``dialect`` is that of
    the examples.
    """

    code: str
    name: str
    summary: str
    leaks: str
    safe: str
    why: str
    missing: str
    fix: str
    dialect: str = "duckdb"

    def document(self) -> str:
        """The rule as Markdown."""
        return (
            f"## {self.code} {self.name}\n\n{self.summary}\n\n"
            f"Not proved:\n\n```sql\n{self.leaks.strip()}\n```\n\n"
            f"Proved:\n\n```sql\n{self.safe.strip()}\n```\n\n{self.why}\n"
        )
