"""``tzero check`` and ``tzero explain``, as a person or a program runs them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.servers import fresh_database

import tzero
from tzero.cli.frames import columns
from tzero.cli.main import cli
from tzero.errors import MissingRelationError
from tzero.prove.rules import RULES

DECLARED = """
anchor = "t0"
own = "sales"
[relations.sales]
key = ["id"]
time = "made"
not_null = ["shop", "price", "made"]
columns = { id = "integer", shop = "text", price = "decimal(10, 2)", made = "timestamptz" }
"""
HEADER = "\n".join(f"-- tzero: {line}" for line in DECLARED.strip().splitlines())
SAFE = "SELECT s.id, s.made AS t0, (SELECT COUNT(*) FROM sales o WHERE o.made < s.made) AS n\nFROM sales s\n"
LEAKY = "SELECT s.id, s.made AS t0,\n  AVG(s.price) OVER (PARTITION BY s.shop) AS mean\nFROM sales s\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["check", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "declared.toml").write_text(DECLARED, encoding="utf-8")
    (tmp_path / "safe.sql").write_text(SAFE, encoding="utf-8")
    (tmp_path / "leaky.sql").write_text(f"{HEADER}\n{LEAKY}", encoding="utf-8")
    return tmp_path


def test_proved(folder: Path) -> None:
    done = run(folder / "safe.sql", "--declare", folder / "declared.toml", "--facts")
    assert done.exit_code == 0, done.output
    assert "PROVED" in done.output
    assert "assumed: a row of sales is known at made" in done.output


def test_a_leak_has_a_code_frame_and_a_witness(folder: Path) -> None:
    done = run(folder / "leaky.sql", "--seconds", 5)
    assert done.exit_code == 1
    assert "T002 later-rows [LEAK]" in done.output
    line = (folder / "leaky.sql").read_text().splitlines().index(
        "  AVG(s.price) OVER (PARTITION BY s.shop) AS mean"
    ) + 1
    assert f"leaky.sql:{line}:3" in done.output
    assert "  ^" in done.output
    assert "columns: mean" in done.output
    assert "witness:" in done.output


def test_without_a_search_it_is_unproved(folder: Path) -> None:
    done = run(folder / "leaky.sql", "--seconds", 0)
    assert done.exit_code == 1
    assert "[UNPROVED]" in done.output


def test_json(folder: Path) -> None:
    done = run(folder, "--declare", folder / "declared.toml", "--output", "json", "--seconds", 0)
    found = json.loads(done.stdout)
    assert found["verdict"] == "UNPROVED"
    assert [statement["verdict"] for statement in found["statements"]] == ["UNPROVED", "PROVED"]
    (finding,) = found["findings"]
    assert {"code", "verdict", "column", "line", "span", "message", "missing", "fix", "witness"} <= set(finding)
    assert (finding["code"], finding["column"]) == ("T002", "mean")
    assert finding["expression"] == "AVG(s.price) OVER (PARTITION BY s.shop)"


def test_sarif_and_annotations(folder: Path) -> None:
    sarif = json.loads(run(folder / "leaky.sql", "--output", "sarif", "--seconds", 0).stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["ruleId"] == "T002"
    assert result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 3
    assert {rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]} == set(RULES)
    shown = run(folder / "leaky.sql", "--output", "github", "--seconds", 0).stdout
    assert shown.startswith("::warning file=")
    assert "title=T002 later-rows::column mean:" in shown


def test_a_view_is_checked_as_part_of_what_reads_it(folder: Path) -> None:
    (folder / "leaky.sql").unlink()
    (folder / "view.sql").write_text(
        "CREATE VIEW shop.daily AS SELECT shop, MAX(made) AS last FROM sales GROUP BY shop"
    )
    (folder / "reader.sql").write_text(
        "SELECT s.id, s.made AS t0, d.last FROM sales s LEFT JOIN shop.daily d ON d.shop = s.shop"
    )
    done = run(folder, "--declare", folder / "declared.toml", "--seconds", 0, "--output", "json")
    found = json.loads(done.stdout)
    assert len(found["statements"]) == 2
    (finding,) = found["findings"]
    assert (finding["column"], finding["view"]) == ("last", "shop.daily")


def test_options_come_on_top(folder: Path) -> None:
    (folder / "other.sql").write_text("SELECT id, made AS moment FROM sales")
    done = run(folder / "other.sql", "--declare", folder / "declared.toml", "--anchor", "moment", "--own", "sales")
    assert done.exit_code == 0, done.output


def test_a_live_view_and_its_closure(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE sales (id INTEGER, shop VARCHAR, price DECIMAL(10, 2), made TIMESTAMPTZ)")
        connection.execute("CREATE VIEW earlier AS SELECT id, made AS t0, price FROM sales")
        connection.execute(
            "CREATE VIEW features AS SELECT e.id, e.t0, (SELECT MAX(o.price) FROM earlier o WHERE o.t0 < e.t0) AS top "
            "FROM earlier e"
        )
    declared = tmp_path / "declared.toml"
    declared.write_text(DECLARED.replace("columns = ", "# columns = "), encoding="utf-8")
    target = ["--target", f"duckdb:///{path}", "--project", tmp_path, "--declare", declared, "--seconds", 0]
    done = run("--relation", "features", *target)
    assert done.exit_code == 0, done.output
    missing = run("--relation", "sales", *target)
    assert missing.exit_code != 0


PROJECT = """
from tzero import Events, FeatureView, column

