"""Bad input: the message says what, where and what to do, and nothing that was there is lost."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.e2e.conftest import CONFIG, FEATURES, START, Shop

TIMES = [START + dt.timedelta(hours=5 * at) for at in range(400)]

BAD_ROWS: list[tuple[str, dict[str, Any], int, str]] = [
    ("null T0", {"sold_at": pa.array([None, None, *TIMES[2:]], pa.timestamp("us"))}, 1, r"'sold_at' is NULL: 2 cases"),
    ("null key", {"sale_id": pa.array([None, *range(1, 400)], pa.int64())}, 1, r"key \(sale_id\) holds NULL: 1 case"),
    ("duplicate key", {"sale_id": pa.array([5, 5, *range(398)], pa.int64())}, 1, r"not unique: 1 case.*sale_id=5"),
    ("missing column", {"price": None}, 2, r"no column 'price'"),
    ("missing time", {"sold_at": None}, 2, r"no column 'sold_at'"),
    ("text time", {"sold_at": [str(at) for at in TIMES]}, 2, r"sold_at is no time, it is text"),
    ("text price", {"price": ["cheap"] * 400}, 2, r"price"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "code", "message"), [case[1:] for case in BAD_ROWS], ids=[c[0] for c in BAD_ROWS])
def test_bad_rows_build_nothing_and_lose_nothing(shop: Shop, columns: dict[str, Any], code: int, message: str) -> None:
    shop.ok("apply", "--yes")
    before = shop.features()
    good = (shop.root / "sales.parquet").read_bytes()
    shop.write_sales(**columns)
    found = shop.run("refresh")
    assert found.code == code, found.err
    assert re.search(message, found.err), found.err
    assert "fix" in found.err or "features.py:" in found.err
    (shop.root / "sales.parquet").write_bytes(good)
    assert shop.features() == before
    shop.ok("refresh")
    assert shop.features() == before


def test_infinite_times(shop: Shop) -> None:
    shop.write("tzero.toml", CONFIG + '[[upstream]]\nrelation = "shop.sales"\nsql = "sales.sql"\n')
    shop.write("sales.sql", "SELECT 1 AS sale_id, 'infinity'::timestamp AS sold_at, 1.0::double AS price, 'a' AS brand")
    shop.write("features.py", FEATURES.replace("sales.parquet", "shop.sales"))
    found = shop.run("apply", "--yes")
    assert found.code == 1
    assert "event time 'sold_at' is infinite: 1 case" in found.err


def test_every_problem_of_the_sources_is_told_at_once(shop: Shop) -> None:
    shop.write_sales(
        sold_at=pa.array([None, *TIMES[1:]], pa.timestamp("us")), sale_id=pa.array([5, 5, *range(398)], pa.int64())
    )
    found = shop.run("apply", "--yes")
    assert found.code == 1
    assert "is NULL" in found.err
    assert "is not unique" in found.err


def test_a_missing_file(shop: Shop) -> None:
    (shop.root / "sales.parquet").unlink()
    found = shop.run("plan")
    assert found.code == 3
    assert "there is no file sales.parquet" in found.err
    assert "features.py:3" in found.err


def test_a_missing_table_and_the_nearest_name(shop: Shop) -> None:
    shop.ok("load", str(shop.root / "sales.parquet"), "raw.sales")
    shop.write("features.py", FEATURES.replace("sales.parquet", "raw.sale"))
    found = shop.run("plan")
    assert found.code == 3
    assert "there is no relation raw.sale in store.duckdb" in found.err
    assert "did you mean 'raw.sales'" in found.err


def test_a_table_with_no_row(shop: Shop) -> None:
    shop.write_sales(0, sold_at=pa.array([], pa.timestamp("us")), brand=pa.array([], pa.string()))
    shop.ok("apply", "--yes")
    assert shop.features() == []
    assert "days" in shop.ok("show").out
    shop.write_sales()
    shop.ok("refresh")
    assert len(shop.features()) == 400


LOOKUP = """from tzero import Entity, Events, FeatureView, column

