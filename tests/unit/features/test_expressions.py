"""Expressions, vocabularies and one-hot columns, and the portable subset that they stay in."""

from __future__ import annotations

import duckdb
import pytest
from tests.unit.features.refusals import Refusal, check, named

from tzero.errors import DeclarationError, ExpressionError
from tzero.features.expressions import Expression, column, columns, expr, one_hot, vocabulary
from tzero.sql.portable import ColumnRef, columns_of, parse_expression

ACCEPTED = (
    "a", '"A b"', "t.a", "a + 1", "-a", "a * 2 / 3", "a % 2", "a || 'x'", "coalesce(a, 0)", "nullif(a, '')",
    "case when a > 1 then 'x' else 'y' end", "case a when 1 then 2 end", "a in (1, 2)", "a between 1 and 2",
    "a like '%pro%'", "not a and b or c", "a is null", "a is not null", "a is true", "a is distinct from b",
    "'2024-01-31'::date", "'2024-01-31 09:30:00.5'::timestamp", "a::int", "cast(a as bigint)", "a::double precision",
    "a::text", "a::decimal(10, 2)", "a::date", "a::timestamp", "lower(a)", "upper(a)", "trim(a)", "length(a)",
    "substring(a, 1, 2)", "regexp_replace(a, 'x', 'y', 'g')", "abs(a)", "floor(a)", "ceil(a)", "ln(a)", "exp(a)",
    "sqrt(a)", "greatest(a, b)", "least(a, b)", "extract(hour from a)", "a at time zone 'UTC'",
    "seconds_between(a, b)", "(a = b)::int",
)  # fmt: skip

NOT_PORTABLE = {
    "now()": "CURRENT_TIMESTAMP", "current_timestamp": "CURRENT_TIMESTAMP", "current_date": "CURRENT_DATE",
    "localtimestamp": "LOCALTIMESTAMP", "random()": "'RAND", "count(*)": "'COUNT", "sum(a)": "'SUM",
    "row_number() over ()": "'ROW_NUMBER", "(select 1)": "'subquery'", "exists (select 1)": "EXISTS",
    "a::timestamptz": "a cast to TIMESTAMPTZ", "a::json": "a cast to JSON", "a::time": "a cast to TIME",
    "pg_sleep(1)": "'pg_sleep'", "my_function(a)": "'my_function'", "a ~ 'x'": "a ~ 'x'", "array[1]": "'ARRAY[1]'",
    "a[1]": "'a[1]'", "date_trunc('day', a)": "DATE_TRUNC", "a at time zone b": "a time zone that is not a literal",
    "extract(epoch from a)": "extract(EPOCH)", "regexp_replace(a, 'x', 'y')": "regexp_replace without the 'g' flag",
    r"a like '\_'": "a LIKE pattern with a backslash", "a ilike 'x'": "ILIKE", "interval '1 day'": "INTERVAL",
    "'now'::date": "the time 'now'", "cast('today' as timestamp)": "the time 'today'",
    "seconds_between(a)": "seconds_between takes two times", "$1": "$1", ":x": ":x", "*": "'*'",
}  # fmt: skip
UNREADABLE = (
    "",
    "a +",
    "a b c",
    "a, b",
    "a from t",
    "a where b",
    "1; select 2",
    "drop table t",
    "a limit 1",
    "a)",
    "'",
)


@pytest.mark.parametrize("sql", ACCEPTED)
def test_portable(sql: str) -> None:
    found = expr(sql)
    assert found.sql == sql
    assert {ref.name for ref in found.columns} <= {"a", "b", "c", "A b"}


