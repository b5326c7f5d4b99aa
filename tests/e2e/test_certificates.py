"""Certificates from the command line: made, shown, written again, checked with and without the database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.conftest import CONFIG, Shop

NAME = "shop.sale_features"


@pytest.fixture
def applied(shop: Shop) -> Shop:
    shop.write("tzero.toml", f"{CONFIG}\n[certify]\nseconds = 1.5\n")
    shop.ok("apply", "--yes")
    return shop


def certified(shop: Shop, *options: str) -> Path:
    """Certify, and give the file."""
    made = shop.ok("certify", *options, "--output", "json").json
    assert [(one["predicate"]["relation"], one["predicate"]["verdict"]) for one in made] == [(NAME, "CERTIFIED")]
    [path] = (shop.root / "certificates").glob(f"{NAME}-*-{made[0]['id'][:8]}.json")
    assert json.loads(path.read_text(encoding="utf-8")) == made[0]
    return path


def under_a_seal(path: Path) -> int:
    """How many days gate C2 did not digest again."""
    gates = {gate["gate"]: gate for gate in json.loads(path.read_text(encoding="utf-8"))["predicate"]["gates"]}
    return int(gates["C2"]["exercised"]["days under an unbroken seal"])


def test_made_shown_written_again_and_checked(applied: Shop) -> None:
    assert applied.run("report").code == 1, "nothing certifies it yet"
    path = certified(applied)
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    shown = applied.ok("certificate", "show", str(path))
    assert f"{NAME}: CERTIFIED" in shown.out

    again = applied.root / "again.html"
    applied.ok("report", NAME, "--out", str(again))
    assert again.read_text(encoding="utf-8") == page
    copy = applied.root / "copy.json"
    copy.write_bytes(path.read_bytes())
    assert applied.ok("report", str(copy), "--output", "json").json["page"] == str(copy.with_suffix(".html"))
    assert copy.with_suffix(".html").read_text(encoding="utf-8") == page

    alone = applied.ok("certificate", "verify", str(path), "--output", "json").json
    assert [check["check"] for check in alone["checks"]] == ["id", "form", "digests", "gates", "verdict"]
    beside = applied.ok("certificate", "verify", str(path), "--target", "dev", "--output", "json").json
    assert [check["check"] for check in beside["checks"][5:]] == ["kept copy", "newest", "chain", "captures", "guard"]
    assert alone["whole"] and beside["whole"]


def test_what_changed_since_is_told(applied: Shop) -> None:
    first = certified(applied)
    applied.ok("refresh")
    since = applied.run("certificate", "verify", str(first), "--target", "dev")
    assert (since.code, "came after its certificate" in since.out) == (1, True)
    assert applied.run("certificate", "verify", str(first)).code == 0, "the file alone is whole"
    second = certified(applied)
    assert under_a_seal(second) > 0, "no day has changed"
    assert applied.run("certificate", "verify", str(second), "--target", "dev").code == 0
    older = applied.run("certificate", "verify", str(first), "--target", "dev", "--output", "json")
    wrong = {check["check"]: check["wrong"] for check in older.json["checks"] if not check["holds"]}
    assert (older.code, list(wrong)) == (1, ["newest"])

    document = json.loads(second.read_text(encoding="utf-8"))
    for change, check in (
        ({"verdict": "REFUSED"}, "verdict"),
        ({"gates": document["predicate"]["gates"][1:]}, "gates"),
        ({"lineage": [{**link, "definition": "SELECT 1"} for link in document["predicate"]["lineage"]]}, "digests"),
        ({"lineage": [{}]}, "form"),
    ):
        forged = applied.root / "forged.json"
        forged.write_text(json.dumps({**document, "predicate": {**document["predicate"], **change}}))
        found = applied.run("certificate", "verify", str(forged), "--output", "json")
        assert found.code == 1
        wrong = {each["check"] for each in found.json["checks"] if not each["holds"]}
        assert check in wrong and (check == "form" or "id" in wrong)
    assert under_a_seal(certified(applied, "--full")) == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '{"predicateType": "https://slsa.dev/provenance/v1"}', "\x00"])
def test_files_that_are_no_certificate(shop: Shop, text: str) -> None:
    shop.write("other.json", text)
    for command in (("certificate", "show"), ("certificate", "verify"), ("report",)):
        found = shop.run(*command, str(shop.root / "other.json"))
        assert found.code == 2
        assert "fix:" in found.err
