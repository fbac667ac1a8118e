"""The files of a report: its PDF, its figures, and that the same release makes the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pypdfium2 as pdfium
import pytest
from matplotlib.image import imread
from pypdf import PdfReader

from orchestration.outputs.edition import Edition
from orchestration.outputs.figures.style import DIRECTION_COLOURS, LABEL_COLOURS
from orchestration.outputs.printed import is_wide
from orchestration.outputs.report.picture import corridor_map
from orchestration.outputs.report.write import write_report, write_reports
from orchestration.outputs.words import Words
from orchestration.places.boundaries import generalised
from tests.unit import printed_world
from tests.unit.read_report import read_page

NAMES = ("hotspots", "corridors", "years", "shifts", "coverage")
MOST_BYTES = 5_000_000
DISCLAIMER = "does not imply any opinion on legal status"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of both editions of one release."""
    folder = tmp_path_factory.mktemp("release")
    write_reports(folder, printed_world.write_release(folder), generalised(), None)
    return folder


def pdf_of(folder: Path, edition: str) -> PdfReader:
    return PdfReader(BytesIO((folder / edition / "report" / "report.pdf").read_bytes()))


def structure(node: Any) -> Iterator[dict[str, Any]]:
    """Elements of the structure tree."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for one in node:
            yield from structure(one)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node
        yield from structure(node.get("/K"))


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_the_pdf_is_tagged_with_heads_lists_tables_and_described_figures(written: Path, edition: str) -> None:
    root = pdf_of(written, edition).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en"
    found = list(structure(root["/StructTreeRoot"]["/K"]))
    kinds = {str(one["/S"]) for one in found}
    assert {"/Title", "/H1", "/H2", "/L", "/Table", "/THead", "/TH", "/Caption", "/Figure", "/TOC"} <= kinds
    alts = [str(one.get("/Alt", "")) for one in found if one["/S"] == "/Figure"]
    assert len(alts) == len(NAMES)
    assert all(len(alt) > 40 for alt in alts)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert "sw" in {str(one.get("/Lang")) for one in found}


def test_the_pdf_has_a_bookmark_a_chapter_and_numbers_its_pages(written: Path) -> None:
    pdf = pdf_of(written, "public")
    chapters = [str(one.title) for one in pdf.outline if not isinstance(one, list)]
    page = read_page((written / "public/report/index.html").read_text(encoding="utf-8"))
    assert len(chapters) == len(page.sections) == 14
    assert "Kwa ufupi" in chapters
    assert "Page 2" in pdf.pages[1].extract_text()


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_every_font_of_the_pdf_is_inside_it_and_names_nobody(written: Path, edition: str) -> None:
    pdf = pdf_of(written, edition)
    fonts = {}
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            described = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
            fonts[str(described["/FontName"])] = any(name.startswith("/FontFile") for name in described)
    assert set(fonts.values()) == {True}
    assert all("FiraSans" in name for name in fonts)
    told = dict(pdf.metadata or {})
    assert set(told) == {"/Title", "/Creator", "/CreationDate", "/ModDate"}
    assert str(told["/Creator"]).startswith("Typst ")
    assert {str(told[name])[:10] for name in ("/CreationDate", "/ModDate")} == {"D:20261126"}
    assert (written / edition / "report" / "report.pdf").stat().st_size < MOST_BYTES


def test_each_pdf_is_named_by_its_edition_and_release(written: Path) -> None:
    names = {name: str(pdf_of(written, name).metadata["/Title"]) for name in ("public", "partner")}  # type: ignore[index]
    assert "Public edition" in names["public"] and "Partner edition" in names["partner"]
    assert all("20261126T020000Z-5eed5eed" in name for name in names.values())


def test_a_bar_of_a_period_reported_in_part_is_hatched(written: Path) -> None:
    drawn = (written / "public/report/figures/years.svg").read_text(encoding="utf-8")
    assert "2023*" in drawn
    assert "2024*" not in drawn
    assert "* Reported in part: not to be compared." in drawn


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_no_page_between_the_first_and_the_last_is_half_empty(written: Path, edition: str) -> None:
    pdf = pdfium.PdfDocument(written / edition / "report" / "report.pdf")
    for number in range(1, len(pdf) - 1):
        grey = np.asarray(pdf[number].render(scale=0.4, grayscale=True).to_numpy()).squeeze()
        above_the_foot = grey[: int(len(grey) * 0.92)]
        used = np.flatnonzero((above_the_foot < 200).any(axis=1)).max() / len(above_the_foot)
        assert used > 0.5, f"page {number + 1} ends at {used:.0%}"


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_no_page_of_the_pdf_begins_with_a_note_whose_table_is_on_the_page_before(
    written: Path, edition: str
) -> None:
    page = (written / edition / "report" / "index.html").read_text(encoding="utf-8")
    notes = [re.sub(r"<[^>]+>|\s+", "", one) for one in re.findall(r'<p class="note">(.+?)</p>', page)]
    assert len(notes) > 8
    pages = [re.sub(r"\s+", "", one.extract_text()) for one in pdf_of(written, edition).pages]
    heads = [one.partition(f"{edition.capitalize()}edition")[2] for one in pages[1:]]
    assert all(heads)
    assert [note for note in notes for head in heads if head.startswith(note[:30])] == []


def test_the_pdf_says_what_the_page_says(written: Path) -> None:
    said = " ".join(page.extract_text() for page in pdf_of(written, "partner").pages)
    said = re.sub(r"\s+", "", said)
    page = read_page((written / "partner/report/index.html").read_text(encoding="utf-8"))
    for value in page.values:
        assert re.sub(r"\s+", "", value.text) in said, value


def test_the_same_release_makes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    again = write_report(Edition("public", written, printed_world.manifest()), None, generalised())
    kept = {path.name: path.read_bytes() for path in again.rglob("*.*")}
    printed_world.write_release(tmp_path)
    other = write_report(Edition("public", tmp_path, printed_world.manifest()), None, generalised())
    assert {path.name: path.read_bytes() for path in other.rglob("*.*")} == kept


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_every_figure_has_both_files_its_source_and_on_maps_the_disclaimer(
    written: Path, edition: str
) -> None:
    figures = written / edition / "report" / "figures"
    assert {path.name for path in figures.iterdir()} == {
        f"{name}.{kind}" for name in NAMES for kind in ("svg", "png")
    }
    for name in NAMES:
        drawn = (figures / f"{name}.svg").read_text(encoding="utf-8")
        # Letters are drawn as shapes; what they say stands beside them in comments.
        said = " ".join(re.findall(r"<!-- (.*?) -->", drawn))
        assert f"Njia, {edition} edition, release" in said
        assert (DISCLAIMER in said) == (name in ("hotspots", "corridors")), name
        assert not re.findall(r'(?:href|src)="(?!#)[^"]+"', drawn), "nothing from elsewhere"
        assert "<dc:date>" not in drawn
        assert b"tEXt" not in (figures / f"{name}.png").read_bytes()


def test_the_page_asks_for_nothing_from_elsewhere(written: Path) -> None:
    for edition in ("public", "partner"):
        text = (written / edition / "report" / "index.html").read_text(encoding="utf-8")
        assert not re.findall(r"https?://|//cdn|@import", text)
        read = read_page(text)
        beside = {link for link in read.links if not link.startswith("#")}
        assert {link for link in beside if not link.startswith("figures/")} == {"report.pdf", "map.html"}
        assert all(
            (written / edition / "report" / one).is_file() for one in beside if one.startswith("figures/")
        )
        assert all(len(alt) > 40 for alt in read.alts.values())


def test_a_wide_interval_is_hatched_and_no_number_is_not() -> None:
    assert is_wide({"ratio_low": 0.4, "ratio_high": 2.0})
    assert not is_wide({"ratio_low": 0.9, "ratio_high": 1.8})
    assert not is_wide({"ratio_low": None, "ratio_high": None})
    assert not is_wide({})


def test_the_public_map_marks_no_interval_and_says_why(written: Path) -> None:
    public, partner = (
        (written / one / "report" / "index.html").read_text("utf-8") for one in ("public", "partner")
    )
    assert Words().text("figure.no_width") in public
    assert Words().text("figure.no_width") not in partner


def lines_of(drawn: str, kind: str) -> list[tuple[str, float]]:
    """Corridors or routes of a map: their places and each line's width."""
    found = re.findall(rf'<g id="{kind}-([^"]+)">\s*<path [^>]*style="([^"]*)"', drawn)
    widths = [re.search(r"stroke-width: ([\d.]+)", style) for _, style in found]
    return [
        (places, float(width[1]) if width else 1.0) for (places, _), width in zip(found, widths, strict=True)
    ]