@pytest.mark.parametrize(("sql", "part"), NOT_PORTABLE.items(), ids=NOT_PORTABLE)
def test_not_portable(sql: str, part: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        expr(sql)
    assert part in caught.value.what
    assert caught.value.place is not None
    assert caught.value.place.file == __file__


@pytest.mark.parametrize("sql", UNREADABLE)
def test_unreadable(sql: str) -> None:
    with pytest.raises(ExpressionError, match=r"cannot read|is not one scalar expression") as caught:
        expr(sql)
    assert caught.value.place is not None
    assert caught.value.place.file == __file__


def test_what_is_not_portable_comes_with_what_is() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_expression("now()")
    assert caught.value.fix is not None
    assert "coalesce" in caught.value.fix
    assert "seconds_between" in caught.value.fix


def test_an_alias_is_refused() -> None:
    check(Refusal(lambda: expr("a as b"), ExpressionError, "names its result with AS", "as the keyword"))


def test_columns_of_an_expression_are_folded_unless_quoted() -> None:
    assert list(columns_of(parse_expression('A + t.B + "C" + a'))) == [
        ColumnRef("a"), ColumnRef("b", "t"), ColumnRef("C"), ColumnRef("a"),
    ]  # fmt: skip
    assert str(ColumnRef("b", "t")) == "t.b"


def test_columns_are_references_as_they_are_spelled() -> None:
    assert column("t.My Col").columns == (ColumnRef("My Col", "t"),)
    assert [(feature.name, feature.value.columns) for feature in columns("a", "b")] == [
        ("a", (ColumnRef("a"),)), ("b", (ColumnRef("b"),)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(lambda: vocabulary("c", ["a", "b", "a"]), DeclarationError, "lists 'a' twice", "list every value once"),
        Refusal(lambda: vocabulary("c", ["a", "_OTHER"]), DeclarationError, "lists '_OTHER' twice"),
        Refusal(lambda: vocabulary("c", ["a"], missing="x", other="x"), DeclarationError, "lists 'x' twice"),
        Refusal(lambda: vocabulary("c", []), DeclarationError, "needs at least one text value"),
        Refusal(lambda: vocabulary("c", [1, 2]), DeclarationError, "needs at least one text value"),  # type: ignore[list-item]
        Refusal(lambda: vocabulary("c", "ab"), DeclarationError, "is one text, not a list", "write ['ab']"),
        Refusal(lambda: one_hot("g", [1, 1], prefix="g_"), DeclarationError, "lists a value twice"),
        Refusal(
            lambda: one_hot("g", ["Pro Max"], prefix="g_"), DeclarationError, "feature name 'g_Pro Max' is not usable"
        ),
        Refusal(lambda: column("a").named("A"), DeclarationError, "feature name 'A' is not usable", "1 to 63"),
        Refusal(lambda: columns("a", "B"), DeclarationError, "feature name 'B' is not usable"),
    ],
    ids=named,
)
def test_refused_vocabularies_and_features(refusal: Refusal) -> None:
    check(refusal)


def values(expression: Expression, texts: tuple[object, ...]) -> list[object]:
    query = f"SELECT {expression.tree.sql('duckdb')} FROM (SELECT unnest(?) AS c)"
    with duckdb.connect() as connection:
        return [row[0] for row in connection.execute(query, [list(texts)]).fetchall()]


def test_a_vocabulary_folds_every_value_into_its_domain() -> None:
    texts = ("a", "it's", "", None, "z", "_MISSING", "_OTHER")
    closed = vocabulary("c", ["a", "it's"])
    assert values(closed, texts) == ["a", "it's", "_MISSING", "_MISSING", "_OTHER", "_MISSING", "_OTHER"]
    assert closed.domain == ("a", "it's", "_MISSING", "_OTHER")
    keeps_null = vocabulary("c", ["a", ""], missing=None)
    assert values(keeps_null, texts) == ["a", "_OTHER", "", None, "_OTHER", "_OTHER", "_OTHER"]
    assert keeps_null.domain == ("a", "", "_OTHER")


def test_one_hot_is_one_where_it_is_and_other_where_nothing_is() -> None:
    features = one_hot("c", {"a": "first", "b": "second"}, prefix="is_", other="other")
    found = {feature.name: values(feature.value, ("a", "b", "z", None)) for feature in features}
    assert found == {"is_first": [1, 0, 0, None], "is_second": [0, 1, 0, None], "is_other": [0, 0, 1, 1]}
    assert [feature.name for feature in one_hot("g", [13, 14], prefix="g_")] == ["g_13", "g_14"]