sales = Events("raw.sales", key="id", time="sold_at")
view = FeatureView("shop.features", sales, price=column("price"), n=sales.before_day(zone="UTC").count("brand"))
"""


def test_a_view_of_a_project_needs_no_declarations(tmp_path: Path) -> None:
    made = CliRunner().invoke(cli, ["init", str(tmp_path / "shop")])
    assert made.exit_code == 0, made.output
    project = tmp_path / "shop"
    (project / "features.py").write_text(PROJECT)
    with tzero.open(project) as opened:
        with opened.session() as engine:
            engine.execute("CREATE SCHEMA raw")
            engine.execute(
                "CREATE TABLE raw.sales AS SELECT i AS id, TIMESTAMP '2024-01-01' + i * INTERVAL 5 HOUR AS sold_at,"
                " 'b' || (i % 3) AS brand, i % 7 AS price FROM range(50) r(i)"
            )
        opened.apply()
    done = run("--relation", "shop.features", "--project", project)
    assert done.exit_code == 0, done.output
    assert "PROVED   shop.features" in done.output
    assert run("--relation", "shop.nothing", "--project", project).exit_code != 0
    assert run("--relation", "shop.features", "--project", tmp_path).exit_code != 0


def test_a_statement_that_does_not_parse_does_not_hide_the_others(folder: Path) -> None:
    (folder / "broken.sql").write_text(f"{HEADER}\n{SAFE};\nSELECT x FROM WHERE (;\n{SAFE}")
    done = run(folder / "broken.sql", "--seconds", 0, "--output", "json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert [item["verdict"] for item in found["statements"]] == ["UNPROVED", "PROVED", "PROVED"]
    (finding,) = found["findings"]
    line = (folder / "broken.sql").read_text().splitlines().index("SELECT x FROM WHERE (;") + 1
    assert (finding["code"], finding["line"], finding["span"]["column"]) == ("T012", line, 15)
    assert "does not parse as duckdb SQL" in finding["message"]
    assert "--dialect postgres" in finding["fix"]


def test_a_text_that_cannot_even_be_split(folder: Path) -> None:
    (folder / "broken.sql").write_text("SELECT 'no end")
    done = run(folder / "broken.sql", "--declare", folder / "declared.toml")
    assert done.exit_code == 1
    assert "does not parse as duckdb SQL" in done.output
    assert run().exit_code == 2


def test_each_column_gets_its_own_witness(folder: Path) -> None:
    (folder / "two.sql").write_text(
        f"{HEADER}\nSELECT s.id, s.made AS t0, now() - s.made AS age, s.price AS price,\n"
        "  (SELECT MAX(o.price) FROM sales o) AS top FROM sales s"
    )
    done = run(folder / "two.sql", "--seconds", 10, "--output", "json")
    findings = {f["code"]: f for f in json.loads(done.stdout)["findings"]}
    assert findings["T008"]["witness"]["mutation"] == "clock"
    assert findings["T008"]["witness"]["column"] == "age"
    assert findings["T002"]["witness"]["column"] == "top"
    assert {finding["verdict"] for finding in findings.values()} == {"LEAK"}


def test_one_row_is_told_once_with_all_the_columns_that_it_moves(folder: Path) -> None:
    counted = "SELECT COUNT(*) AS n, 10 * COUNT(*) AS m FROM sales o WHERE o.made <= s.made AND o.id <> s.id"
    query = f"SELECT s.id, s.made AS t0, q.n, q.m FROM sales s LEFT JOIN LATERAL ({counted}) q ON TRUE"
    (folder / "both.sql").write_text(f"{HEADER}\n{query}", encoding="utf-8")
    done = run(folder / "both.sql", "--seconds", 10)
    told = done.output.splitlines()
    effects = [line.split(":")[0].strip() for line in told if line.startswith("      ") and " -> " in line]
    assert sorted(effects) == ["m", "n"], done.output
    assert "columns: n, m" in done.output
    assert sum("witness:" in line for line in told) == 1, done.output


def test_a_witness_is_told_of_what_it_shows(folder: Path) -> None:
    (folder / "one.sql").write_text(
        f"{HEADER}\nSELECT s.id, s.made AS t0, s.made::text || (SELECT MAX(o.price) FROM sales o) AS f FROM sales s"
    )
    done = run(folder / "one.sql", "--seconds", 10, "--output", "json")
    verdicts = {f["code"]: f["verdict"] for f in json.loads(done.stdout)["findings"]}
    assert sorted(verdicts.values()) == ["LEAK", "UNPROVED"], verdicts


def test_what_is_proved_of_rows_that_may_not_be_there_says_so(folder: Path) -> None:
    """A reader of the columns alone must not take them for proved where it is not proved whether their rows are."""
    gone = SAFE.strip() + " WHERE EXISTS (SELECT 1 FROM sales o WHERE o.made > s.made)"
    (folder / "gone.sql").write_text(f"{HEADER}\n{gone}", encoding="utf-8")
    kinds = ("text", "json", "sarif", "github")
    done = {kind: run(folder / "gone.sql", "--seconds", 0, "--facts", "--output", kind) for kind in kinds}
    assert {result.exit_code for result in done.values()} == {1}
    assert "gone.sql: whether a row is there is not proved; 3 of 4 proved, given that it is" in done["text"].stdout
    assert "  n, given that the row is there: rows of sales are bounded before t0" in done["text"].stdout
    columns = json.loads(done["json"].stdout)["statements"][0]["columns"]
    assert {column["column"]: column["given"] for column in columns if column["verdict"] == "PROVED"} == dict.fromkeys(
        ("id", "t0", "n"), "(row presence)"
    )
    told = json.loads(done["sarif"].stdout)["runs"][0]["results"][0]["message"]["text"]
    assert told.startswith("the row: ")
    assert told.endswith("Proved only given that the row is there: id, t0, n.")
    assert "Proved only given that the row is there: id, t0, n." in done["github"].stdout
    safe = json.loads(run(folder / "safe.sql", "--declare", folder / "declared.toml", "--output", "json").stdout)
    assert {column["given"] for column in safe["statements"][0]["columns"]} == {None}


def test_a_frame_is_in_line_with_tabs_wide_letters_and_eighty_columns(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    line = (
        "\t'价格' || 'e\u0301' AS w, AVG(s.price) OVER (PARTITION BY s.shop) AS \"prix naïf\", 1 AS one -- " + "x" * 90
    )
    (folder / "wide.sql").write_text(f"{HEADER}\nSELECT s.id, s.made AS t0,\n{line}\nFROM sales s", encoding="utf-8")
    done = run(folder / "wide.sql", "--seconds", 0)
    lines = done.output.splitlines()
    marks = next(at for at, text in enumerate(lines) if "^" in text)
    shown = lines[marks - 1]
    assert "\t" not in shown and shown.endswith("…")
    assert columns(shown) <= 80
    assert columns(shown[: shown.index("AVG(")]) == lines[marks].index("^")
    assert lines[marks].count("^") == len("AVG(s.price) OVER (PARTITION BY s.shop)")
    assert all(columns(text) <= 80 for text in lines if str(folder) not in text)


def test_hostile_names_stay_harmless(folder: Path) -> None:
    name = "evil\x1b[31m\u202e::error file=x::%0A"
    (folder / "evil.sql").write_text(
        f'{HEADER}\nSELECT s.id, s.made AS t0, AVG(s.price) OVER () AS "{name}" FROM sales s', encoding="utf-8"
    )
    for output in ("text", "github", "sarif", "json"):
        done = run(folder / "evil.sql", "--seconds", 5, "--output", output)
        assert done.exit_code == 1
        assert "\x1b" not in done.output
        assert "\u202e" not in done.output
    commands = run(folder / "evil.sql", "--seconds", 0, "--output", "github").output.splitlines()
    assert all(command.startswith("::warning file=") for command in commands)
    assert all("::error file=x::%250a" in command for command in commands)  # names are folded, and escaped


def test_sarif_says_where_and_which_rule(folder: Path) -> None:
    odd = folder / "a b#ü.sql"
    odd.write_text((folder / "leaky.sql").read_text(), encoding="utf-8")
    done = run(odd, "--seconds", 0, "--output", "sarif")
    (only,) = json.loads(done.stdout)["runs"]
    rules = only["tool"]["driver"]["rules"]
    assert only["columnKind"] == "unicodeCodePoints"
    for result in only["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning")
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.endswith("a%20b%23%C3%BC.sql")
        region = location["physicalLocation"]["region"]
        assert region["startLine"] >= 1 and region["startColumn"] >= 1 and region["charLength"] > 0


def test_explain() -> None:
    for code, rule in RULES.items():
        done = CliRunner().invoke(cli, ["explain", code.lower()])
        assert done.exit_code == 0
        assert rule.why in done.output
    assert "T014  same-instant" in CliRunner().invoke(cli, ["explain"]).output
    assert CliRunner().invoke(cli, ["explain", "T999"]).exit_code != 0


def test_what_is_inserted_keeps_the_ctes_before_the_insert(folder: Path) -> None:
    body = "SELECT s.id, s.made AS t0, (SELECT COUNT(*) FROM e WHERE e.made < s.made) AS n FROM sales s"
    (folder / "insert.sql").write_text(f"{HEADER}\nWITH e AS (SELECT * FROM sales) INSERT INTO kept {body}")
    done = run(folder / "insert.sql", "--dialect", "postgres", "--seconds", 0)
    assert done.exit_code == 0, done.output


def test_a_header_adds_to_a_declared_relation_and_query(folder: Path) -> None:
    (folder / "tied.sql").write_text("SELECT s.id, s.made AS t0, COUNT(*) OVER (ORDER BY s.made) AS n FROM sales s\n")
    (folder / "unique.sql").write_text(
        f'-- tzero: [relations.sales]\n-- tzero: unique = ["made"]\n{(folder / "tied.sql").read_text()}'
    )
    declared = ["--declare", folder / "declared.toml", "--seconds", 0]
    assert run(folder / "tied.sql", *declared).exit_code == 1
    done = run(folder / "unique.sql", *declared, "--facts")
    assert done.exit_code == 0, done.output
    assert "needs: unique of sales: made" in done.output
    assert "needs: own = sales" in done.output


# SARIF 2.1.0: the properties of the objects that are written, and which of them must be there.
SARIF = {
    "log": ({"$schema", "version", "runs"}, {"version", "runs"}),
    "run": ({"tool", "columnKind", "results"}, {"tool"}),
    "tool": ({"driver"}, {"driver"}),
    "driver": ({"name", "version", "rules"}, {"name"}),
    "rule": ({"id", "name", "shortDescription", "fullDescription", "help"}, {"id"}),
    "result": ({"ruleId", "ruleIndex", "level", "message", "locations"}, {"message"}),
    "location": ({"logicalLocations", "physicalLocation"}, set()),
    "physical": ({"artifactLocation", "region"}, {"artifactLocation"}),
    "region": ({"startLine", "startColumn", "charOffset", "charLength"}, {"startLine"}),
}


def of_sarif(kind: str, found: dict[str, object]) -> None:
    known, required = SARIF[kind]
    assert required <= set(found) <= known, (kind, set(found))


def test_sarif_has_what_its_schema_demands_and_nothing_else(folder: Path) -> None:
    (folder / "broken.sql").write_text("SELECT x FROM WHERE (;")
    log = json.loads(run(folder, "--declare", folder / "declared.toml", "--output", "sarif", "--seconds", 0).stdout)
    of_sarif("log", log)
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    of_sarif("run", only)
    of_sarif("tool", only["tool"])
    of_sarif("driver", only["tool"]["driver"])
    for rule in only["tool"]["driver"]["rules"]:
        of_sarif("rule", rule)
        assert rule["shortDescription"]["text"] and rule["fullDescription"]["text"] and rule["help"]["text"]
    assert {result["ruleId"] for result in only["results"]} == {"T002", "T012"}
    for result in only["results"]:
        of_sarif("result", result)
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        for location in result["locations"]:
            of_sarif("location", location)
            of_sarif("physical", location["physicalLocation"])
            of_sarif("region", location["physicalLocation"]["region"])
            assert min(location["physicalLocation"]["region"][key] for key in ("startLine", "startColumn")) >= 1


def test_a_finding_inside_a_view_is_annotated_where_the_query_reads_it(folder: Path) -> None:
    (folder / "views.sql").write_text(
        f"{HEADER}\nCREATE VIEW tops AS SELECT shop, MAX(price) AS top FROM sales GROUP BY shop;\n"
        "SELECT s.id, s.made AS t0,\n t.top FROM sales s LEFT JOIN tops t ON t.shop = s.shop"
    )
    text = (folder / "views.sql").read_text()
    line = text.count("\n", 0, text.index("LEFT JOIN")) + 1
    done = run(folder / "views.sql", "--seconds", 0)
    assert f"read at {folder / 'views.sql'}:{line}:" in done.output
    shown = run(folder / "views.sql", "--seconds", 0, "--output", "github").stdout
    assert f"line={line}," in shown


def test_a_live_view_of_postgres_with_its_schema(tmp_path: Path) -> None:
    dsn = fresh_database()
    with psycopg.connect(dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("CREATE SCHEMA shop")
        connection.execute("CREATE TABLE shop.sales (id int PRIMARY KEY, shop text, price numeric, made timestamptz)")
        connection.execute(
            "CREATE VIEW shop.earlier AS SELECT a.id, count(b.id) AS n FROM shop.sales a "
            "LEFT JOIN shop.sales b ON b.made < a.made GROUP BY a.id"
        )
        connection.execute(
            "CREATE VIEW shop.features AS SELECT s.id, s.made AS t0, e.n FROM shop.sales s "
            "LEFT JOIN shop.earlier e USING (id)"
        )
        connection.execute(
            "CREATE VIEW shop.leaky AS SELECT s.*, made AS t0, (SELECT max(made) FROM shop.sales) AS last "
            "FROM shop.sales s"
        )
    declared = tmp_path / "declared.toml"
    of_sales = '[relations."shop.sales"]\nkey = ["id"]\ntime = "made"\nnot_null = ["made"]\n'
    declared.write_text(f'anchor = "t0"\nown = "shop.sales"\n{of_sales}')
    target = ["--target", dsn, "--declare", declared, "--seconds", 0]
    done = run("--relation", "shop.features", *target, "--facts")
    assert done.exit_code == 0, done.output
    assert "needs: key of shop.sales: id" in done.output
    leaky = run("--relation", "shop.leaky", *target, "--output", "json")
    assert leaky.exit_code == 1
    assert {f["column"] for f in json.loads(leaky.stdout)["findings"]} == {"last"}
    assert isinstance(run("--relation", "shop.nothing", *target).exception, MissingRelationError)
