"""A point says in which county it lies, how near to a line, and when not to trust it."""

from __future__ import annotations

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


def test_nairobi_lies_in_its_county_some_kilometres_from_the_line() -> None:
    code, km = county_of(*NAIROBI)
    assert code == "KE047"
    point = to_km(shapely.Point(NAIROBI[1], NAIROBI[0]))
    assert km == pytest.approx(point.distance(to_km(generalised().counties["KE047"]).boundary))


def test_the_distance_counts_lines_of_counties_with_several_parts() -> None:
    code, km = county_of(*MOMBASA_ISLAND)
    assert code is None  # a generalised coast leaves the island in the water
    assert km < 1


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


def test_a_point_at_sea_or_off_the_earth_lies_in_no_country() -> None:
    assert country_of(-30, -20) is None
    assert country_of(95, 36) is None
    assert country_of(math.nan, 36) is None


def test_numbers_that_are_no_position_have_no_county_and_no_distance() -> None:
    codes, km = counties_of([95.0, math.nan, -1.2921], [36.0, 36.0, 36.8219])
    assert codes == [None, None, "KE047"]
    assert np.isnan(km).tolist() == [True, True, False]


def test_no_points_give_no_answers() -> None:
    codes, km = counties_of([], [])
    assert codes == []
    assert len(km) == 0


def test_coordinates_alone_give_the_county_and_say_so() -> None:
    found = read_point(*NAIROBI)
    assert (found.county, found.country, found.problems) == ("KE047", "KEN", ("flag:geo_from_point",))


def test_swapped_coordinates_are_swapped_back_and_flagged() -> None:
    found = read_point(NAIROBI[1], NAIROBI[0])
    assert (found.county, found.country) == ("KE047", "KEN")
    assert found.problems == ("flag:geo_from_point", "flag:geo_swapped")


def test_a_point_in_the_country_that_the_record_names_is_not_swapped() -> None:
    in_spain = (39.85, -3.6)  # swapped, it lies in Kilifi
    assert read_point(*in_spain, named_country="ESP").country == "ESP"
    assert read_point(*in_spain).county == "KE003"


def test_zeros_are_no_place_and_the_name_stands() -> None:
    assert read_point(0, 0).problems == ("unk:geo_null_island",)
    assert read_point(0, 0).county is None
    assert read_point(0.0, 0.0, named_county="KE047").county == "KE047"


def test_near_a_line_the_name_wins_and_the_conflict_is_flagged() -> None:
    code, km = county_of(*RUIRU)
    assert code == "KE047" and km < 10
    found = read_point(*RUIRU, named_county="KE022")
    assert (found.county, found.country) == ("KE022", "KEN")
    assert found.problems == ("flag:geo_from_point", "flag:geo_name_conflict")


def test_far_from_any_line_the_point_wins_and_the_conflict_is_flagged() -> None:
    found = read_point(2.8, 37.5, named_county="KE047")  # inside Marsabit
    assert found.km_to_boundary is not None and found.km_to_boundary > 10
    assert (found.county, found.problems[-1]) == ("KE010", "flag:geo_name_conflict")


def test_a_point_that_agrees_with_the_name_has_no_conflict() -> None:
    assert read_point(*THIKA, named_county="KE022").problems == ("flag:geo_from_point",)


def test_a_point_just_off_the_drawn_coast_belongs_to_the_county_beside_it() -> None:
    assert read_point(*MOMBASA_ISLAND).county == "KE001"


def test_a_point_on_the_other_side_of_the_border_is_not_drawn_into_a_county() -> None:
    found = read_point(0.47, 33.9)  # Uganda, within sight of Busia
    assert (found.county, found.country) == (None, "UGA")


def test_a_point_out_at_sea_is_unresolved() -> None:
    found = read_point(-30, -20)
    assert (found.county, found.country, found.problems) == (None, None, ("unk:place_unresolved",))


def test_not_a_number_is_unresolved() -> None:
    assert read_point(math.nan, 36.8).problems == ("unk:place_unresolved",)


def test_the_operators_own_lines_decide_where_they_are_given() -> None:
    exchanged = dict(generalised().counties)
    exchanged["KE047"], exchanged["KE022"] = exchanged["KE022"], exchanged["KE047"]
    own = Boundaries("own", None, "0" * 64, False, exchanged)
    assert county_of(*NAIROBI, own)[0] == "KE022"
    assert read_point(*NAIROBI, boundaries=own).county == "KE022"


def test_a_point_on_a_shared_line_gets_one_county_always_the_same() -> None:
    shapes = generalised().counties
    shared = shapes["KE008"].intersection(shapes["KE009"])
    line = max(shapely.get_parts(shared), key=lambda part: part.length)
    middle = shapely.get_coordinates(line)[0]
    assert county_of(middle[1], middle[0]) == ("KE008", pytest.approx(0, abs=1e-6))
