from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.certify.shop import ENGINES, Shop, open_shop


@pytest.fixture(params=ENGINES)
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """The applied store of a small shop, on every engine."""
    found = open_shop(request.param)
    yield found
    found.engine.close()
