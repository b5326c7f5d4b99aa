"""What functions depend on besides their arguments: data, by class, per dialect. What is not listed is unknown.

``PURE`` answers the same for the same arguments, always. ``CLOCK`` reads the time of the query, ``VOLATILE`` anything
else that changes, ``SESSION`` a setting of the session. A pure function of an instant that shows its wall reading
(its text, its day, its hour) depends on the session's zone as well; ``ZONELESS`` ones never show it.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CLOCK_NODES = """
CurrentTimestamp CurrentDate CurrentTime CurrentDatetime CurrentTimestampLTZ Localtime Localtimestamp UtcDate UtcTime
UtcTimestamp Systimestamp CurrentTimezone
"""
CLOCK_NAMES = _words("""
now clock_timestamp statement_timestamp transaction_timestamp timeofday current_timestamp current_date current_time
localtime localtimestamp today get_current_timestamp get_current_time get_current_date unix_timestamp curdate getdate
current_localtime current_localtimestamp txid_current pg_postmaster_start_time pg_conf_load_time
""")
VOLATILE_NAMES = _words("""
random rand randn gen_random_uuid uuid uuidv4 uuidv7 uuid_generate_v4 uuid_generate_v1 nextval currval lastval setseed
pg_backend_pid txid_current_snapshot monotonically_increasing_id spark_partition_id input_file_name shuffle
pg_relation_size pg_total_relation_size pg_stat_get_live_tuples currval gen_random_bytes
""")
SESSION_NAMES = _words("""
current_setting current_user session_user user current_schema current_schemas current_database current_catalog
inet_client_addr pg_my_temp_schema has_table_privilege version getvariable current_query current_role
""")
_VOLATILE_NODES = """
Rand Randn Uuid NextValueFor Randstr RandomBytes GapFill MonotonicallyIncreasingId Shuffle Uniform Normal Zipf
SparkPartitionId
"""
_SESSION_NODES = """
CurrentUser SessionUser CurrentSchema CurrentDatabase CurrentCatalog SessionParameter CurrentRole CurrentVersion
CurrentSchemas CurrentWarehouse CurrentAccount CurrentClient CurrentIpAddress CurrentSession CurrentStatement
CurrentTransaction
"""
CLOCK_NODES = _words(_CLOCK_NODES)
VOLATILE_NODES = _words(_VOLATILE_NODES)
SESSION_NODES = _words(_SESSION_NODES)

# Text functions of text: NULL when an argument is.
_TEXT = """
Lower Upper Trim Left Right Substring Replace RegexpReplace RegexpExtract SplitPart Reverse Repeat Pad Initcap
Chr MD5 SHA SHA2 Hex Unhex ToBase64 FromBase64 Translate Overlay Stuff DPipe SafeConcat StrToMap Soundex Ascii Unicode
RegexpSubstr SubstringIndex Insert Space SHA2Digest Normalize Dayname Monthname
"""
_INTEGER = """
Length StrPosition Sign BitwiseAnd BitwiseOr BitwiseXor BitwiseNot BitwiseLeftShift BitwiseRightShift
ArraySize ArrayLength Levenshtein CountIf RegexpCount RegexpInstr BitLength ByteLength IntDiv CRC32 ArrayPosition
DayOfWeek DayOfWeekIso WidthBucket Factorial
"""
_FLOAT = """
Ln Log Exp Sqrt Pow Cbrt Sin Cos Tan Asin Acos Atan Atan2 Degrees Radians Sinh Cosh Tanh Cot Pi JarowinklerSimilarity
Asinh Acosh Atanh
"""
_BOOLEAN = """
Like ILike SimilarTo RegexpLike RegexpILike RegexpFullMatch StartsWith EndsWith Contains Glob ArrayContains
ArrayContainsAll ArrayOverlaps IsNan IsInf LikeAny LikeAll ILikeAny ILikeAll JSONBContains
JSONBContainsTopKey JSONBContainsAllTopKeys JSONBContainsAnyTopKeys JSONBPathExists
"""
_AS_FIRST = "Abs Ceil Floor Round Trunc Neg"
# Text that may be NULL though no argument is.
_FOUND_TEXT = "JSONExtractScalar JSONBExtractScalar ArrayToString Typeof"
_OTHER = """
Array Struct Map JSONObject JSONArray JSONExtract JSONBExtract ParseJSON
ArrayConcat ArraySlice ArrayDistinct StringToArray Split SortArray Flatten Bracket Dot Tuple ToArray
ArraySort ArrayAppend ArrayPrepend ArrayRemove ArrayCompact ArrayMin ArrayMax ArrayReverse RowToJson ToJson
ConcatWs Concat StructExtract Xor Mod Div Nvl2 Decode ToNumber TryCast Width Encode Format JSONFormat Slice
JSONKeys JSONType RegexpSplit StrToDate JustifyInterval JustifyDays JustifyHours TimestampFromParts DateFromParts
LastDay Overlaps
"""


def _pure() -> dict[str, str]:
    kinds = ((_TEXT, "text"), (_INTEGER, "int"), (_FLOAT, "float"), (_BOOLEAN, "bool"), (_AS_FIRST, "first"))
    found = {name: kind for names, kind in kinds for name in names.split()}
    return found | dict.fromkeys(_FOUND_TEXT.split(), "text") | dict.fromkeys(_OTHER.split(), "unknown")


# Node class of a pure function -> the type of its value (``first``: that of its first argument).
PURE_NODES: dict[str, str] = _pure()
# Node classes of functions that answer NULL when an argument is NULL.
STRICT_NODES = frozenset((_TEXT + _INTEGER + _FLOAT + _BOOLEAN + _AS_FIRST).split())

# They only pass an instant on, and never show its wall reading.
ZONELESS = _words("Array Struct Tuple Map ArrayConcat ArrayDistinct ArraySort Bracket Dot row list_value")

# What they make of instants has instants in it.
KEEPS_TOGETHER = ZONELESS - {"Bracket", "Dot"}
# They look at the elements of an array, and show none of them as text.
OF_ARRAYS = _words("""
    Length ArraySize ArrayLength ArrayContains ArrayContainsAll ArrayOverlaps ArrayPosition ArraySlice Slice ArrayMax
    ArrayMin ArrayReverse ArrayAppend ArrayPrepend ArrayRemove ArrayCompact Flatten SortArray array_length cardinality
    array_remove array_cat array_position list_concat list_sort list_extract list_position
