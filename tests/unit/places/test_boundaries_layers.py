"""The shipped boundary layers: checksums, size, completeness, captions."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
import shapely

from orchestration.core import REFERENCE_SEEDS, NjiaError, read_json
from orchestration.places.boundaries import (
    COUNTIES_FILE,
    DISCLAIMER,
    REGION,
    SHIPPED,
    Boundaries,
    captions,
    country_shapes,
    generalised,
    shapes_of,
    to_km,
)

LARGEST_KB = {
    "ke_counties_generalised.geojson": 45, "countries_region.geojson": 45, "countries_world.geojson": 60,
}  # fmt: skip


def place_rows() -> dict[str, dict[str, str]]:
    with (REFERENCE_SEEDS / "places.csv").open(newline="", encoding="utf-8") as file:
        return {row["place_id"]: row for row in csv.DictReader(file)}


def test_every_layer_has_the_checksum_that_its_sources_file_records() -> None:
    recorded = read_json(SHIPPED / "sources.json")["sha256"]
    layers = SHIPPED.glob("*.geojson")
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in layers} == recorded


@pytest.mark.parametrize("name", LARGEST_KB)
def test_a_layer_is_small_enough_for_a_page(name: str) -> None:
    assert (SHIPPED / name).stat().st_size <= LARGEST_KB[name] * 1024


def test_the_county_layer_has_the_47_counties_under_their_names() -> None:
    features = read_json(SHIPPED / COUNTIES_FILE)["features"]
    found = {feature["properties"]["code"]: feature["properties"]["name"] for feature in features}
    assert found == {i: row["name"] for i, row in place_rows().items() if row["kind"] == "county"}
    assert len(features) == 47


def test_coordinates_are_rounded_to_a_thousandth_of_a_degree() -> None:
    for shape in generalised().counties.values():
        at = shapely.get_coordinates(shape)
        assert np.allclose(at, at.round(3), atol=1e-9)


def test_neighbours_share_their_line_so_that_a_map_shows_no_seam() -> None:
    shapes = to_km(np.array(list(generalised().counties.values())))
    union = shapely.union_all(shapes)
    assert shapely.area(shapes).sum() - union.area < 0.0001 * union.area
    holes = [shapely.Polygon(ring).area for part in shapely.get_parts(union) for ring in part.interiors]
    assert sum(holes) < 20


def test_countries_have_iso_codes_and_no_area_without_one_is_drawn() -> None:
    places = place_rows()
    for of_the_world in (False, True):
        shapes = country_shapes(of_the_world)
        assert {places[code]["iso_alpha3"] for code in shapes} == set(shapes)
        assert all(shape.is_valid and not shape.is_empty for shape in shapes.values())
    assert shapes["SOM"].contains(shapely.Point(44.6, 9.3)), "Hargeisa lies in what ISO calls Somalia"
    assert len(shapes) > 170


def test_the_region_is_cut_at_its_frame_and_holds_the_gulf() -> None:
    shapes = country_shapes()
    west, south, east, north = shapely.union_all(list(shapes.values())).bounds
    assert (west, south, east, north) == pytest.approx(REGION, abs=0.01)
    gulf = {"SAU", "ARE", "QAT", "KWT", "BHR", "OMN", "LBN"}
    assert {"KEN", "UGA", "TZA", "ETH", "SOM", "SSD"} | gulf <= set(shapes)


def test_no_country_is_drawn_across_the_whole_map_at_the_180th_meridian() -> None:
    for shape in country_shapes(of_the_world=True).values():
        for part in shapely.get_parts(shape):
            west, _, east, _ = part.bounds
            assert -180 <= west <= east <= 180
            assert east - west < 175


def test_the_plane_keeps_places_where_they_were() -> None:
    point = shapely.Point(36.82, -1.29)
    assert to_km(to_km(point), "INVERSE").distance(point) < 1e-8  # a millimetre


def test_a_missing_layer_is_reported_with_the_command_to_run(tmp_path: Path) -> None:
    with pytest.raises(NjiaError, match=r"missing.*make boundaries"):
        shapes_of(tmp_path / "ke.geojson")


def test_captions_credit_the_sources_and_claim_no_authority() -> None:
    shipped, own = (
        captions(generalised()),
        captions(Boundaries("COD-AB 2026", "CC BY-IGO", "0" * 64, False, {})),
    )
    assert shipped.label == "Generalised boundaries, not authoritative."
    assert shipped.disclaimer == own.disclaimer == DISCLAIMER
    for source in ("Natural Earth", "GeoNames (CC BY 4.0)", "kenya-data"):
        assert source in shipped.credits
    assert "COD-AB 2026" in own.label and "Not authoritative" in own.label
    assert "COD-AB 2026 (CC BY-IGO)" in own.credits and "GeoNames" not in own.credits
