"""Coordinates to county and country."""

import numpy as np
import pytest
import shapely

from orchestration.places.boundaries import generalised, to_km
from orchestration.places.points import Position, read_point

NAIROBI = (-1.2921, 36.8219)
MOMBASA_ISLAND = (-4.04, 39.67)
RUIRU = (-1.149, 36.958)  # in Kiambu; the generalised line leaves it in Nairobi


def test_a_point_is_near_a_line_within_ten_kilometres_of_any_county() -> None:
    lines = [to_km(shape).boundary for shape in generalised().counties.values()]
    rng = np.random.default_rng(7)
    near = []
    for lat, lon in zip(rng.uniform(-4, 4, 60), rng.uniform(35, 40, 60), strict=True):
        position = read_point(lat, lon)
        assert position is not None
        assert position.near_a_line == (
            min(to_km(shapely.Point(lon, lat)).distance(line) for line in lines) <= 10
        )
        near.append(position.near_a_line)
    assert 10 < sum(near) < 50


@pytest.mark.parametrize(
    ("place", "code"),
    [((0.35, 32.58), "UGA"), ((2.04, 45.34), "SOM"), ((25.2, 55.27), "ARE"), ((51.5, -0.1), "GBR"),
     ((9.56, 44.06), "SOM"), ((26.22, 50.58), "BHR"), ((0.47, 33.9), "UGA")],
    ids=["Kampala", "Mogadishu", "Dubai", "London", "Hargeisa", "Manama", "across the border from Busia"],
)  # fmt: skip
def test_a_point_abroad_lies_in_its_country(place: tuple[float, float], code: str) -> None:
    position = read_point(*place)
    assert position is not None and (position.place, position.swapped) == (code, False)


@pytest.mark.parametrize(
    ("point", "position"),
    [
        (NAIROBI, Position("KE047", near_a_line=False)),
        (NAIROBI[::-1], Position("KE047", near_a_line=False, swapped=True)),
        ((2.8, 37.5), Position("KE010", near_a_line=False)),
        (RUIRU, Position("KE047", near_a_line=True)),
        (MOMBASA_ISLAND, Position("KE001", near_a_line=True)),
        ((39.85, -3.6), Position("KE003", near_a_line=True, swapped=True)),
        ((-30, -20), None),
        ((95, 36), None),
    ],
    ids=[
        "in a county", "latitude and longitude exchanged", "far from a line", "near a line",
        "just off the drawn coast", "in Spain, or Kilifi exchanged", "at sea", "off the earth",
    ],
)  # fmt: skip
def test_a_point_is_read_as_a_county(point: tuple[float, float], position: Position | None) -> None:
    assert read_point(*point) == position


def test_a_point_on_a_shared_line_always_gets_the_same_county() -> None:
    shapes = generalised().counties
    shared = shapes["KE008"].intersection(shapes["KE009"])
    line = max(shapely.get_parts(shared), key=lambda part: part.length)
    middle = shapely.get_coordinates(line)[0]
    assert read_point(middle[1], middle[0]) == Position("KE008", near_a_line=True)
