"""What a call depends on beside its arguments: a table of reviewed functions, closed to everything that is not in it.

A catalog's volatility is a promise to the optimizer. It is too weak here (an aggregate over floats is immutable, and
yet gives other bits in another order) and too strong (a truncation in a named zone is only "stable"). So functions
that the catalog does not call immutable must be in the table, or they are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from tzero.engines.call import Call, Volatility

_FLOATS = frozenset({"double precision", "real", "double", "float"})
_INSTANT = "timestamp with time zone"


class Dependence(StrEnum):
    """What else than its arguments decides what a call gives."""

    NOTHING = "nothing"
    CLOCK = "clock"
    SESSION = "session"
    CHANCE = "chance"
    ORDER = "order"
    OPAQUE = "opaque"
    UNREVIEWED = "unreviewed"


@dataclass(frozen=True, slots=True)
class Review:
    """What a call depends on, why, and what to write instead."""

    dependence: Dependence
    reason: str = ""
    fix: str = ""


_ZONE = "write AT TIME ZONE 'the zone that you mean' first"
_CLOCK = Review(Dependence.CLOCK, "reads the clock", "compare with the row's own T0 instead")
_WORDS = Review(
    Dependence.CLOCK,
    "reads text as a time, and with it words such as now and today, and the session's DateStyle",
    "store times as times, or build them from numbers: make_date, make_timestamp",
)
_IN_SESSION = Review(Dependence.SESSION, "is decided by the session's time zone", _ZONE)
_SETTING = Review(Dependence.SESSION, "reads the session", "leave it out of features")
_STYLE = Review(
    Dependence.SESSION, "writes as the session's settings say", "keep the value itself, or format it where it is shown"
)
_CHANCE = Review(Dependence.CHANCE, "gives another answer every time", "use a hash of the key")
_ARRIVAL = Review(Dependence.ORDER, "shows where a row lies on the disk", "use a key of the relation")
_UNORDERED = Review(Dependence.ORDER, "takes rows in the order in which they come", "add ORDER BY over a key")
_FLOAT_SUM = Review(
    Dependence.ORDER,
    "adds floating-point numbers in the order in which they come, and the last bits depend on it",
    "add integers or decimals, and divide once",
)
_PURE = Review(Dependence.NOTHING)

_POSTGRES: dict[str, Review] = {
    **dict.fromkeys(
        (
            "now", "transaction_timestamp", "statement_timestamp", "clock_timestamp", "timeofday", "current_date",
            "current_time", "current_timestamp", "localtime", "localtimestamp", "pg_postmaster_start_time",
            "pg_conf_load_time",
        ), _CLOCK,
    ),
    **dict.fromkeys(("date_in", "timestamp_in", "timestamptz_in", "time_in", "timetz_in"), _WORDS),
    **dict.fromkeys(
        (
            "random", "random_normal", "setseed", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "tablesample",
            "lastval", "currval",
        ), _CHANCE,
    ),
    "system column": _ARRIVAL,
    **dict.fromkeys(
        (
            "current_setting", "current_user", "current_role", "session_user", "user", "current_catalog",
            "current_schema", "current_schemas", "current_database", "current_query", "pg_backend_pid",
            "inet_client_addr", "inet_client_port", "inet_server_addr", "txid_current", "pg_current_xact_id",
            "pg_trigger_depth", "regclassin", "regclassout", "regprocin", "regtypein", "to_regclass",
        ), _SETTING,
    ),
    **dict.fromkeys(
        (
            "timestamptz_pl_interval", "timestamptz_mi_interval", "interval_pl_timestamptz", "in_range", "date",
            "timestamp", "timestamptz", "time", "timetz", "date_trunc", "date_part", "extract", "make_timestamptz",
            "date_lt_timestamptz", "date_le_timestamptz", "date_gt_timestamptz", "date_ge_timestamptz",
            "date_eq_timestamptz", "date_ne_timestamptz", "timestamptz_lt_date", "timestamptz_le_date",
            "timestamptz_gt_date", "timestamptz_ge_date", "timestamptz_eq_date", "timestamptz_ne_date",
            "timestamp_lt_timestamptz", "timestamp_le_timestamptz", "timestamp_gt_timestamptz",
            "timestamp_ge_timestamptz", "timestamp_eq_timestamptz", "timestamp_ne_timestamptz",
            "timestamptz_lt_timestamp", "timestamptz_le_timestamp", "timestamptz_gt_timestamp",
            "timestamptz_ge_timestamp", "timestamptz_eq_timestamp", "timestamptz_ne_timestamp", "generate_series",
            "datetime_timestamptz", "to_timestamp", "to_date",
        ), _IN_SESSION,
    ),
    **dict.fromkeys(
        (
            "date_out", "timestamp_out", "timestamptz_out", "interval_out", "interval_in", "cash_out", "cash_in",
            "to_char", "to_number", "to_json", "to_jsonb", "json_agg", "jsonb_agg", "json_object_agg",
            "jsonb_object_agg", "json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array",
            "row_to_json", "array_to_json", "concat", "concat_ws", "format", "array_to_string", "record_out",
            "to_tsvector", "to_tsquery", "plainto_tsquery",
        ), _STYLE,
    ),
    **dict.fromkeys(("enum_in", "enum_out", "pg_get_viewdef"), _PURE),
}  # fmt: skip
_DUCKDB: dict[str, Review] = {
    **dict.fromkeys(
        (
            "now", "current_date", "today", "get_current_time", "get_current_timestamp", "transaction_timestamp",
            "current_localtime", "current_localtimestamp",
        ), _CLOCK,
    ),
    **dict.fromkeys(
        ("random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval", "sample"), _CHANCE
    ),
    **dict.fromkeys(
        (
            "current_setting", "current_database", "current_schema", "current_schemas", "current_user", "current_query",
            "current_query_id", "current_connection_id", "current_transaction_id", "txid_current", "getvariable",
            "getenv", "in_search_path", "version",
        ), _SETTING,
    ),
}  # fmt: skip
_REVIEWED = MappingProxyType({"postgres": _POSTGRES, "duckdb": _DUCKDB})

_NO_ZONE_NEEDED = frozenset({
    "timezone", "epoch", "epoch_ms", "epoch_us", "epoch_ns", "min", "max", "count", "count_star", "coalesce", "first",
    "last", "any_value", "arbitrary", "hash", "approx_count_distinct", "list_value", "list", "array_agg", "arg_min",
    "arg_max", "to_timestamp", "least", "greatest", "lag", "lead", "first_value", "last_value", "nth_value",
    "isfinite", "isinf", "struct_pack", "row", "nullif", "list_contains", "contains", "case",
})  # fmt: skip
"""DuckDB's functions that take an instant as the instant that it is."""
_COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "<>", "!=", "between", "in", "not", "and", "or", "is null"})
_FLOAT_SUMS = ("sum", "avg", "mean", "fsum", "kahan_sum", "sumkahan", "favg", "stddev", "var", "regr_", "covar", "corr")
_COLLECTED = frozenset({
    "array_agg", "string_agg", "listagg", "group_concat", "list", "json_agg", "jsonb_agg", "json_object_agg",
    "jsonb_object_agg", "xmlagg", "first", "last", "any_value", "arbitrary", "arg_min", "arg_max", "min_by", "max_by",
    "mode", "histogram", "map", "range_agg",
})  # fmt: skip
_NEEDS_NO_ORDER = {"postgres": frozenset({"mode", "range_agg"}), "duckdb": frozenset({"histogram"})}


