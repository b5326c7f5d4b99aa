"""Every command and every piece of Python in the documents runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tzero.cli.main import cli
from tzero.project.config import Config

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^```(?P<language>\w+)?(?: (?P<file>\S+))?\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:)(?P<path>[^)#]+)")


def documents_with(language: str) -> list[Path]:
    return [path for path in DOCUMENTS if f"```{language}" in path.read_text()]


def run(command: str, folder: Path) -> None:
    words = shlex.split(command)
    if words[0] == "make":
        recipe = make_recipe(words[1])
        if words[1] != "demo":
            return  # this very test is part of it
        words = shlex.split(recipe.replace("$(BIN)/", ""))
    assert words[0] in ("tzero", "python"), f"the document runs {words[0]!r}; teach this test how"
    program = Path(sys.executable).with_name(words[0])
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [program, *words[1:]], cwd=folder, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def make_recipe(target: str) -> str:
    lines = (ROOT / "Makefile").read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{target}:"))
    return lines[at + 1].strip()


@pytest.mark.parametrize("path", documents_with("console"), ids=lambda path: path.name)
def test_commands_and_code_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in _BLOCK.finditer(path.read_text()):
        language, file, body = block["language"], block["file"], block["body"]
        if file:
            Path(file).write_text(body)
        elif language == "console":
            for line in body.splitlines():
                if line.startswith("$ "):
                    run(line[2:], tmp_path)
        elif language == "python":
            exec(compile(body, str(path), "exec"), names)


@pytest.mark.parametrize(
    "path", [p for p in documents_with("python") if p not in documents_with("console")], ids=lambda path: path.name
)
def test_code_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in _BLOCK.finditer(path.read_text()):
        if block["language"] == "python":
            exec(compile(block["body"], str(path), "exec"), names)


@pytest.mark.parametrize(
    "path", [*DOCUMENTS, ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md"], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for link in _LINK.finditer(path.read_text()):
        assert (path.parent / link["path"]).exists(), f"{path.name} links to {link['path']}"


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "commands.md").read_text()
    for name in cli.list_commands(click.Context(cli)):
        assert f"## `tzero {name}" in text, f"docs/reference/commands.md has no section on tzero {name}"


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "configuration.md").read_text()
    for name in Config.model_fields:
        assert f"`{name}`" in text or f"[{name}" in text, f"docs/reference/configuration.md does not mention {name}"
