"""The house rules, each with a violation that it catches."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from tests.architecture.source import ROOT, Import, home, imports, modules

import tzero
from tzero import errors

REPOSITORY = ROOT.parents[1]
DRIVERS = {"duckdb", "psycopg", "psycopg_pool", "pyspark", "sqlalchemy"}
SQLGLOT_IN = {"sql", "features", "compile", "prove", "falsify"}
FORBIDDEN_FOLDERS = {"utils", "util", "common", "core", "helpers", "manager", "managers", "services"}


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def drivers_outside_engines(found: Iterable[Import]) -> list[Import]:
    return [item for item in found if item.of.split(".")[0] in DRIVERS and layer(item.by) != "engines"]


def sqlglot_outside(found: Iterable[Import]) -> list[Import]:
    return [item for item in found if item.of.split(".")[0] == "sqlglot" and layer(item.by) not in SQLGLOT_IN]


def cycle(found: Iterable[Import], known: set[str]) -> list[str]:
    """A circle of modules that import each other at their top level; empty where there is none."""
    reached: dict[str, set[str]] = {name: set() for name in known}
    for item in found:
        target = home(item.of, known)
        if item.top and target is not None and target != item.by and not item.by.startswith(f"{target}."):
            reached[item.by].add(target)
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in done:
            return []
        path.append(name)
        for other in sorted(reached[name]):
            if circle := visit(other):
                return circle
        path.pop()
        done.add(name)
        return []

    return next((circle for name in sorted(known) if (circle := visit(name))), [])


def plant(folder: Path, **files: str) -> Path:
    root = folder / "tzero"
    for name, text in {"__init__": "", **files}.items():
        path = root / f"{name.replace('__in__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_imports_only_go_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0


def test_the_contract_lists_every_folder() -> None:
    config = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    listed = " ".join(config["tool"]["importlinter"]["contracts"][0]["layers"])
    folders = {layer(name) for name in modules()} - {"", "starters"}
    assert {folder for folder in folders if f"tzero.{folder}" not in listed} == set()


def test_drivers_are_imported_in_engines_alone() -> None:
    assert drivers_outside_engines(imports()) == []


def test_a_driver_elsewhere_is_found(tmp_path: Path) -> None:
    root = plant(tmp_path, state__in__a="def f():\n    import duckdb\n", engines__in__b="import duckdb\n")
    assert [item.by for item in drivers_outside_engines(imports(root))] == ["tzero.state.a"]


def test_sqlglot_is_tamed_where_trees_are_made_or_read() -> None:
    assert sqlglot_outside(imports()) == []


def test_sqlglot_elsewhere_is_found(tmp_path: Path) -> None:
    root = plant(tmp_path, engines__in__b="from sqlglot import exp\n", sql__in__a="from sqlglot import exp\n")
    assert [item.by for item in sqlglot_outside(imports(root))] == ["tzero.engines.b"]


def test_compile_and_prove_do_not_know_each_other() -> None:
    crossed = [
        item
        for item in imports()
        if {layer(item.by), layer(item.of)} == {"compile", "prove"} and item.of.startswith("tzero.")
    ]
    assert crossed == []


def test_there_is_no_import_cycle() -> None:
    assert cycle(imports(typing=False), set(modules())) == []


def test_a_cycle_is_found(tmp_path: Path) -> None:
    root = plant(tmp_path, a="import tzero.b\n", b="from tzero.c import x\n", c="from tzero import a\n")
    assert set(cycle(imports(root), set(modules(root)))) == {"tzero.a", "tzero.b", "tzero.c"}


def test_no_folder_has_a_name_that_says_nothing() -> None:
    assert {part for name in modules() for part in name.split(".")} & FORBIDDEN_FOLDERS == set()


def test_the_public_names_are_listed_sorted_and_there() -> None:
    assert tzero.__all__ == sorted(tzero.__all__)
    assert len(tzero.__all__) == len(set(tzero.__all__))
    assert 20 <= len(tzero.__all__) <= 30
    for name in tzero.__all__:
        assert inspect.getdoc(getattr(tzero, name)), f"{name} has no docstring"
    assert dir(tzero) == tzero.__all__
    with pytest.raises(AttributeError, match="nonsense"):
        tzero.nonsense  # noqa: B018


def test_what_a_type_checker_sees_is_what_is_there() -> None:
    lines = (ROOT / "__init__.py").read_text().splitlines()
    checked = {line.split(" as ")[-1].split("  #")[0].strip() for line in lines if line.startswith("    from tzero")}
    assert checked == set(tzero.__all__)


def test_the_error_tree_is_drawn_whole() -> None:
    drawn = errors.__doc__ or ""
    classes = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, Exception)]
    assert len(classes) > 10
    for error in classes:
        line = next((line for line in drawn.splitlines() if error.__name__ in line.split()), None)
        assert line is not None, f"{error.__name__} is not in the tree"
        if "exit" in line:
            assert line.endswith(f"exit {error.exit_code}")