def test_the_map_draws_a_corridor_once_from_end_to_end_by_its_count_and_routes_without_weight(
    tmp_path: Path,
) -> None:
    """Two routes of one corridor, and one by way of a place that lies on neither map."""
    printed_world.write_edition(tmp_path, "partner")
    edition = Edition("partner", tmp_path, printed_world.manifest())
    named = edition.table("places")
    off = named[(named.kind == "country") & named.place_id.isin(("THA", "ZAF"))].place_id.iloc[0]

    def more(routes: pd.DataFrame) -> pd.DataFrame:
        way = {"record_grain": "case", "period_id": "2025"}
        way |= {"origin_place_id": "ETH", "destination_place_id": "SAU"}
        added = [way | {"via_place_id": via} for via in ("bp-ken-mandera", off)]
        return pd.concat([routes, pd.DataFrame(added)])

    printed_world.change(tmp_path, "partner", "routes", more)
    write_report(Edition("partner", tmp_path, printed_world.manifest()), None, generalised())
    drawn = (tmp_path / "partner/report/figures/corridors.svg").read_text(encoding="utf-8")
    corridors, routes = lines_of(drawn, "corridor"), lines_of(drawn, "route")
    widths = dict(corridors)
    assert len(widths) == len(corridors) > 20
    shown = edition.table("corridors").query("period_id == '2025' and is_shown")
    persons = dict(
        zip(shown.origin_place_id + "-" + shown.destination_place_id, shown.person_count, strict=True)
    )
    for one, other in pairwise(sorted(widths, key=lambda one: persons[one])):
        assert widths[one] <= widths[other]
    assert "ETH-SAU" in widths
    assert {"ETH-bp-ken-moyale-SAU", "ETH-bp-ken-mandera-SAU"} <= dict(routes).keys()
    assert not [one for one, _ in routes if f"-{off}-" in one]
    assert {width for _, width in routes} == {0.5}
    assert Words().text("figure.route") in drawn