brands = Entity("brands.parquet", key="brand")
sales = Events("sales.parquet", key="sale_id", time="sold_at").lookup(brands)
view = FeatureView("shop.sale_features", sales, country=column("country"))
"""


def test_a_lookup_that_fans_out(shop: Shop) -> None:
    shop.write("features.py", LOOKUP)
    pa.parquet.write_table(pa.table({"brand": ["ace", "ace"], "country": ["it", "fr"]}), shop.root / "brands.parquet")
    found = shop.run("apply", "--yes")
    assert found.code == 1
    assert "brands.parquet: the key (brand) is not unique: 1 case, such as (brand='ace', rows_with_it=2)" in found.err
    pa.parquet.write_table(pa.table({"brand": ["ace", "bell"], "country": ["it", "fr"]}), shop.root / "brands.parquet")
    shop.ok("apply", "--yes")
    assert [row["country"] for row in shop.features()[:3]] == ["it", "fr", None]


NAMES = ['it"s quoted', "with space", "naïve ünïcode ✓", "c" * 80, "select", "semi;colon--"]


@pytest.mark.parametrize("name", NAMES)
def test_hostile_source_names(shop: Shop, name: str) -> None:
    brands = [("ace", "bell")[at % 2] for at in range(400)]
    shop.write_sales(name="it's sales ü.parquet", **{name: brands, "brand": None})
    text = FEATURES.replace("sales.parquet", "it's sales ü.parquet")
    shop.write("features.py", text.replace('count("brand")', f"count({name!r})").replace('by="brand"', f"by={name!r}"))
    shop.ok("apply", "--yes")
    assert shop.features()[-1]["brand_n"] > 100
    shop.ok("refresh")


@pytest.mark.parametrize("name", ["Sales Features", "x" * 64, "1st", "naïve"])
def test_names_that_tzero_would_create_must_be_plain(shop: Shop, name: str) -> None:
    shop.write("features.py", FEATURES.replace("shop.sale_features", f'shop."{name}"'.replace('"', '\\"')))
    found = shop.run("plan")
    assert found.code == 2
    assert "is not usable on every engine" in found.err
    assert "features.py:" in found.err


def test_a_name_that_grows_too_long_is_refused(shop: Shop) -> None:
    shop.write("features.py", FEATURES.replace("sale_features", "f" * 60))
    found = shop.run("plan")
    assert found.code == 2
    assert "features.py:" in found.err


DECLARATIONS = [
    ('vocabulary("brand", ["ace", "ace"])', "lists 'ace' twice", 2),
    ("1 / 0", "ZeroDivisionError: division by zero", 2),
    ("(", "this is not Python", 2),
    ('expr("now()")', "not in the portable subset", 2),
    ("exit()", "SystemExit", 2),
    ('column("price"', "this is not Python", 2),
]


@pytest.mark.parametrize(("wrong", "message", "code"), DECLARATIONS, ids=[case[1] for case in DECLARATIONS])
def test_wrong_declarations_point_at_the_line(shop: Shop, wrong: str, message: str, code: int) -> None:
    lines = FEATURES.splitlines()
    lines[0] = "from tzero import Events, FeatureView, column, expr, vocabulary"
    lines[4:4] = [f"wrong = {wrong}"]
    shop.write("features.py", "\n".join(lines))
    found = shop.run("plan")
    assert found.code == code
    assert message in found.err
    assert "features.py:5" in found.err
    assert f"5 | wrong = {wrong}" in found.err
    assert "Traceback" not in found.err


def test_an_error_in_a_module_beside_the_declarations(shop: Shop) -> None:
    shop.write("colors.py", "COLORS = ['red']\nOTHER = COLORS[5]\n")
    shop.write("features.py", "import colors\n" + FEATURES)
    found = shop.run("plan")
    assert "IndexError" in found.err
    assert "colors.py:2" in found.err
    shop.write("colors.py", "COLORS = ['red']\n")
    shop.ok("plan")
    assert "colors" not in sys.modules


def test_no_view_at_all(shop: Shop) -> None:
    shop.write("features.py", "x = 1\n")
    found = shop.run("plan")
    assert found.code == 2
    assert "no FeatureView" in found.err


def test_two_views_that_would_share_a_relation(shop: Shop) -> None:
    shop.write("features.py", FEATURES + '\nother = FeatureView("shop.sale_features_base", sales, p=column("price"))\n')
    found = shop.run("plan")
    assert found.code == 2
    assert "created twice" in found.err


CONFIGS = [
    ("nme = 'x'\n" + CONFIG, "unknown key 'nme' in tzero.toml", "did you mean 'name'", 1),
    (CONFIG + "urll = 'x'\n", "unknown key 'urll' in [targets.dev]", "did you mean 'url'", 5),
    (
        CONFIG + "[[upstream]]\nrelation = 'a.b'\nsqll = 'x'\n",
        "unknown key 'sqll' in [[upstream]]",
        "did you mean 'sql'",
        7,
    ),
    (CONFIG.replace("url =", "uri ="), "unknown key 'uri' in [targets.dev]", "did you mean 'url'", 4),
    (CONFIG.replace("url =", "# url ="), "[targets.dev] has no 'url'", "tzero.toml:3", 3),
    ("name = [", "this is not TOML", "tzero.toml:1", 1),
    (CONFIG.replace('"shop"', "5"), "'name' in tzero.toml", "valid string", 1),
    ("target = 'prod'\n" + CONFIG, "the default target 'prod' is not declared", "dev", 1),
    (CONFIG.replace("duckdb:", "duckbd:"), "duckbd", "did you mean 'duckdb'", 3),
    ("state_schema = 'a b'\n" + CONFIG, "is not usable on every engine", "a-z", 1),
    ('declarations = ["nope.py"]\n' + CONFIG, "no declarations file nope.py", "tzero.toml", 1),
]


@pytest.mark.parametrize(("text", "message", "hint", "line"), CONFIGS, ids=[case[1] for case in CONFIGS])
def test_wrong_configuration_points_at_the_line(shop: Shop, text: str, message: str, hint: str, line: int) -> None:
    shop.write("tzero.toml", text)
    found = shop.run("plan")
    assert found.code == 2
    assert message in found.err
    assert hint in found.err
    if "declarations" not in text:
        assert f"tzero.toml:{line}" in found.err


def test_no_project(shop: Shop) -> None:
    (shop.root / "tzero.toml").unlink()
    found = shop.run("plan")
    assert found.code == 2
    assert "tzero init" in found.err


@pytest.mark.parametrize("arguments", [["plan", "--target", "prod"], ["--target", "prod", "plan"]])
def test_an_unknown_target(shop: Shop, arguments: list[str]) -> None:
    found = shop.run(*arguments)
    assert found.code == 2
    assert "there is no target 'prod'" in found.err


def test_secrets_are_never_printed(shop: Shop) -> None:
    shop.write("tzero.toml", CONFIG.replace("duckdb:///store.duckdb", "postgresql://bob:hunter2@127.0.0.1:1/none"))
    found = shop.run("--traceback", "plan")
    assert found.code != 0
    assert "hunter2" not in found.err + found.out


def test_not_a_database(shop: Shop) -> None:
    shop.write("store.duckdb", "hello " * 1000)
    for command in (["plan"], ["apply", "--yes"], ["show"]):
        found = shop.run(*command)
        assert found.code == 3
        assert "not a DuckDB database" in found.err
    assert (shop.root / "store.duckdb").read_text() == "hello " * 1000


def test_text_of_the_data_cannot_drive_the_terminal(shop: Shop) -> None:
    evil = "\x1b[31m[bold red]\u202egone\r"
    shop.write_sales(sale_id=[evil, evil, *map(str, range(398))])
    found = shop.run("apply", "--yes")
    assert found.code == 1
    assert "[bold red]" in found.err
    assert not {"\x1b", "\u202e", "\r"} & set(found.err)


# run as nobody: root may write everywhere
READ_ONLY = """
import os, sys
import duckdb, pyarrow, pydantic, tzero, tzero.project, tzero.engines.duckdb, tzero.cli.apply, zoneinfo
import tzero.cli.failures, tzero.cli.main
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
tzero.cli.main.main(["--project", sys.argv[1], "apply", "--yes"])
"""


def test_a_read_only_target(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    before = shop.features()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for item in ("tzero.toml", "features.py", "sales.parquet", "store.duckdb"):
            (folder / item).write_bytes((shop.root / item).read_bytes())
            (folder / item).chmod(0o444)
        (folder / "features.py").chmod(0o644)
        (folder / "features.py").write_text(FEATURES.replace("brand_n", "brand_count"))
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, name], capture_output=True, text=True, timeout=60, env=_readable_env()
        )
        folder.chmod(0o755)
        assert done.returncode == 3, done.stderr
        assert "store.duckdb is read-only" in done.stderr
        assert (folder / "store.duckdb").read_bytes() == (shop.root / "store.duckdb").read_bytes()
    assert shop.features() == before


def test_a_full_disk_leaves_the_store_as_it_was(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    before = shop.features()
    good = (shop.root / "sales.parquet").read_bytes()
    shop.write_sales(60_000, brand=[f"brand {at % 40}" for at in range(60_000)])
    size = (shop.root / "store.duckdb").stat().st_size
    script = f"""
    import resource, sys
    from tzero.cli.main import main
    resource.setrlimit(resource.RLIMIT_FSIZE, ({size + (1 << 18)},) * 2)
    main(["--project", sys.argv[1], "refresh"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(shop.root)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 3, done.stderr
    assert "cannot be written" in done.stderr
    assert "free disk space" in done.stderr
    (shop.root / "sales.parquet").write_bytes(good)
    assert shop.features() == before
    shop.ok("refresh")
    assert shop.features() == before


def test_two_writers(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()",
         str(shop.root / "store.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        for command in (["refresh"], ["apply", "--yes"], ["plan"], ["show"]):
            found = shop.run(*command)
            assert found.code == 4
            assert f"in use by process {holder.pid}" in found.err
    finally:
        holder.communicate(b"\n")
    shop.ok("refresh")


def test_two_refreshes_at_once(shop: Shop) -> None:
    shop.write_sales(20_000)
    shop.ok("apply", "--yes")
    running = [shop.start("refresh") for _ in range(3)]
    results = [(process.communicate(timeout=120)[1], process.returncode) for process in running]
    assert {code for _, code in results} <= {0, 4}
    assert any(code == 0 for _, code in results), results
    assert len(shop.features()) == 20_000


def _readable_env() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
