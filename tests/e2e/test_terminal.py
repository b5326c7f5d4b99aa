"""What a person at a terminal sees: a bar, a line for every step, a question."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

from tests.e2e.conftest import FEATURES, Shop

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def at_terminal(shop: Shop, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Run a command at a terminal of its own, type something, and return the exit code and what it showed."""
    master, slave = pty.openpty()
    command = [sys.executable, "-c", "from tzero.cli.main import main; main()", "--project", str(shop.root), *arguments]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True) as process:
        os.close(slave)
        os.write(master, typed.encode())
        shown = b"".join(iter(lambda: _read(master), b""))
    os.close(master)
    return process.returncode, shown.decode()


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65_536)
    except OSError:  # the terminal is gone with the last process that had it
        return b""


def test_a_bar_and_a_line_for_every_step(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    code, shown = at_terminal(shop, "refresh")
    assert code == 0
    assert "\x1b[" in shown
    plain = ESCAPE.sub("", shown)
    assert re.search(r"refresh statistics shop\.sale_features_stats: new rows  [\d,]+ rows  \d+\.\d\d s", plain)
    assert "store.duckdb is fresh" in plain


def test_apply_asks_and_takes_no_for_an_answer(shop: Shop) -> None:
    code, shown = at_terminal(shop, "apply", typed="n\n")
    assert code == 0
    assert "create statistics shop.sale_features_stats: new" in shown
    assert "apply these steps? [y/N]" in shown
    assert "nothing was changed" in shown
    assert not (shop.root / "store.duckdb").exists()


def test_apply_asks_and_goes_on(shop: Shop) -> None:
    code, shown = at_terminal(shop, "apply", typed="y\n")
    assert code == 0
    assert "is as declared; run 1" in shown
    assert len(shop.features()) == 400


def test_errors_are_coloured_and_still_plain_text(shop: Shop) -> None:
    shop.write("features.py", FEATURES.replace('column("price")', 'column("[bold]prize[/]")'))
    code, shown = at_terminal(shop, "plan")
    assert code == 2
    assert "\x1b[31m" in shown
    assert "[bold]prize[/]" in ESCAPE.sub("", shown)


def test_looking_changes_no_byte(shop: Shop) -> None:
    shop.ok("apply", "--yes")
    before = (shop.root / "store.duckdb").read_bytes()
    for command in (["plan"], ["show"], ["contract", "show"], ["contract", "check"]):
        shop.ok(*command)
    assert (shop.root / "store.duckdb").read_bytes() == before
    assert sorted(path.name for path in shop.root.iterdir() if not path.name.startswith(".")) == [
        "features.py",
        "sales.parquet",
        "store.duckdb",
        "tzero.toml",
    ]
