"""How much of the data a vocabulary covers, on each engine: one that is spelt otherwise than the data is told of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.servers import fresh_database, versions

import tzero
from tzero.cli.main import main
from tzero.refresh import vocabularies
from tzero.refresh.coverage import Coverage

ENGINES = ["duckdb", *(f"postgres{version}" for version in versions()[-1:])]
FEATURES = """
from tzero import Entity, Events, FeatureView, columns, vocabulary
sales = Events("shop.sales", key="id", time="sold_at").lookup(Entity("shop.things", key="thing", static=True))
rows = sales.derive(color={color}, size=vocabulary("size", ["S", "M"]))
view = FeatureView("shop.features", rows, *columns("color", "size"), tone={tone},
                   share=rows.before_day(zone="UTC").share("color", alpha=1))
"""
TABLES = """
CREATE SCHEMA shop;
CREATE TABLE shop.sales (id bigint, sold_at timestamp, thing integer, size text, tone text);
INSERT INTO shop.sales SELECT i, timestamp '2024-01-01' + i * interval '1 hour', i % 4,
  CASE i % 2 WHEN 0 THEN 'S' ELSE 's' END, CASE i % 10 WHEN 0 THEN '' WHEN 1 THEN NULL ELSE 'warm' END
FROM generate_series(1, 400) AS t(i);
CREATE TABLE shop.things (thing integer, paint text);
INSERT INTO shop.things VALUES (0, 'Black'), (1, 'BLUE'), (2, 'Black'), (3, NULL);
"""
CAPITALS = 'vocabulary("paint", ["black", "blue"])'
TONE = 'vocabulary("tone", ["warm", "cold"], missing=None)'


@pytest.fixture(params=ENGINES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    version = request.param.removeprefix("postgres")
    url = fresh_database(int(version)) if version.isdigit() else "duckdb:///store.duckdb"
    (tmp_path / "tzero.toml").write_text(f'name = "shop"\n[targets.dev]\nurl = "{url}"\n')
    declare(tmp_path, CAPITALS)
    with tzero.open(tmp_path) as project, project.session() as engine:
        for statement in TABLES.split(";")[:-1]:
            engine.execute(statement)
    yield tmp_path


def declare(folder: Path, color: str, tone: str = TONE) -> None:
    (folder / "features.py").write_text(FEATURES.format(color=color, tone=tone))


def covered(folder: Path) -> dict[str, Coverage]:
    with tzero.open(folder) as project:
        found = project.plan().coverage
        assert project.coverage() == found
    return {item.name: item for item in found}


def test_a_vocabulary_with_other_capitals_than_the_data_covers_nothing(folder: Path) -> None:
    found = covered(folder)
    color = found["color"]
    assert (color.rows, color.covered, color.others) == (300, 0, (("Black", 200), ("BLUE", 100)))
    assert color.is_low
    assert str(color).startswith(
        "the vocabulary of color covers 0 of 300 rows of shop.sales: "
        "values of paint in the data that it does not list: 'Black' (200), 'BLUE' (100) ("
    )
    assert "features.py:4)" in str(color)


def test_half_of_the_rows_is_enough_and_missing_values_are_none(folder: Path) -> None:
    found = covered(folder)
    assert (found["size"].rows, found["size"].covered, found["size"].is_low) == (400, 200, False)
    assert (found["tone"].rows, found["tone"].covered, found["tone"].others) == (320, 320, ())


def test_what_a_vocabulary_reads_may_be_derived_and_its_name_used_again(folder: Path) -> None:
    declare(folder, 'vocabulary("lowered", ["black"])')
    text = (folder / "features.py").read_text().replace("sales.derive(", 'sales.derive(lowered="lower(paint)").derive(')
    (folder / "features.py").write_text(text)
    color = covered(folder)["color"]
    assert (color.rows, color.covered, color.others) == (300, 200, (("blue", 100),))


def test_no_more_rows_are_read_than_wanted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabularies, "MOST_ROWS", 40)
    assert covered(folder)["size"].rows == 40


def test_a_source_that_cannot_be_read_is_no_reason_not_to_plan(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabularies, "vocabulary_checks", broken)
    assert covered(folder) == {}


def broken(*given: object) -> list[object]:
    from dataclasses import replace

    from sqlglot import exp

    from tzero.compile import vocabulary_checks

    return [replace(check, query=exp.select("1", "1").from_("nowhere")) for check in vocabulary_checks(*given)]  # type: ignore[arg-type]


def test_the_commands_say_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("plan", folder) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" rows")[0] for line in lines if " the vocabulary of " in line] == [
        "warning: the vocabulary of color covers 0 of 300",
        "note: the vocabulary of size covers 200 of 400",
        "note: the vocabulary of tone covers 320 of 320",
    ]
    assert run("plan", folder, "--output", "json") == 0
    assert [item["low"] for item in json.loads(capsys.readouterr().out)["vocabularies"]] == [True, False, False]
    assert run("apply", folder, "--yes") == 0
    assert "warning: the vocabulary of color covers 0 of 300 rows" in capsys.readouterr().err


def test_what_upstream_makes_is_looked_at_once_it_is_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = folder / "tzero.toml"
    toml.write_text(toml.read_text() + '[[upstream]]\nrelation = "shop.made"\nsql = "made.sql"\n')
    (folder / "made.sql").write_text("SELECT thing, paint FROM shop.things")
    text = (folder / "features.py").read_text().replace("shop.things", "shop.made")
    (folder / "features.py").write_text(text)
    assert covered(folder) == {}
    assert run("apply", folder, "--yes", "--output", "json") == 0
    found = json.loads(capsys.readouterr().out)["vocabularies"]
    assert (found[0]["vocabulary"], found[0]["covered"], found[0]["rows"]) == ("color", 0, 300)


def run(command: str, folder: Path, *words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([command, "--project", str(folder), *words])
    return int(ended.value.code or 0)
