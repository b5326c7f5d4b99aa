"""tzero demo, small: what it makes, what it says, what it leaves alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.conftest import Answer
from tests.e2e.starters import ordered

import tzero
from tzero.certify.verify import read_certificate, verify
from tzero.cli.main import main
from tzero.starters.demo import certifying

SMALL = ("--listings", "600", "--days", "120", "--no-certify")
CERTIFIED = ("--listings", "600", "--days", "120")


@pytest.fixture
def demo(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run ``tzero demo ...`` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(["demo", *arguments])
        out, err = capsys.readouterr()
        return Answer(int(left.value.code or 0), out, err)

    return run


def test_device_meta(demo: Any, tmp_path: Path) -> None:
    found = demo(*SMALL, "--output", "json")
    assert found.code == 0, found.err
    said = found.json
    by_name = {relation["relation"]: relation for relation in said["relations"]}
    entrypoint = by_name["feature_store.device_meta_encoded_t0_v1"]
    assert (entrypoint["rows"], entrypoint["columns"], said["contract_columns"]) == (600, 61, 61)
    store, predecessor = said["stability"]
    assert store["rows"] == predecessor["rows"] > 400
    assert store["unchanged"] > 0.6 * store["rows"] > predecessor["unchanged"] == 0
    assert [stage["title"] for stage in said["stages"] if stage["title"].startswith("load")] == [
        "load raw.listing_scrapes", "load raw.image_labels",
        "load raw.listing_scrapes", "load raw.image_labels", "load market.listing_outcomes_v1",
    ]  # fmt: skip
    first, *_, last = said["example"]["rows"]
    assert first["like it, as of T0"] < last["like it, as of T0"] < first["predecessor"] == last["predecessor"]
    assert len(said["features"]) == 3
    with tzero.open(tmp_path / "device_meta") as project:
        assert project.read().num_rows == 600
        assert project.plan().is_empty, "the folder that is left is a project like any other"


def test_flights(demo: Any, tmp_path: Path) -> None:
    found = demo("flights", "--days", "12", "--dir", "mine", "--no-certify", "--output", "json")
    assert found.code == 0, found.err
    said = found.json
    (store,) = said["stability"]
    assert 0 < store["unchanged"] == store["rows"] < said["relations"][-1]["rows"]
    landed, everything = said["example"]["rows"]
    assert landed["flights"] < everything["flights"]
    assert landed["late rate"] == pytest.approx(landed["late"] / landed["flights"], abs=1e-4), "the store says the same"
    with tzero.open(tmp_path / "mine") as project:
        assert project.read().num_columns == said["contract_columns"] == 41


def test_people_see_what_was_built(demo: Any) -> None:
    found = demo(*SMALL)
    for line in (
        r"^device_meta holds a store in store\.duckdb, built and refreshed in [\d.]+ s$",
        r"^device_meta_encoded_t0_v1 +entrypoint +600 +61$",
        r"^gmc_seg_n  ",
        r"^Listing \d+/\d+ was listed on \d{4}-\d\d-\d\d\. The predecessor says",
        r"^iphone_device_meta_encoded_v2 +[1-9]\d* +0 +0$",
        r"^  cd device_meta$",
    ):
        assert re.search(line, found.out, re.MULTILINE), line
    assert "\x1b" not in found.out + found.err, "colours are for terminals"
    assert re.search(r"^ +[\d.]+ s +600  refresh upstream listing", found.err, re.MULTILINE)
    assert max(map(len, (found.out + found.err).splitlines())) <= 80


RED = (
    "Do not train a model on this table: it knows the future.", "called T0", "What happened", "reaches back",
    'aria-label="refused"', "The counterexample in full", "C1.leak",
)  # fmt: skip
GREEN = (
    "A model may be trained on this table.", 'aria-label="certified"', "Over time", "rows per day over time",
    "The definition, with its proof", "likewise", "counts up to 3 days later",
)  # fmt: skip


def test_it_refuses_what_leaks_and_certifies_the_store(
    demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifying, "SECONDS", 2.0)
    found = demo(*CERTIFIED)
    assert found.code == 0, found.err
    assert max(map(len, (found.out + found.err).splitlines())) <= 80
    assert "\nREFUSED  iphone_device_meta_encoded_v2_t0\nIt knows the future." in found.out
    assert "\nCERTIFIED  device_meta_encoded_t0_v1\nAll 11 checks hold: presence and 61 columns are" in found.out
    red, *_, green = (
        tmp_path / path for path in re.findall(r"^  (device_meta/certificates/.+\.html)$", found.out, re.M)
    )
    for path, said in ((red, RED), (green, GREEN)):
        page = path.read_text(encoding="utf-8")
        assert [text for text in said if text not in page] == []
        assert "<script" not in page
        assert page.count("<svg") == page.count("</svg>") > 4
        assert page.count('class="edge"') >= 4, "the lineage is drawn"
        assert 'aria-label="digests by column and day"' in page and 'class="new"' in page
    document = json.loads(green.with_suffix(".json").read_text(encoding="utf-8"))
    certificate, told = read_certificate(document)
    assert all(check.holds for check in verify(certificate, told))
    with tzero.open(tmp_path / "device_meta") as project:
        assert project.require_certified("feature_store.device_meta_encoded_t0_v1").id == document["id"]
        with pytest.raises(tzero.UncertifiedError, match="refuses it"):
            project.require_certified("feature_store.iphone_device_meta_encoded_v2_t0")


def test_again_makes_the_same(demo: Any, tmp_path: Path) -> None:
    assert demo(*SMALL).code == 0
    with tzero.open(tmp_path / "device_meta") as project:
        first = ordered(project.read())
    assert demo(*SMALL).code == 0
    with tzero.open(tmp_path / "device_meta") as project:
        assert ordered(project.read()).equals(first)


@pytest.mark.parametrize("name", ["tzero.toml", "upstream/device_image_features_unified_v1.sql", "demo.json"])
def test_foreign_files_are_left_alone(demo: Any, tmp_path: Path, name: str) -> None:
    mine = tmp_path / "device_meta" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    found = demo(*SMALL)
    assert found.code == 2
    assert name in found.err and "--dir" in found.err
    assert mine.read_text() == "mine"
    assert [path for path in (tmp_path / "device_meta").rglob("*") if path.is_file()] == [mine]


def test_changes_are_left_alone(demo: Any, tmp_path: Path) -> None:
    assert demo(*SMALL).code == 0
    declarations = tmp_path / "device_meta" / "device_meta.py"
    declarations.write_text(declarations.read_text() + "# mine\n")
    store = (tmp_path / "device_meta" / "store.duckdb").stat()
    found = demo(*SMALL)
    assert found.code == 2
    assert "was changed since" in found.err
    assert declarations.read_text().endswith("# mine\n")
    assert (tmp_path / "device_meta" / "store.duckdb").stat() == store


def test_tables_of_another_target_are_left_alone(demo: Any, tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path}/other.duckdb"
    assert demo(*SMALL, "--target", url).code == 0
    assert not (tmp_path / "device_meta" / "store.duckdb").exists()
    found = demo(*SMALL, "--target", url)
    assert found.code == 2
    assert "raw.listing_scrapes is there already" in found.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("flights", "--seed", "3"), "the flights are real"),
        (("flights", "--days", "400"), "out of range"),
        (("--days", "1"), "too short"),
        (("--listings", "0"), "out of range"),
    ],
)
def test_wrong_numbers(demo: Any, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    found = demo(*arguments)
    assert found.code == 2
    assert message in found.err
    assert list(tmp_path.iterdir()) == [], "nothing was written"


def test_the_mark_says_what_was_written(demo: Any, tmp_path: Path) -> None:
    assert demo(*SMALL).code == 0
    mark = json.loads((tmp_path / "device_meta" / "demo.json").read_text())
    assert mark["made_by"] == "tzero demo device_meta"
    declared = (tmp_path / "device_meta" / "device_meta.py").read_text()
    assert 'IMAGES_KNOWN_AT = "known_at"' in declared, "the market says when labels became known"
    assert sorted(mark["files"]) == [
        "device_meta.py",
        "tzero.toml",
        "upstream/device_image_features_unified_v1.sql",
        "upstream/iphone_device_meta_encoded_v2.sql",
        "upstream/iphone_device_meta_encoded_v2_t0.sql",
        "upstream/listing_device_features_clean_mv.sql",
        "upstream/listing_price_t0_v1.sql",
        "upstream/listing_price_t0_v1.toml",
        "upstream/predecessor.toml",
    ]
