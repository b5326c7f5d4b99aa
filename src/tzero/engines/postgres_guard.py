"""The guard inside PostgreSQL: a function that raises unless a relation is certified now, and a view behind it.

The function asks what the guard in Python asks, of the same tables; of values that no mark stands for (those of foreign
tables) it asks how many rows there are, and no more. A view ``<relation>_train`` calls it in a subquery
that stands for itself: the server runs that once per query, before the first row is read, and no condition of the
reader's comes before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tzero.engines.catalog import Statement
from tzero.engines.postgres_text import written
from tzero.engines.row_marks import BETWEEN, CATALOG, ROWS
from tzero.sql.names import RelationName
from tzero.sql.render import text_literal

FUNCTION = "t0_require_certified"
_SUFFIX = "_train"

_FUNCTION_SQL = """
CREATE OR REPLACE FUNCTION {function}(asked text, max_age interval DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = '' SET timezone = 'UTC'
AS $guard$
DECLARE
  kept record;
  told pg_catalog.jsonb;
  part record;
  later record;
  wanted text;
  found text;
  reason text;
  sure boolean;
BEGIN
  SELECT c.* INTO kept FROM {certificates} AS c
  WHERE c.relation = asked ORDER BY c.number DESC LIMIT 1;
  SELECT r.detail INTO found FROM {runs} AS r
  WHERE r.command = 'certify' AND r.relation = asked ORDER BY r.run_id DESC LIMIT 1;
  IF kept IS NULL AND found IS NULL THEN
    RAISE EXCEPTION 'nothing certifies %', asked USING ERRCODE = 'TZ001', HINT = 'run tzero certify';
  END IF;
  IF kept IS NULL OR kept.certificate_id IS DISTINCT FROM found THEN
    RAISE EXCEPTION 'the certificate that was made last of % is not the last one kept', asked
      USING ERRCODE = 'TZ001', HINT = 'find out who wrote to the state tables, then run tzero certify';
  END IF;
  IF pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(kept.statement, 'UTF8')), 'hex')
     IS DISTINCT FROM kept.certificate_id THEN
    RAISE EXCEPTION 'the last certificate of % was changed after it was made', asked
      USING ERRCODE = 'TZ001', HINT = 'find out who wrote to the state tables, then run tzero certify';
  END IF;
  told := kept.statement::pg_catalog.jsonb -> 'predicate';
  IF told ->> 'relation' IS DISTINCT FROM asked OR told ->> 'verdict' IS DISTINCT FROM kept.verdict
     OR (told ->> 'run_id')::bigint IS DISTINCT FROM kept.run_id
     OR (told ->> 'certified_at')::timestamptz IS DISTINCT FROM kept.certified_at THEN
    RAISE EXCEPTION 'the last certificate of % was changed after it was made', asked
      USING ERRCODE = 'TZ001', HINT = 'find out who wrote to the state tables, then run tzero certify';
  END IF;

  IF kept.verdict <> 'CERTIFIED' THEN
    reason := 'its last certificate refuses it';
  ELSIF kept.certified_at > pg_catalog.now() THEN
    reason := 'its certificate is of a time that is yet to come';
  ELSIF max_age IS NOT NULL AND pg_catalog.now() - kept.certified_at > max_age THEN
    reason := pg_catalog.format('its certificate is older than %s', max_age);
  END IF;

  IF reason IS NULL THEN
    SELECT r.run_id, r.command INTO later FROM {runs} AS r
    WHERE r.run_id > kept.run_id AND r.command <> 'certify' ORDER BY r.run_id LIMIT 1;
    IF later.run_id IS NOT NULL THEN
      reason := pg_catalog.format('tzero %s (run %s) came after its certificate', later.command, later.run_id);
    END IF;
  END IF;

  IF reason IS NULL THEN
    FOR part IN SELECT s ->> 'name' AS name, s -> 'digest' ->> 'sha256' AS sha256
                FROM pg_catalog.jsonb_array_elements(kept.statement::pg_catalog.jsonb -> 'subject') AS s LOOP
      IF part.name LIKE 'definition:%' THEN
        wanted := pg_catalog.substr(part.name, 12);
        found := pg_catalog.pg_get_viewdef(pg_catalog.to_regclass(wanted)::oid);
        IF found IS NULL OR pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(found, 'UTF8')), 'hex')
           <> part.sha256 THEN
          reason := pg_catalog.format('%s was redefined after its certificate', wanted);
          EXIT;
        END IF;
      ELSIF part.name LIKE 'contract:%' THEN
        wanted := pg_catalog.substr(part.name, 10);
        IF NOT EXISTS (SELECT FROM {sets} AS f
                       WHERE f.name = wanted AND f.features_hash = part.sha256 AND f.relation = asked) THEN
          reason := pg_catalog.format('the contract %s is not the one that was certified', wanted);
          EXIT;
        END IF;
        IF EXISTS (
          SELECT FROM (
            SELECT c.ordinal, c.feature_name::text AS name
            FROM {contracts} AS c JOIN {sets} AS f ON f.set_id = c.set_id WHERE f.name = wanted
          ) AS promised FULL JOIN (
            SELECT pg_catalog.row_number() OVER (ORDER BY a.attnum) AS ordinal, a.attname::text AS name
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = pg_catalog.to_regclass(asked)::oid AND a.attnum > 0 AND NOT a.attisdropped
          ) AS live ON live.ordinal = promised.ordinal
          WHERE live.name IS DISTINCT FROM promised.name
        ) THEN
          reason := pg_catalog.format('its columns differ from the contract %s', wanted);
          EXIT;
        END IF;
      END IF;
    END LOOP;
  END IF;

  IF reason IS NULL THEN
    sure := told -> 'standing_marked' IS NOT DISTINCT FROM 'true'::pg_catalog.jsonb;
    FOR part IN SELECT m.key AS name, m.value AS mark FROM pg_catalog.jsonb_each_text(told -> 'marks') AS m
                WHERE m.value IS NOT NULL LOOP
      SELECT {catalog} INTO found FROM pg_catalog.pg_class AS c
      WHERE c.oid = pg_catalog.to_regclass(part.name)::oid AND c.relkind = 'm';
      IF found IS NULL OR found <> pg_catalog.split_part(part.mark, '{between}', 2) THEN
        EXECUTE pg_catalog.format('SELECT {rows} FROM %s', pg_catalog.to_regclass(part.name)::text) INTO found;
        IF found IS DISTINCT FROM pg_catalog.split_part(part.mark, '{between}', 1) THEN
          reason := pg_catalog.format('rows of %s were written after its certificate', part.name);
          EXIT;
        END IF;
      END IF;
      sure := sure AND NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                                   WHERE c.oid = pg_catalog.to_regclass(part.name)::oid AND c.relrowsecurity);
    END LOOP;
    IF reason IS NOT NULL OR NOT sure THEN
      EXECUTE pg_catalog.format(
        'SELECT pg_catalog.count(%1$I)::text || '' '' || coalesce(pg_catalog.max(%1$I)::text, ''None'') FROM %2$s',
        told -> 'anchors' ->> 'time', pg_catalog.to_regclass(told -> 'anchors' ->> 'relation')::text) INTO found;
      wanted := pg_catalog.concat(told -> 'standing' ->> 'rows', ' ', told -> 'standing' ->> 'newest');
      IF found IS DISTINCT FROM wanted THEN
        reason := 'rows came or went after its certificate';
      END IF;
    END IF;
  END IF;

  IF reason IS NOT NULL THEN
    RAISE EXCEPTION '% is not certified now: %', asked, reason USING ERRCODE = 'TZ001', HINT = 'run tzero certify';
  END IF;
  RETURN TRUE;
