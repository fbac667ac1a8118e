"""Boundary files as an operator might give them, made from the layer that ships with Njia."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd

from orchestration.core import Settings
from orchestration.places.boundaries.chosen import generalised
from tests.conftest import EvidenceBase

CODE = "ADM1_PCODE"
# ISO codes of the counties, by P-code KE001, KE002, …
ISO_BY_PCODE = """
    28 19 14 40 21 39 07 46 24 25 09 26 41 06 18 22 23 35 36 15 29 13 43 47
    37 42 44 05 32 01 20 31 33 10 12 02 11 45 03 04 38 17 08 27 16 34 30
"""


def counties() -> gpd.GeoDataFrame:
    """The 47 counties under the column name that OCHA uses."""
    shapes = generalised().counties
    return gpd.GeoDataFrame({CODE: list(shapes)}, geometry=list(shapes.values()), crs="EPSG:4326")


def write(frame: gpd.GeoDataFrame, path: Path) -> Path:
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_file(path)
    return path


def settings_with(path: Path) -> Settings:
    home = path.parent
    return Settings(home, home, home, boundaries=path)


def with_boundaries(base: EvidenceBase, path: Path) -> EvidenceBase:
    """The same installation, told of a boundary file of its operator's own."""
    return EvidenceBase(replace(base.settings, boundaries=path))
