"""The source, parsed: which module imports which, read from the text alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tzero

ROOT = Path(tzero.__file__).parent


@dataclass(frozen=True)
class Import:
    """An import statement: the importing module, what it names, and whether it stands at the top level."""

    by: str
    of: str
    line: int
    top: bool


def module_name(path: Path, root: Path = ROOT) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path = ROOT) -> dict[str, Path]:
    # the project folders of starters are the user's own files: copied, never imported
    found = (path for path in root.rglob("*.py") if "project" not in path.relative_to(root).parts[2:-1])
    return {module_name(path, root): path for path in found}


def imports(root: Path = ROOT, *, typing: bool = True) -> Iterator[Import]:
    """Every import; ``typing=False`` leaves out those that only a type checker sees."""
    for name, path in modules(root).items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        top = {id(node) for node in tree.body}
        unseen = set() if typing else {id(node) for block in _checked_only(tree) for node in ast.walk(block)}
        for node in ast.walk(tree):
            if id(node) in unseen:
                continue
            for of in _named(node):
                yield Import(name, of, node.lineno, id(node) in top)


def _named(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module is not None:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _checked_only(tree: ast.Module) -> Iterator[ast.If]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield node


def home(of: str, known: set[str]) -> str | None:
    """The module of this package that an imported name comes from."""
    while of:
        if of in known:
            return of
        of = of.rpartition(".")[0]
    return None
