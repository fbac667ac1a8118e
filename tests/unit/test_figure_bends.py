"""Lines on the map of corridors: none hides under a stronger one that comes from behind it."""

from __future__ import annotations

from orchestration.outputs.figures.corridors import BENDS, bends_of

NAIROBI, KISUMU, BUSIA, MOMBASA = (0.40, 0.40), (0.30, 0.45), (0.28, 0.47), (0.50, 0.25)


def test_two_lines_from_one_side_to_one_place_bend_apart_the_stronger_one_least() -> None:
    lines = [("busia", "nairobi", BUSIA, NAIROBI), ("kisumu", "nairobi", KISUMU, NAIROBI)]
    assert bends_of(lines) == {("busia", "nairobi"): BENDS[0], ("kisumu", "nairobi"): BENDS[1]}


def test_lines_from_other_sides_or_to_other_places_bend_alike() -> None:
    lines = [
        ("busia", "nairobi", BUSIA, NAIROBI),
        ("mombasa", "nairobi", MOMBASA, NAIROBI),
        ("busia", "mombasa", BUSIA, MOMBASA),
        ("nowhere", "nairobi", None, NAIROBI),
    ]
    assert set(bends_of(lines).values()) == {BENDS[0]}
    assert ("nowhere", "nairobi") not in bends_of(lines)
