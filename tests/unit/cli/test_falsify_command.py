from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tzero.cli.main import main

HEADER = """\
-- tzero: anchor = "t0"
-- tzero: own = "sales"
-- tzero: [relations.sales]
-- tzero: columns = { id = "integer", brand = "text", sold_at = "timestamptz", price = "decimal(10, 2)" }
-- tzero: key = "id"
-- tzero: time = "sold_at"
-- tzero: not_null = ["brand", "sold_at", "price"]
"""
QUERY = """\
SELECT s.id, s.sold_at AS t0, (SELECT avg(o.price) FROM sales o WHERE o.sold_at {} s.sold_at) AS usual
FROM sales s
"""


def run(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as left:
        main(["falsify", *arguments])
    return int(left.value.code or 0)


def test_a_leaky_file_fails_and_shows_the_witness(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "leaky.sql"
    file.write_text(HEADER + QUERY.format("<="))
    assert run([str(file), "--seconds", "20"]) == 1
    shown = capsys.readouterr().out
    assert "LEAK: usual depends on what is not known at T0" in shown
    assert re.search("(added|removed|changed) in sales", shown)


def test_a_safe_file_passes_and_prints_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "safe.sql"
    file.write_text(HEADER + QUERY.format("<"))
    assert run([str(file), "--worlds", "60", "--seconds", "20", "--output", "json"]) == 0
    found = json.loads(capsys.readouterr().out)[str(file)]
    assert found["outcome"] == "CLEAN"
    assert found["witness"] is None
    assert found["exercised"]["add"]["moved"] > 0


def test_declarations_from_a_file_and_from_the_command_line(tmp_path: Path) -> None:
    file, declared = tmp_path / "leaky.sql", tmp_path / "shop.toml"
    file.write_text(QUERY.format("<=").replace("t0", "at"))
    declared.write_text("\n".join(line.removeprefix("-- tzero: ") for line in HEADER.splitlines()[2:]))
    given = [str(file), "--declare", str(declared), "--seconds", "20"]
    assert run([*given, "--anchor", "at", "--own", "sales"]) == 1
    assert run(given) == 2, "no column is called t0"


def test_nothing_exercised_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "empty.sql"
    file.write_text(HEADER + "SELECT id, sold_at AS t0 FROM sales WHERE FALSE")
    assert run([str(file), "--seconds", "0.5"]) == 1
    assert "nothing was exercised" in capsys.readouterr().out


def test_a_relation_of_a_target_without_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import duckdb

    monkeypatch.chdir(tmp_path)
    with duckdb.connect("store.duckdb") as connection:
        connection.execute(
            "CREATE TABLE sales AS SELECT i AS id, 'b' AS brand, 1.5 AS price,"
            " TIMESTAMPTZ '2024-03-01 00:00:00+00' + INTERVAL (i // 2) HOUR AS sold_at FROM range(100) r(i)"
        )
        connection.execute(f"CREATE VIEW leaky AS {QUERY.format('<=')}")
    Path("shop.toml").write_text('[query]\nown = "sales"\n[relations.sales]\nkey = "id"\ntime = "sold_at"\n')
    assert run(["leaky", "--target", "duckdb:///store.duckdb"]) == 2, "nothing is declared"
    capsys.readouterr()
    assert run(["leaky", "--target", "duckdb:///store.duckdb", "--declare", "shop.toml", "--worlds", "60"]) == 1
    assert "leaky: LEAK" in capsys.readouterr().out


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["nowhere.sql"]) == 2
    assert "cannot be read" in capsys.readouterr().err
