"""The chart in each of the ways that people might install it."""

from typing import Any

import pytest

from tests.deploy.chart import Resource, render
from tests.deploy.values import SCENARIOS


@pytest.fixture(scope="module", params=SCENARIOS)
def values(request: pytest.FixtureRequest) -> dict[str, Any]:
    return SCENARIOS[request.param]


@pytest.fixture(scope="module")
def resources(values: dict[str, Any]) -> list[Resource]:
    return render(values)
