"""The tables of a module's `world`, and the data tests of dbt on them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from tests.fixtures.dbt_world import World


@pytest.fixture(scope="module")
def warehouse(world: World) -> Iterator[duckdb.DuckDBPyConnection]:
    with world.opened() as connection:
        yield connection
