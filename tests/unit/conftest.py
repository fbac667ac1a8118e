"""The tables of a module's `world`, a `World` of `tests/fixtures/dbt_world.py`."""

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="module")
def warehouse(world: Any) -> Iterator[Any]:
    with world.opened() as connection:
        yield connection
