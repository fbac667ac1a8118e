"""Hotspots: check cases with known answers, and what a partner's size must never do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.settings import Settings
from orchestration.statistics import AGGREGATES, SCHEMAS, measure
from orchestration.statistics.policy import load_policy
from orchestration.statistics.posterior import posterior
from orchestration.statistics.two_way import comparable, two_way

POLICY = load_policy()


def test_two_partners_that_share_one_county_give_ratios_by_hand() -> None:
    """By hand: raw counts rank the second county first, the model the first."""
    records = np.array([[20.0, 10, 0], [0, 40, 20]])
    months = np.array([[12.0, 12, 0], [0, 12, 12]])
    fit = two_way(records, months)
    assert fit.ratio == pytest.approx([20 / 9, 10 / 9, 5 / 9], rel=1e-8)
    assert fit.expected == pytest.approx([9, 45, 36], rel=1e-8)


def test_the_posterior_of_thirty_where_fifteen_are_expected_is_no_hotspot() -> None:
    """Gamma(32, 17), by R's qgamma and pgamma."""
    sure = posterior(np.array([30.0]), np.array([15.0]), 2, 2)
    (low,), (high,) = sure.interval(0.95)
    assert sure.mean[0] == pytest.approx(1.882353, abs=1e-6)
    assert (low, high) == pytest.approx((1.287528, 2.588354), abs=1e-6)
    assert sure.above(1.5)[0] == pytest.approx(0.880517, abs=1e-6)


def test_places_that_no_partner_ties_together_are_not_compared() -> None:
    """p and q share the first two counties; r alone watches the third."""
    records = np.array([[5.0, 5, 0], [5, 5, 0], [0, 0, 50]])
    partners, places = comparable(records, (records > 0).astype(float))
    assert partners.tolist() == [True, True, False]
    assert places.tolist() == [True, True, False]


def test_a_county_without_records_ties_nobody_but_is_compared() -> None:
    """p watches the first two counties, q the last two; in the middle one neither has seen anything."""
    records = np.array([[30.0, 0, 0], [0, 0, 5]])
    months = np.array([[12.0, 12, 0], [0, 12, 12]])
    partners, places = comparable(records, months)
    assert partners.tolist() == [True, False]
    assert places.tolist() == [True, True, False]
    fit = two_way(records, months)
    assert fit.ratio.tolist() == [2, 0] and fit.expected.tolist() == [15, 15]


def frame(columns: tuple[str, ...], rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


EMPTY = {
    name: pa.table({column: pa.array([], pa.string()) for column in columns})
    for name, columns in AGGREGATES.items()
}


def test_an_empty_world_gives_empty_tables(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "home", tmp_path, tmp_path)
    assert measure(settings, EMPTY) == dict.fromkeys(SCHEMAS, 0)
    for name, schema in SCHEMAS.items():
        assert pq.read_schema(settings.statistics / f"{name}.parquet").equals(schema)
