"""Bends of corridor lines on maps, so that no line hides under another."""

import pytest

from orchestration.outputs.bends import BENDS, bends_of

SHEET = {"nairobi": (0.40, 0.40), "kisumu": (0.30, 0.45), "busia": (0.28, 0.47), "mombasa": (0.50, 0.25)}


@pytest.mark.parametrize(
    "pairs",
    [
        [("busia", "nairobi"), ("kisumu", "nairobi")],
        [("nairobi", "busia"), ("nairobi", "kisumu")],
        [("busia", "nairobi"), ("busia", "nairobi")],
    ],
)
def test_overlapping_lines_bend_apart(pairs: list[tuple[str, str]]) -> None:
    assert bends_of(pairs, [SHEET]) == [BENDS[0], BENDS[1]]


def test_separate_lines_bend_alike() -> None:
    pairs = [("busia", "nairobi"), ("mombasa", "nairobi"), ("busia", "mombasa"), ("nairobi", "busia")]
    assert bends_of(pairs, [SHEET]) == [BENDS[0]] * 4


def test_a_line_without_a_place_bends_no_other_line() -> None:
    nowhere = [("nowhere", "nairobi"), ("nairobi", "nairobi"), ("nairobi", "nowhere")]
    assert bends_of([*nowhere, ("busia", "nairobi"), ("nairobi", "busia")], [SHEET]) == [BENDS[0]] * 5


def test_lines_that_overlap_on_one_map_bend_apart_on_all() -> None:
    apart = SHEET | {"kisumu": (0.40, 0.60)}
    pairs = [("busia", "nairobi"), ("kisumu", "nairobi")]
    assert bends_of(pairs, [apart]) == [BENDS[0], BENDS[0]]
    assert bends_of(pairs, [apart, SHEET]) == [BENDS[0], BENDS[1]]


def test_bends_repeat_when_many_lines_meet() -> None:
    spots = {"end": (0.0, 0.0)} | {str(at): (1.0, at / 100) for at in range(8)}
    assert bends_of([(str(at), "end") for at in range(8)], [spots]) == [*BENDS, *BENDS]