def review(call: Call, dialect: str) -> Review:
    """What a call depends on. What the table does not know is refused, unless the catalog calls it immutable.

    >>> review(Call("now", (), Volatility.STABLE), "postgres").dependence.value
    'clock'
    >>> review(Call("sum", ("double precision",), Volatility.IMMUTABLE, "aggregate"), "postgres").dependence.value
    'order'
    >>> review(Call("upper", ("text",), Volatility.IMMUTABLE), "postgres").dependence.value
    'nothing'
    """
    if call.opaque:
        return Review(
            Dependence.OPAQUE,
            "has a body that cannot be read",
            "write it as an SQL function with a parsed body (BEGIN ATOMIC), or review it and list it",
        )
    if call.kind in ("aggregate", "window"):
        found = _of_aggregate(call, dialect)
        if found is not None:
            return found
    if dialect == "duckdb" and (zoned := _of_duckdb_instant(call)) is not None:
        return zoned
    return _of_name(call, dialect)


def _of_aggregate(call: Call, dialect: str) -> Review | None:
    if call.function in _COLLECTED - _NEEDS_NO_ORDER[dialect] and not call.ordered:
        return _UNORDERED
    if call.function.startswith(_FLOAT_SUMS) and _FLOATS & set(call.arguments):
        return _FLOAT_SUM
    return None


def _of_duckdb_instant(call: Call) -> Review | None:
    """Casts between instants and local times, and functions that take an instant apart."""
    if _INSTANT not in call.arguments:
        return None
    if call.kind == "cast":
        same = call.arguments[0] == call.arguments[-1] or "null" in call.arguments
        return _PURE if same else _IN_SESSION
    known = _NO_ZONE_NEEDED | _COMPARISONS
    return _PURE if call.function in known or _is_epoch(call) or _is_exact(call) else _IN_SESSION


def _of_name(call: Call, dialect: str) -> Review:
    known = _REVIEWED[dialect].get(call.function)
    if call.volatility is Volatility.IMMUTABLE:
        # DuckDB calls current_localtimestamp consistent: what is known to read a clock does, whatever a catalog says
        return known if known in (_CLOCK, _CHANCE) and known is not None else _PURE
    if _is_epoch(call) or _is_exact(call):
        return _PURE
    if call.function == "date_trunc" and len(call.arguments) == 3:
        return _PURE  # the zone is its third argument
    if call.function == "age":
        return _CLOCK if len(call.arguments) == 1 else _IN_SESSION
    if call.function in ("concat", "concat_ws") and call.arguments and set(call.arguments) <= _PLAIN:
        return _PURE
    return known or Review(
        Dependence.UNREVIEWED,
        f"is {call.volatility.value} to the catalog, and nobody has reviewed what it depends on",
        "leave it out, or review it and list it",
    )


_MOVES = frozenset({
    "+", "-", "timestamptz_pl_interval", "timestamptz_mi_interval", "interval_pl_timestamptz", "in_range",
})  # fmt: skip
_PLAIN = frozenset({"text", "character varying", "character", "integer", "bigint", "smallint", "boolean", "uuid"})


def _is_exact(call: Call) -> bool:
    """Whether a call moves an instant by hours, minutes and seconds, which are the same in every zone."""
    return call.fixed and call.function in _MOVES


def _is_epoch(call: Call) -> bool:
    return call.function in ("date_part", "extract") and (call.constant or "").lower() == "epoch"
