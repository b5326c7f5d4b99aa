from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tzero.cli.main import COMMANDS, main
from tzero.cli.output import cell, clean, put_table

SLOW = ("duckdb", "sqlglot", "pyarrow", "pydantic", "psycopg", "rich", "numpy", "pandas", "polars")


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["--version"]])
def test_help_imports_nothing_slow(arguments: list[str]) -> None:
    script = f"""
import sys
sys.argv = ["tzero", *{arguments!r}]
from tzero.cli.main import main
try:
    main()
except SystemExit as left:
    assert not left.code, left.code
print([name for name in {SLOW!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_importing_the_package_imports_nothing_slow() -> None:
    script = f"import sys, tzero; print([name for name in {SLOW!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


DECLARED = """
anchor = "t0"
own = "sales"
[relations.sales]
key = ["id"]
time = "made"
not_null = ["made"]
columns = { id = "integer", made = "timestamp" }
"""


def test_a_proof_loads_no_database(tmp_path: Path) -> None:
    file, declared = tmp_path / "proved.sql", tmp_path / "declared.toml"
    file.write_text("SELECT id, made AS t0 FROM sales")
    declared.write_text(DECLARED)
    script = f"""
import sys
sys.argv = ["tzero", "check", {str(file)!r}, "--declare", {str(declared)!r}]
from tzero.cli.main import main
try:
    main()
except SystemExit as left:
    assert not left.code, left.code
print([name for name in ("duckdb", "pyarrow", "psycopg", "numpy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert "PROVED" in done.stdout, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    out, err = capsys.readouterr()
    return int(left.value.code or 0), out, err


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "--help")
    shown = [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line.strip()]
    assert shown == [name for name in COMMANDS if name in shown]
    assert {"init", "plan", "apply", "refresh", "contract", "load", "show"} <= set(shown)
    for name in shown:
        code, text, _ = run(capsys, name, "--help")
        assert code == 0
        assert "Usage: tzero" in text


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["plam"], 2, "did you mean 'plan'"),
        (["plan", "--nope"], 2, "No such option"),
        (["--output", "xml", "plan"], 2, "xml"),
        ([], 2, "Usage"),
    ],
)
def test_usage_errors(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str) -> None:
    found, out, err = run(capsys, *arguments)
    assert found == code
    assert message in out + err


def test_options_count_before_and_after_the_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    before = run(capsys, "--project", str(tmp_path), "plan")
    after = run(capsys, "plan", "--project", str(tmp_path))
    nearest = run(capsys, "--project", "/nowhere", "plan", "--project", str(tmp_path))
    assert before == after == nearest
    assert str(tmp_path) in before[2]


def test_nothing_in_data_reaches_the_terminal_raw() -> None:
    assert clean("a\x1b[2Jb\u202ec\x07\u200b") == "a\\x1b[2Jb\\u202ec\\x07\\u200b"
    assert clean("zwölf ✓\nlines") == "zwölf ✓\nlines"
    assert cell("two\nlines") == "two\\nlines"


def test_tables_align_and_do_not_cut(capsys: pytest.CaptureFixture[str]) -> None:
    put_table(("name", "rows"), [("x" * 200, 5), ("y", 1_234_567)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "x" * 200 + "          5"
    assert lines[3].endswith(" 1,234,567")
