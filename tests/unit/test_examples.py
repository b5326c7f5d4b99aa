"""Every example in a docstring of the package is run."""

from __future__ import annotations

import doctest
import importlib

import pytest
from tests.architecture.source import modules

EXAMPLES = {
    name
    for name, path in modules().items()
    if ">>> " in path.read_text(encoding="utf-8") and not name.startswith("tzero.starters.device_meta.project")
}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_examples_of(name: str) -> None:
    found = doctest.testmod(importlib.import_module(name))
    assert found.attempted > 0
    assert found.failed == 0
