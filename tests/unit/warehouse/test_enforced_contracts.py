"""A table whose columns differ from its declared schema is not built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fixtures.dbt_world import World


def test_a_column_of_another_type_stops_the_build(tmp_path: Path) -> None:
    wrong = {"models/marts/dim_period.sql": ("    is_complete\n", "    'yes' as is_complete\n")}
    with pytest.raises(AssertionError, match=r"(?s)dim_period.+enforced contract"):
        World(tmp_path).build(changed=[wrong])
