"""What a figure says of itself, and how much of the world its map shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from orchestration.outputs.edition import Edition
from orchestration.outputs.figures import draw_figures
from orchestration.outputs.figures.frame import WIDEST, frame_of, is_in
from orchestration.outputs.figures.names import Names
from orchestration.outputs.figures.style import DPI, WIDTH, drawing, finish, new_figure
from orchestration.outputs.printed import Printed
from orchestration.outputs.words import Words
from orchestration.places.boundaries import generalised
from tests.unit import printed_world

NAIROBI, DODOMA, RIYADH, LONDON = (36.8, -1.3), (35.7, -6.2), (46.7, 24.7), (-0.1, 51.5)


@pytest.fixture
def edition(tmp_path: Path) -> Edition:
    printed_world.write_edition(tmp_path, "public")
    return Edition("public", tmp_path, printed_world.manifest())


def drawn(edition: Edition, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Alternative texts, and the words in each picture, which are kept as comments beside their outlines."""
    alts = draw_figures(Printed(edition, Words()), generalised(), folder)
    return alts, {name: (folder / f"{name}.svg").read_text(encoding="utf-8") for name in alts}


def test_every_figure_names_the_kind_of_record_it_is_of(edition: Edition, tmp_path: Path) -> None:
    _, pictures = drawn(edition, tmp_path / "figures")
    assert (
        "<!-- How much partners report of each county beside the usual, cases, 2025 -->"
        in pictures["hotspots"]
    )
    assert "<!-- Corridors with most persons, cases, 2025 -->" in pictures["corridors"]
    for name in ("years", "shifts", "coverage"):
        title = Words().text(f"figure.title.{name}")
        assert f"<!-- {title}, cases -->" in pictures[name]


def test_coverage_is_drawn_of_every_kind_of_record_that_the_text_tells_of(
    edition: Edition, tmp_path: Path
) -> None:
    def of_a_round_too(coverage: pd.DataFrame) -> pd.DataFrame:
        rows = coverage[coverage.period_id.eq("2025")].assign(
            record_grain="route_report", period_id="round-2020"
        )
        return pd.concat([coverage, rows.assign(partners_band=["none", *["one_or_two"] * (len(rows) - 1)])])

    printed_world.change(edition.folder, "public", "coverage", of_a_round_too)
    alts, pictures = drawn(Edition("public", edition.folder, edition.manifest), tmp_path / "figures")
    assert "cases and route reports -->" in pictures["coverage"]
    assert "for route reports, Mombasa." in alts["coverage"]


def test_a_source_of_more_lines_makes_the_picture_taller_and_covers_nothing(
    edition: Edition, tmp_path: Path
) -> None:
    heights = []
    for period in ("2025", " ".join(["January 2025 – December 2025,"] * 12)):
        with drawing():
            finish(new_figure(2.0, "A title"), Printed(edition, Words()), period, tmp_path / "one")
        heights.append(imread(tmp_path / "one.png").shape[0])
    assert heights[1] > heights[0] + 20


def test_the_map_shows_kenya_and_what_is_drawn_and_keeps_its_shape() -> None:
    shape = (WIDEST[1] - WIDEST[0]) / (WIDEST[3] - WIDEST[2])
    alone, with_dodoma = frame_of([NAIROBI, LONDON]), frame_of([NAIROBI, DODOMA])
    for frame in (alone, with_dodoma):
        assert (frame[1] - frame[0]) / (frame[3] - frame[2]) == pytest.approx(shape)
    assert not is_in(alone, DODOMA)
    assert is_in(with_dodoma, DODOMA)
    assert frame_of([NAIROBI, RIYADH]) == WIDEST


def test_a_name_stands_beside_its_place_however_tall_the_source_makes_the_picture(
    edition: Edition, tmp_path: Path
) -> None:
    inches, centre = 2.0, (0.5, 0.5)
    with drawing():
        figure = new_figure(inches, "")
        Names(figure).put(centre, "Nairobi", is_bold=False)
        finish(figure, Printed(edition, Words()), "2025 " * 80, tmp_path / "one")
    drawn = imread(tmp_path / "one.png")[: int(inches * DPI), :, :3].mean(axis=2) < 0.5
    down, across = (np.flatnonzero(drawn.any(axis=axis)) for axis in (1, 0))
    near = 12 / 72 * DPI
    assert 0 < across.min() - centre[0] * WIDTH * DPI < near
    assert abs(down.mean() - centre[1] * inches * DPI) < near