@pytest.mark.parametrize("colours", [LABEL_COLOURS, DIRECTION_COLOURS], ids=["labels", "directions"])
def test_classes_differ_in_lightness_so_that_grey_print_tells_them_apart(colours: dict[str, str]) -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2

    shades = sorted(lightness(colour) ** (1 / 2.2) for colour in colours.values())
    steps = [after - before for before, after in pairwise(shades)]
    assert min(steps) > 0.04


def test_a_figure_is_not_drawn_of_a_table_that_is_not_printed(tmp_path: Path) -> None:
    printed_world.write_edition(tmp_path, "public", without=("coverage", "corridor_shifts"))
    report = write_report(Edition("public", tmp_path, printed_world.manifest()), None, generalised())
    drawn = {path.stem for path in (report / "figures").iterdir()}
    assert drawn == {"hotspots", "corridors", "years"}
    assert imread(report / "figures" / "corridors.png").shape[1] > 1000


def test_the_map_kept_with_a_run_is_small_and_public(written: Path, tmp_path: Path) -> None:
    shown = corridor_map(written)
    assert shown is not None
    assert shown.startswith("![Corridors with most persons](data:image/png;base64,")
    assert len(shown) < 130_000
    assert corridor_map(tmp_path) is None


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_what_labels_and_bands_mean_stands_on_one_page(written: Path, edition: str) -> None:
    pages = [re.sub(r"\s+", " ", one.extract_text()) for one in pdf_of(written, edition).pages]
    for kind, words, codes in (
        ("hotspot_label", "label", ("hotspot", "elevated", "lower")),
        (
            "risk_band",
            "risk_band",
            ("much_higher", "higher", "typical", "lower", "between_bands", "not_rated"),
        ),
    ):
        said = [f"{Words().text(f'{words}.{one}')}: {Words().meaning(kind, one)[:30]}" for one in codes]
        assert [all(one in page for one in said) for page in pages].count(True) == 1, kind