""")

# Their arguments, or the elements of these, become one type.
OF_ONE_TYPE = (ZONELESS | OF_ARRAYS) - _words("Struct Tuple row Bracket Dot")

# Pure functions that sqlglot does not know by name -> the type of their value.
_NAMED = {
    "text": """
        btrim ltrim rtrim regexp_replace quote_literal quote_ident translate to_hex strip_accents bar jsonb_pretty
        casefold url_encode url_decode parse_filename printf nfc_normalize base64 to_base64
        jsonb_typeof json_typeof
    """,
    "unknown": """
        jsonb_build_object json_build_object jsonb_build_array json_build_array to_jsonb to_json row_to_json row
        jsonb_path_query_array jsonb_path_query_first
        array_remove array_cat list_concat list_sort struct_pack jsonb_set jsonb_insert jsonb_strip_nulls
        json_strip_nulls regexp_match regexp_split_to_array trim_array array_fill list_reverse list_zip make_date
        list_value list_extract map_from_entries array_position
    """,
    "int": """
        width_bucket char_length octet_length strpos array_length cardinality hash hashtext mod div len
        jsonb_array_length json_array_length list_position gcd lcm factorial int4 int8 int2
        num_nulls num_nonnulls bit_count scale min_scale ord list_unique damerau_levenshtein
    """,
    "float": """
        power exp ln log10 log2 float8 gamma lgamma similarity word_similarity jaccard sind cosd tand even nextafter
        list_cosine_similarity array_cosine_similarity list_distance array_distance
    """,
    "bool": "starts_with ends_with contains prefix suffix isfinite signbit",
    "decimal": "numeric trim_scale",
}
# Calls that make rows of their arguments, perhaps none: a row of a SELECT that lists one is there as often.
ROWS_OF_ARGUMENTS = _words("""
jsonb_array_elements jsonb_array_elements_text json_array_elements json_array_elements_text jsonb_object_keys
json_object_keys jsonb_path_query regexp_split_to_table regexp_matches string_to_table generate_subscripts
""")
PURE_NAMES: dict[str, str] = {name: type_ for type_, names in _NAMED.items() for name in names.split()}

# Aggregates that only see rows on which their argument is not NULL.
_SKIPS_NULLS = """
Sum Min Max Avg Count CountIf Stddev StddevPop StddevSamp Variance VariancePop LogicalOr LogicalAnd ApproxDistinct
Median PercentileCont PercentileDisc Quantile ApproxQuantile Mode Corr CovarPop CovarSamp BitwiseAndAgg BitwiseOrAgg
BitwiseXorAgg Kurtosis Skewness ArgMax ArgMin AnyValue GroupConcat
"""
SKIPS_NULLS = _words(_SKIPS_NULLS)
KEEPS_NULLS = _words("ArrayAgg ArrayUniqueAgg JSONArrayAgg JSONObjectAgg JSONBObjectAgg First Last")
AGGREGATES = SKIPS_NULLS | KEEPS_NULLS

# They make text of what they gather.
AS_TEXT = _words("GroupConcat JSONArrayAgg JSONObjectAgg JSONBObjectAgg")
SHOWN = "an instant shown in the session's time zone"

# Their value changes with the order of the rows, unless they are given one.
ORDER_SENSITIVE = _words(
    "ArrayAgg GroupConcat JSONArrayAgg JSONObjectAgg JSONBObjectAgg First Last AnyValue ArrayUniqueAgg"
)
# Ties in the ordering argument are broken by physical order.
TIE_SENSITIVE = _words("ArgMax ArgMin")
# Exact on numbers that are; on doubles the result depends on the order of additions.
FLOAT_SENSITIVE = _words(
    "Sum Avg Stddev StddevPop StddevSamp Variance VariancePop Corr CovarPop CovarSamp Kurtosis Skewness"
)
APPROXIMATE = _words("ApproxDistinct ApproxQuantile")
# The value of an aggregate, where it is not that of its argument.
AGGREGATE_TYPES = {
    "Count": "int", "CountIf": "int", "ApproxDistinct": "int", "LogicalOr": "bool", "LogicalAnd": "bool",
    "GroupConcat": "text", "ArrayAgg": "array", "Stddev": "float", "StddevPop": "float", "StddevSamp": "float",
    "Variance": "float", "VariancePop": "float", "PercentileCont": "float", "Median": "float", "Corr": "float",
}  # fmt: skip
# Aggregates that the parser does not know by name -> the node class that they behave as.
AGGREGATE_NAMES = {
    "jsonb_agg": "JSONArrayAgg",
    "json_agg": "JSONArrayAgg",
    "jsonb_object_agg": "JSONBObjectAgg",
    "every": "LogicalAnd",
    "bool_and": "LogicalAnd",
    "bool_or": "LogicalOr",
    "list": "ArrayAgg",
    "array_agg": "ArrayAgg",
    "string_agg": "GroupConcat",
    "max_by": "ArgMax",
    "min_by": "ArgMin",
    "arg_max": "ArgMax",
    "arg_min": "ArgMin",
    "fsum": "Sum",
    "median": "Median",
    "mode": "Mode",
    "count_star": "Count",
    "collect_list": "CollectList",
    "collect_set": "CollectSet",
}

# What is understood, each on its own.
_OF_TIMES = _words("""
date_part datepart timezone age epoch_us epoch_ms epoch_ns to_microseconds to_milliseconds to_seconds to_minutes
to_hours to_days to_weeks to_months to_quarters to_years tsrange tstzrange daterange make_interval
""")
# Every function that only its name tells, and that gives one value.
SCALAR_NAMES = (
    CLOCK_NAMES | VOLATILE_NAMES | SESSION_NAMES | _OF_TIMES | PURE_NAMES.keys() | AGGREGATE_NAMES.keys()
)  # fmt: skip

# Window functions by what they look at: rows before in strict order, rows before in some total order, all rows.
RANKS = frozenset({"Rank", "DenseRank"})
NUMBERS = frozenset({"RowNumber"})
WHOLE_PARTITION = frozenset({"Ntile", "PercentRank", "CumeDist"})
OFFSETS = frozenset({"Lag", "Lead"})
FRAME_VALUES = frozenset({"FirstValue", "LastValue", "NthValue"})
WINDOW_FUNCTIONS = RANKS | NUMBERS | WHOLE_PARTITION | OFFSETS | FRAME_VALUES
