from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.unit.certify.shop import ENGINES, Shop, open_shop


@pytest.fixture(scope="module", params=ENGINES)
def store(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """One applied store for all the tests of a file: for those that leave its own relations alone."""
    found = open_shop(request.param)
    yield found
    found.engine.close()
