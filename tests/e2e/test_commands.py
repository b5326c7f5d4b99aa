"""The commands, as a user types them."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import polars
import pyarrow as pa
import pytest
from tests.e2e.conftest import CONFIG, FEATURES, START, Shop

import tzero
from tzero.errors import StalePlanError


def test_plan_writes_nothing(shop: Shop) -> None:
    before = sorted(path.name for path in shop.root.iterdir())
    found = shop.ok("plan")
    assert "create statistics shop.sale_features_stats: new" in found.out
    assert 'CREATE OR REPLACE TABLE "shop"."sale_features_stats"' in found.out
    assert "locks the database file" in found.out
    assert sorted(path.name for path in shop.root.iterdir()) == before


def test_apply_builds_what_a_person_would_count(shop: Shop) -> None:
    found = shop.ok("apply", "--yes")
    assert "create statistics shop.sale_features_stats: new" in found.err
    assert "is as declared" in found.out
    seen: Counter[str] = Counter()
    today: list[str] = []
    day = START.date()
    for row in shop.features():
        if row["t0"].date() != day:
            seen.update(today)
            day, today = row["t0"].date(), []
        brand = ("ace", "bell", "cube")[row["sale_id"] % 3]
        assert row["brand_n"] == seen[brand]
        today.append(brand)


def test_a_second_apply_has_nothing_to_do(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    again = shop.ok("apply")
    assert "nothing to do" in again.out
    assert shop.ok("plan", "--output", "json").json["steps"] == []
    assert shop.ok("apply", "--output", "json").json["run_id"] is None


def test_apply_asks_and_refuses_where_nobody_answers(shop: Shop) -> None:
    found = shop.run("apply")
    assert found.code == 2
    assert "--yes" in found.err
    assert not (shop.root / "store.duckdb").exists()


def test_refresh_takes_new_rows_in(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    shop.write_sales(800)
    shop.ok("refresh")
    rows = shop.features()
    assert len(rows) == 800
    assert rows[-1]["brand_n"] > 250


def test_refresh_of_a_store_that_is_not_as_declared_is_a_finding(shop: Shop) -> None:
    assert shop.run("refresh").code == 1
    shop.ok("apply", "--yes")
    shop.write("features.py", FEATURES.replace('count("brand")', 'count(("brand", "price"))'))
    found = shop.run("refresh")
    assert found.code == 1
    assert "its definition changed" in found.err
    assert "tzero apply" in found.err


def test_a_changed_declaration_replaces_what_depends_on_it(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    shop.write("features.py", FEATURES.replace("brand_mean=", 'brand_max=before.max("price", by="brand"), brand_mean='))
    steps = [step["title"] for step in shop.ok("plan", "--output", "json").json["steps"]]
    assert any("replace statistics" in title for title in steps)
    assert any("+brand_max" in title for title in steps)
    shop.ok("apply", "--yes")
    assert "brand_max" in shop.features()[0]
    assert shop.ok("contract", "check").code == 0


def test_a_source_column_of_another_type_reaches_the_contract(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    shop.write_sales(price=pa.array(range(400), pa.int64()))
    shop.ok("apply", "--yes")
    contract = shop.ok("contract", "show", "--output", "json").json
    assert {column["name"]: column["dtype"] for column in contract["columns"]}["price"] == "bigint"


def test_a_saved_plan_is_applied_once(shop: Shop) -> None:
    shop.write("plan.json", shop.ok("plan", "--output", "json").out)
    shop.ok("apply", "--yes", "--plan", str(shop.root / "plan.json"))
    stale = shop.run("apply", "--yes", "--plan", str(shop.root / "plan.json"))
    assert stale.code == 4
    assert "the store changed" in stale.err


@pytest.mark.parametrize(("change", "named"), [("features", "the declarations"), ("sales", "the sources' columns")])
def test_a_plan_of_something_else_is_stale(shop: Shop, change: str, named: str) -> None:
    shop.write("plan.json", shop.ok("plan", "--output", "json").out)
    if change == "features":
        shop.write("features.py", FEATURES.replace("brand_n", "brand_count"))
    else:
        shop.write_sales(color=["red"] * 400)
    stale = shop.run("apply", "--yes", "--plan", str(shop.root / "plan.json"))
    assert stale.code == 4
    assert named in stale.err
    assert not (shop.root / "store.duckdb").exists()


def test_a_saved_plan_that_is_none(shop: Shop) -> None:
    shop.write("plan.json", "{}")
    found = shop.run("apply", "--yes", "--plan", str(shop.root / "plan.json"))
    assert found.code == 2
    assert "no saved plan" in found.err


def test_contract_show_and_check(shop: Shop) -> None:
    assert shop.run("contract", "show").code == 1
    shop.ok("apply", "--yes")
    contract = shop.ok("contract", "show", "sale_features", "--output", "json").json
    roles = [(column["name"], column["role"]) for column in contract["columns"]]
    assert roles[:3] == [("sale_id", "key"), ("t0", "t0"), ("price", "feature")]
    assert shop.ok("contract", "check", "--output", "json").json == {"shop.sale_features": []}
    with tzero.open(shop.root) as project, project.session() as engine:
        engine.execute("CREATE OR REPLACE VIEW shop.sale_features AS SELECT 1 AS sale_id, 'x' AS price, 2 AS more")
    broken = shop.run("contract", "check")
    assert broken.code == 1
    assert "brand_n: promised as integer, not there" in broken.out
    assert "more: there as integer, not promised" in broken.out
    assert "price: type double promised, text found" in broken.out


def test_show(shop: Shop) -> None:
    assert "nothing is built yet" in shop.ok("show").err
    shop.ok("apply", "--yes")
    shown = {row["relation"]: row for row in shop.ok("show", "--output", "json").json["relations"]}
    entrypoint = shown["shop.sale_features"]
    assert (entrypoint["rows"], entrypoint["columns"], entrypoint["kind"]) == (400, 5, "view")
    assert (entrypoint["first_day"], entrypoint["days"]) == ("2024-01-01", 84)
    text = shop.ok("show")
    assert "shop.sale_features_stats" in text.out
    assert "last apply" in text.err


def test_load_then_declare_over_the_table(shop: Shop) -> None:
    shop.ok("load", str(shop.root / "sales.parquet"), "raw.sales")
    again = shop.run("load", str(shop.root / "sales.parquet"), "raw.sales")
    assert again.code == 2
    shop.write("features.py", FEATURES.replace("sales.parquet", "raw.sales"))
    shop.ok("apply", "--yes")
    assert len(shop.features()) == 400
    shop.ok("load", str(shop.root / "sales.parquet"), "raw.sales", "--append")
    twice = shop.run("refresh")
    assert twice.code == 1
    assert "the key (sale_id) is not unique: 400 cases" in twice.err
    refused = shop.run("load", str(shop.root / "sales.parquet"), "shop.sale_features_stats", "--append")
    assert "built by tzero" in refused.err


def test_load_csv(shop: Shop) -> None:
    shop.write("a.csv", "day,n\n2024-01-01,5\n2024-01-02,\n")
    assert "loaded 2 rows" in shop.ok("load", str(shop.root / "a.csv"), "raw.days").out


MANY = """from tzero import Entity, Events, FeatureView, columns, expr, vocabulary

