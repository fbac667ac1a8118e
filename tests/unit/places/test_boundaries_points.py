"""Coordinates to county and country, and the conflicts between a point and a name."""

import math

import numpy as np
import pytest
import shapely

from orchestration.places.boundaries.chosen import Boundaries, generalised
from orchestration.places.boundaries.points import counties_of, country_of, county_of, read_point
from orchestration.places.boundaries.projection import to_km

NAIROBI = (-1.2921, 36.8219)
MOMBASA_ISLAND = (-4.04, 39.67)
THIKA = (-1.033, 37.069)
RUIRU = (-1.149, 36.958)  # in Kiambu; the generalised line leaves it in Nairobi
INSIDE_MARSABIT = (2.8, 37.5)
FROM_POINT, CONFLICT = "flag:geo_from_point", "flag:geo_name_conflict"


def test_a_point_lies_in_its_county_or_near_its_line() -> None:
    code, km = county_of(*NAIROBI)
    assert code == "KE047"
    point = to_km(shapely.Point(NAIROBI[1], NAIROBI[0]))
    assert km == pytest.approx(point.distance(to_km(generalised().counties["KE047"]).boundary))
    code, km = county_of(*MOMBASA_ISLAND)
    assert code is None and km < 1  # a generalised coast leaves the island in the water


def test_the_distance_is_to_the_nearest_line_of_any_county() -> None:
    lines = [to_km(shape).boundary for shape in generalised().counties.values()]
    rng = np.random.default_rng(7)
    lats, lons = rng.uniform(-5, 5, 40), rng.uniform(33, 42, 40)
    _, km = counties_of(lats, lons)
    for lat, lon, found in zip(lats, lons, km, strict=True):
        assert found == pytest.approx(min(to_km(shapely.Point(lon, lat)).distance(line) for line in lines))


@pytest.mark.parametrize(
    ("place", "code"),
    [((0.35, 32.58), "UGA"), ((2.04, 45.34), "SOM"), ((25.2, 55.27), "ARE"), ((51.5, -0.1), "GBR"),
     ((9.56, 44.06), "SOM"), (NAIROBI, "KEN"), ((26.22, 50.58), "BHR")],
    ids=["Kampala", "Mogadishu", "Dubai", "London", "Hargeisa", "Nairobi", "Manama"],
)  # fmt: skip
def test_a_point_abroad_lies_in_its_country(place: tuple[float, float], code: str) -> None:
    assert country_of(*place) == code


def test_a_point_at_sea_or_off_the_earth_lies_nowhere_and_no_point_is_no_error() -> None:
    assert {country_of(*at) for at in ((-30, -20), (95, 36), (math.nan, 36))} == {None}
    codes, km = counties_of([95.0, math.nan, -1.2921], [36.0, 36.0, 36.8219])
    assert codes == [None, None, "KE047"]
    assert np.isnan(km).tolist() == [True, True, False]
    codes, km = counties_of([], [])
    assert codes == [] and len(km) == 0


@pytest.mark.parametrize(
    ("point", "named_county", "county", "country", "problems"),
    [
        (NAIROBI, None, "KE047", "KEN", [FROM_POINT]),
        (NAIROBI[::-1], None, "KE047", "KEN", [FROM_POINT, "flag:geo_swapped"]),
        ((0, 0), None, None, None, ["unk:geo_null_island"]),
        ((0.0, 0.0), "KE047", "KE047", None, ["unk:geo_null_island"]),
        (THIKA, "KE022", "KE022", "KEN", [FROM_POINT]),
        (RUIRU, "KE022", "KE022", "KEN", [FROM_POINT, CONFLICT]),
        (INSIDE_MARSABIT, "KE047", "KE010", "KEN", [FROM_POINT, CONFLICT]),
        (MOMBASA_ISLAND, None, "KE001", "KEN", [FROM_POINT]),
        ((0.47, 33.9), None, None, "UGA", [FROM_POINT]),
        ((-30, -20), None, None, None, ["unk:place_unresolved"]),
        ((math.nan, 36.8), None, None, None, ["unk:place_unresolved"]),
    ],
    ids=[
        "coordinates alone give the county", "swapped coordinates are swapped back", "zeros are no place",
        "the name stands beside zeros", "point and name agree", "near a line the name wins",
        "far from a line the point wins", "just off the drawn coast", "across the border from Busia", "at sea",
        "not a number",
    ],
)  # fmt: skip
def test_a_point_is_read_with_the_county_that_the_record_names(
    point: tuple[float, float], named_county: str | None, county: str | None, country: str | None, problems: list[str]
) -> None:  # fmt: skip
    found = read_point(*point, named_county=named_county)
    assert (found.county, found.country, list(found.problems)) == (county, country, problems)


def test_ten_kilometres_from_a_line_decide_between_point_and_name() -> None:
    assert county_of(*RUIRU)[0] == "KE047" and county_of(*RUIRU)[1] < 10 < county_of(*INSIDE_MARSABIT)[1]


def test_a_point_in_the_country_that_the_record_names_is_not_swapped() -> None:
    in_spain = (39.85, -3.6)  # swapped, it lies in Kilifi
    assert read_point(*in_spain, named_country="ESP").country == "ESP"
    assert read_point(*in_spain).county == "KE003"


def test_an_operators_boundaries_replace_the_shipped_ones() -> None:
    exchanged = dict(generalised().counties)
    exchanged["KE047"], exchanged["KE022"] = exchanged["KE022"], exchanged["KE047"]
    own = Boundaries("own", None, "0" * 64, False, exchanged)
    assert county_of(*NAIROBI, own)[0] == "KE022"
    assert read_point(*NAIROBI, boundaries=own).county == "KE022"


def test_a_point_on_a_shared_line_always_gets_the_same_county() -> None:
    shapes = generalised().counties
    shared = shapes["KE008"].intersection(shapes["KE009"])
    line = max(shapely.get_parts(shared), key=lambda part: part.length)
    middle = shapely.get_coordinates(line)[0]
    assert county_of(middle[1], middle[0]) == ("KE008", pytest.approx(0, abs=1e-6))
