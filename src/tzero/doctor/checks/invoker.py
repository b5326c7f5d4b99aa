"""A reader of the entrypoint may read nothing beneath it: that works where views run with their owner's rights."""

from __future__ import annotations

from collections.abc import Iterator

from tzero.doctor.finding import Finding
from tzero.doctor.store import Store
from tzero.engines.postgres_text import written

_OPTION = """
SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL pg_catalog.pg_options_to_table(c.reloptions) AS o
WHERE n.nspname = ? AND c.relname = ? AND o.option_name = 'security_invoker' AND o.option_value::boolean"""


def check(store: Store) -> Iterator[Finding]:
    for name in store.relations("base", "entrypoint"):
        if store.rows(_OPTION, [name.schema, name.name]):
            yield Finding(
                f"{name} runs with its reader's rights: he would need to read everything beneath it",
                f"ALTER VIEW {written(name)} RESET (security_invoker)",
            )