brands = Entity("sales.parquet", key="sale_id")
sales = Events("sales.parquet", key="sale_id", time="sold_at").derive(
    shape=vocabulary("brand", ["ace", "bell"]), initial=expr("lower(substring(brand from 1 for 1))"),
    cheap=expr("price < 10"), odd=expr("sale_id % 2 = 1"), label=expr("upper(brand) || '!'"),
)
day, now = sales.before_day(zone="UTC"), sales.before_instant()
view = FeatureView(
    "shop.sale_features", sales, *columns("price", "shape", "initial", "cheap", "label"),
    a=day.count("shape"), b=day.rank("shape", within=("initial", "cheap")), c=day.entropy("shape", within="odd"),
    d=now.share("label", within="initial", alpha=0.5), e=now.mean("price", by=("odd", "cheap")), f=now.count(),
    g=day.std("price", by="label", window="7d"), h=now.time_since_last("initial"), i=day.n_distinct("label"),
)
"""


UPSTREAM = """
[[upstream]]
relation = "shop.clean"
sql = "upstream/clean.sql"

[[upstream]]
relation = "shop.deduplicated"
sql = "upstream/deduplicated.sql"
"""


def with_upstream(shop: Shop, clean: str = "SELECT * FROM shop.deduplicated WHERE price IS NOT NULL") -> None:
    shop.write("tzero.toml", CONFIG + UPSTREAM)
    shop.write("upstream/clean.sql", f"-- only sales with a price\n{clean};\n")
    shop.write("upstream/deduplicated.sql", "SELECT DISTINCT * FROM 'sales.parquet'")
    shop.write("features.py", FEATURES.replace("sales.parquet", "shop.clean"))


def test_upstream_relations_are_planned_built_and_refreshed_in_order(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    with_upstream(shop)
    titles = [step["title"] for step in shop.ok("plan", "--output", "json").json["steps"]]
    built = [title.split(":")[0] for title in titles if title.startswith("create ") and "schema" not in title]
    assert built == [
        "create upstream shop.deduplicated",
        "create upstream shop.clean",
        "create base shop.sale_features_base",
        "create statistics shop.sale_features_stats",
        "create entrypoint shop.sale_features",
    ]
    shop.ok("apply", "--yes")
    assert len(shop.features()) == 400
    shop.write_sales(500, price=pa.array([None, *range(499)], pa.float64()))
    shop.ok("refresh")
    assert len(shop.features()) == 499
    assert shop.ok("plan", "--output", "json").json["steps"] == []


def test_an_upstream_query_that_changes_rebuilds_what_reads_it(shop: Shop) -> None:
    with_upstream(shop)
    shop.ok("apply", "--yes")
    with_upstream(shop, "SELECT * FROM shop.deduplicated WHERE price > 3")
    titles = [step["title"] for step in shop.ok("plan", "--output", "json").json["steps"]]
    assert "replace upstream shop.clean: its definition changed" in titles
    assert "replace statistics shop.sale_features_stats: shop.sale_features_base changes" in titles
    assert not any("shop.deduplicated" in title and "upstream" in title for title in titles)


def test_upstream_relations_in_a_circle(shop: Shop) -> None:
    with_upstream(shop)
    shop.write("upstream/deduplicated.sql", "SELECT * FROM shop.clean")
    found = shop.run("plan")
    assert found.code == 2
    assert "in a circle" in found.err


def test_relations_that_are_not_ours_are_never_replaced(shop: Shop) -> None:
    shop.ok("load", str(shop.root / "sales.parquet"), "shop.sale_features_stats")
    found = shop.run("apply", "--yes")
    assert found.code == 3
    assert "tzero did not create" in found.err
    with tzero.open(shop.root) as project, project.session() as engine:
        assert engine.rows("SELECT count(*) FROM shop.sale_features_stats") == [(400,)]


def test_what_is_no_longer_declared_stays_and_is_named(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    shop.write("features.py", FEATURES.replace("shop.sale_features", "shop.other"))
    assert "note: shop.sale_features (entrypoint) is no longer declared" in shop.ok("plan").out
    shop.ok("apply", "--yes")
    with tzero.open(shop.root) as project, project.session() as engine:
        assert engine.rows("SELECT count(*) FROM shop.sale_features") == [(400,)]


def test_a_relation_that_was_dropped_is_built_again(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    with tzero.open(shop.root) as project, project.session() as engine:
        engine.execute("DROP TABLE shop.sale_features_stats")
    assert "create statistics shop.sale_features_stats: it is gone" in shop.ok("plan").out
    shop.ok("apply", "--yes")
    assert len(shop.features()) == 400


def test_a_folder_that_moved_is_still_right_after_apply(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    with tzero.open(shop.root) as project:
        before = project.contract()
    moved = shop.root / "moved"
    moved.mkdir()
    for name in ("tzero.toml", "features.py", "store.duckdb", "sales.parquet"):
        (shop.root / name).rename(moved / name)
    with tzero.open(moved) as project:
        assert any("elsewhere" in step.title for step in project.plan().steps)
        project.apply()
        assert project.read().num_rows == 400
        assert project.contract() == before


def test_runs_and_definitions_are_kept(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    shop.ok("refresh")
    with tzero.open(shop.root) as project, project.session(read_only=True) as engine:
        runs = engine.rows("SELECT command, status FROM feature_store.t0_run WHERE step = 'run' ORDER BY run_id")
        rows = engine.rows("SELECT n_rows FROM feature_store.t0_run WHERE step = 'refresh statistics'")
        shas = engine.rows("SELECT relation, length(sha256) FROM feature_store.t0_definition ORDER BY relation")
    assert runs == [("apply", "done"), ("refresh", "done")]
    assert rows[0][0] > 0
    assert shas == [(f"shop.sale_features{suffix}", 64) for suffix in ("", "_base", "_stats")]


def test_a_failed_run_is_recorded(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    shop.write_sales(sale_id=pa.array([1] * 400, pa.int64()))
    assert shop.run("refresh").code == 1
    with tzero.open(shop.root) as project, project.session(read_only=True) as engine:
        found = engine.rows(
            "SELECT status, detail FROM feature_store.t0_run WHERE step = 'run' ORDER BY run_id DESC LIMIT 1"
        )
    assert found[0][0] == "failed"
    assert "not unique" in found[0][1]


def test_the_other_state_schema(shop: Shop) -> None:
    shop.write("tzero.toml", 'state_schema = "memory_of_tzero"\n' + CONFIG)
    shop.ok("apply", "--yes")
    with tzero.open(shop.root) as project, project.session(read_only=True) as engine:
        assert engine.rows("SELECT name FROM memory_of_tzero.feature_set") == [("sale_features",)]
    assert shop.ok("plan", "--output", "json").json["steps"] == []


def test_from_a_notebook(shop: Shop) -> None:
    with tzero.open(shop.root, target="duckdb://") as project:
        plan = project.plan()
        assert [step.title for step in plan.steps][-1].startswith("write contract")
        assert project.apply(planned=plan) is not None
        assert project.apply() is None
        with pytest.raises(StalePlanError):
            project.apply(planned=plan)
        some = project.read("sale_features", columns=["sale_id", "brand_n"], where="brand_n > 10 AND price < 5")
        assert some.column_names == ["sale_id", "brand_n"]
        assert polars.from_arrow(some)["brand_n"].min() > 10
        assert some.to_pandas().shape == (some.num_rows, 2)
        assert project.batches(project.views[0]).read_all().num_rows == 400
        with pytest.raises(tzero.DeclarationError, match="no column 'brandn'"):
            project.read(columns=["brandn"])
    assert not (shop.root / "store.duckdb").exists()


def test_batches_of_a_file_stream_and_let_go(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    project = tzero.open(shop.root)
    assert project.batches(where="sale_id < 7").read_all().num_rows == 7
    shop.ok("refresh")


def test_unread_batches_do_not_hold_the_store(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    reader = tzero.open(shop.root).batches()
    del reader
    shop.ok("refresh")


def test_dates_and_zones_in_json(shop: Shop) -> None:
    at = pa.array([dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)] * 400, pa.timestamp("us", "UTC"))
    shop.write_sales(sold_at=at)
    shop.ok("apply", "--yes")
    assert shop.ok("show", "--output=json").json["relations"][0]["first_day"] == "2024-01-01"


def test_init_blank_is_a_project_that_says_what_it_misses(shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    found = shop.ok("init", str(folder), "--output", "json").json
    assert found["files"] == ["features.py", "tzero.toml"]
    plan = shop.run("--project", str(folder), "plan")
    assert plan.code == 3
    assert "there is no file events.parquet" in plan.err
    again = shop.run("init", str(folder))
    assert again.code == 2
    assert "nothing was written" in again.err
    table = {
        "event_id": [1, 2],
        "happened_at": [START, START + dt.timedelta(days=1)],
        "brand": ["a", "a"],
        "price": [1.0, 2.0],
        "color_raw": ["black", "mauve"],
    }
    pa.parquet.write_table(pa.table(table), folder / "events.parquet")
    shop.ok("--project", str(folder), "apply", "--yes")
    with tzero.open(folder) as project:
        rows = sorted(project.read().to_pylist(), key=lambda row: row["event_id"])
    assert [(row["brand_n"], row["brand_mean_price"]) for row in rows] == [(0, None), (1, 1.0)]


def test_unexpected_errors_are_short_unless_asked(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def boom(*_: object, **__: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("tzero.project.building.plan_apply", boom)
    short = shop.run("plan")
    assert short.code == 5
    assert "ZeroDivisionError: boom" in short.err
    assert "Traceback" not in short.err
    assert "Traceback" in shop.run("--traceback", "plan").err


def test_an_interrupt_rolls_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.ok("apply", "--yes")
    before = shop.features()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    shop.write_sales(500)
    monkeypatch.setattr("tzero.refresh.performing.run.append", interrupted)
    found = shop.run("refresh")
    assert found.code == 130
    assert "interrupted" in found.err
    assert len(shop.features()) == 500  # the base is a view of the file
    assert [row["brand_n"] for row in shop.features()[:400]] == [row["brand_n"] for row in before]


def test_a_reader_that_goes_away_is_no_error(shop: Shop) -> None:
    with shop.start("plan") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 141, err
    assert err == ""


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_declarations_give_the_same_definitions_in_every_process(
    shop: Shop, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.write("features.py", MANY)
    shop.ok("apply", "--yes")
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    with shop.start("plan") as process:
        out, err = process.communicate(timeout=60)
    assert "nothing to do" in out, out + err


def test_errors_as_json(shop: Shop) -> None:
    shop.write("features.py", FEATURES.replace('column("price")', 'column("prize")'))
    found = shop.run("plan", "--output", "json")
    error = json.loads(found.out)["error"]
    assert error["kind"] == "UnknownColumnError"
    assert error["place"]["line"] == 8
    assert error["exit_code"] == found.code == 2
    assert "did you mean 'price'" in error["fix"]


def test_refresh_explains_itself_and_writes_nothing(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    before = shop.ok("show", "--output", "json").json["last_run"]
    script = shop.ok("refresh", "--explain").out
    steps = shop.ok("refresh", "--explain", "--output", "json").json["steps"]
    assert [step["step"] for step in steps] == ["check sources", "refresh statistics"]
    for number, step in enumerate(steps, 1):
        assert f"-- {number}. {step['title']}" in script
        assert step["transaction"] == 1
    assert shop.ok("show", "--output", "json").json["last_run"] == before


def test_refresh_of_a_part_that_is_not_there(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    found = shop.run("refresh", "--only", "+sale_feature")
    assert found.code == 2
    assert "there is no relation 'sale_feature'" in found.err
    assert "did you mean 'sale_features'" in found.err
    done = shop.ok("refresh", "--only", "+sale_features", "--output", "json").json
    assert [(step["step"], step["status"]) for step in done["steps"]] == [
        ("check sources", "done"),
        ("refresh statistics", "done"),
    ]
