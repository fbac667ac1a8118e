"""Where places stand on the map page, and how the lines between them bend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import shapely

from orchestration.outputs.bends import BENDS
from orchestration.outputs.edition import Edition
from orchestration.outputs.map_page.bent import bends
from orchestration.outputs.map_page.frames import FRAMES, PLACELESS, frames
from tests.unit.printed_world import write_release


@pytest.fixture(scope="module")
def partner(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    folder: Path = tmp_path_factory.mktemp("release")
    return Edition("partner", folder, write_release(folder))


@pytest.fixture(scope="module")
def laid_out(partner: Edition) -> dict[str, dict[str, Any]]:
    return frames(partner.table("places"))


def is_within(point: list[float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= point[0] <= box[2] and box[1] <= point[1] <= box[3]


@pytest.mark.parametrize("name", ["wide", "tall"])
def test_every_place_stands_in_the_drawing_the_gulf_in_its_frame_and_what_is_far_in_its_list(
    laid_out: dict[str, dict[str, Any]], partner: Edition, name: str
) -> None:
    frame = laid_out[name]
    points = frame["points"]
    assert set(points) == set(partner.table("places")["place_id"]) - set(PLACELESS)
    assert all(is_within(point, frame["box"]) for point in points.values())
    assert all(is_within(points[one], frame["gulf"]["box"]) for one in ("SAU", "ARE", "QAT", "OMN"))
    far = frame["far"]["places"]
    assert {"THA", "ZAF"} <= set(far) and not {"UGA", "SAU"} & set(far)
    assert all(is_within(points[one], frame["far"]["box"]) for one in far)
    assert len({tuple(point) for point in points.values()}) > 0.9 * len(points)


def test_the_states_of_the_gulf_are_drawn_where_their_places_stand(
    laid_out: dict[str, dict[str, Any]],
) -> None:
    for name in ("wide", "tall"):
        shape = shapely.MultiPolygon([(rings[0], []) for rings in laid_out[name]["gulf"]["SAU"]])
        assert shape.contains(shapely.Point(laid_out[name]["points"]["SAU"]))
    assert laid_out["kenya"]["gulf"] is None and laid_out["kenya"]["box"] == FRAMES["kenya"].box


def test_lines_that_share_an_end_and_a_direction_bend_apart_in_every_drawing(
    laid_out: dict[str, dict[str, Any]], partner: Edition
) -> None:
    """The states of the Gulf lie in one direction in its frame, though not on a globe."""
    told = bends(partner, [frame["points"] for frame in laid_out.values()])
    corridors = partner.table("corridors").reset_index(drop=True)
    is_drawn = corridors["period_id"].eq("2025") & corridors["is_shown"]
    of = corridors[is_drawn & corridors["origin_place_id"].eq("KE047")]
    to_gulf = of[of["destination_place_id"].isin(["SAU", "ARE", "QAT", "OMN"])]
    at = [told["corridors"]["bend"]["at"][row] for row in to_gulf.index]
    assert len(at) == len(set(at)) > 1
    assert told["corridors"]["bend"]["of"] == BENDS


def test_legs_of_ways_that_share_both_ends_bend_apart(
    laid_out: dict[str, dict[str, Any]], partner: Edition
) -> None:
    told = bends(partner, [frame["points"] for frame in laid_out.values()])["routes"]
    routes = partner.table("routes").reset_index(drop=True)
    legs = routes[routes["period_id"].eq("2025")].groupby(["via_place_id", "destination_place_id"]).indices
    shared = [rows for rows in legs.values() if 1 < len(rows) <= len(BENDS)]
    assert set(told) == {"first_bend", "last_bend"}
    assert shared
    at = routes[routes["period_id"].eq("2025")].index
    for rows in shared:
        found = [told["last_bend"]["at"][at[row]] for row in rows]
        assert len(set(found)) == len(found)