END
$guard$"""


_SOURCE = """
SELECT p.prosrc FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ? AND p.proname = ?"""


def guard_function(schema: str) -> Statement:
    """Create the function in the schema of the state tables; it runs with the rights of whoever creates it."""
    names = {
        "function": FUNCTION,
        "certificates": "t0_certificate",
        "runs": "t0_run",
        "sets": "feature_set",
        "contracts": "feature_contract",
    }
    text = _FUNCTION_SQL.replace("{catalog}", CATALOG).replace("{between}", BETWEEN)
    text = text.replace("{rows}", ROWS.replace("'", "''"))
    for key, name in names.items():
        text = text.replace("{" + key + "}", written(RelationName(schema, name)))
    return Statement(text)


def is_guarding(rows: Callable[[str, list[str]], list[tuple[Any, ...]]], schema: str) -> bool:
    """Whether the function is there, as this tzero would make it."""
    found = rows(_SOURCE, [schema, FUNCTION])
    return bool(found) and guard_function(schema).sql.split("$guard$")[1] == found[0][0]


def guarded_name(relation: RelationName) -> RelationName:
    """The name of the guarded view of a relation."""
    return RelationName(relation.schema, f"{relation.name}{_SUFFIX}")


def guarded_query(relation: RelationName, schema: str) -> str:
    """A query with the relation's own columns that gives no row, but an error, while the relation is not certified."""
    asked = f"{written(RelationName(schema, FUNCTION))}({text_literal(str(relation))})"
    return f"SELECT f.* FROM {written(relation)} AS f WHERE (SELECT {asked})"
