"""The small map beside a question about places: who is on it, where, and what is drawn around."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import shapely

from orchestration.stewardship.desk.drawings import KENYA, WIDTH, map_of


@dataclass
class Place:
    name: str
    point: tuple[float, float] | None


MALABA, MOMBASA = Place("Malaba", (0.64, 34.27)), Place("Mombasa", (-4.05, 39.67))
DUBAI = Place("Dubai", (25.2, 55.27))


def square(west: float, south: float) -> shapely.Polygon:
    return shapely.box(west, south, west + 1, south + 1)


def outlines(*squares: shapely.Polygon) -> list[shapely.Polygon]:
    return list(squares)


def test_candidates_without_a_point_keep_their_number_and_are_not_drawn() -> None:
    drawn = map_of([Place("Maraba", None), MALABA], outlines(), outlines)
    assert drawn and [(number, name) for number, _, _, name in drawn.spots] == [(2, "Malaba")]
    assert map_of([Place("Maraba", None)], outlines(), outlines) is None


def test_north_is_up_and_west_is_left() -> None:
    drawn = map_of([MALABA, MOMBASA], outlines(), outlines)
    assert drawn
    (_, west, north, _), (_, east, south, _) = drawn.spots
    assert west < east and north < south


@pytest.mark.parametrize("candidates", [[MALABA], [MALABA, DUBAI], [DUBAI], [Place("Oslo", (59.9, 10.8))]])
def test_every_candidate_lies_on_the_map_and_the_map_has_a_shape(candidates: list[Place]) -> None:
    drawn = map_of(candidates, outlines(), outlines)
    assert drawn and 100 <= drawn.height <= 3 * WIDTH
    assert all(0 <= x <= WIDTH and 0 <= y <= drawn.height for _, x, y, _ in drawn.spots)


def test_what_lies_beside_the_map_is_not_sent() -> None:
    inside, outside = square(36, 0), square(100, 0)
    drawn = map_of([MALABA], outlines(inside, outside), outlines)
    assert drawn and len(drawn.outlines) == 1
    assert drawn.outlines[0].startswith("M") and drawn.outlines[0].endswith("Z")


def test_a_place_in_kenya_is_shown_in_all_of_kenya_and_one_abroad_among_countries() -> None:
    drawn = map_of([MOMBASA], outlines(square(KENYA[0], KENYA[3] - 1)), outlines)
    assert drawn and len(drawn.outlines) == 1
    drawn = map_of([DUBAI], outlines(square(36, 0)), lambda: outlines(square(55, 25)))
    assert drawn and len(drawn.outlines) == 1
