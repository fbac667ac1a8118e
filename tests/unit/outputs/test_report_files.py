"""Files of the report: PDF, page and figures, with the same bytes for the same release."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageColor
from pypdf import PdfReader

from orchestration.core.texts import rows
from orchestration.outputs.figures import svg
from orchestration.outputs.published import Edition
from orchestration.outputs.report.write import write_report, write_reports
from orchestration.places.boundaries import generalised
from tests.fixtures.published_world import MANIFEST, world, write_release
from tests.fixtures.read_report import read_page

MOST_BYTES = 5_000_000
EDITIONS = ("public", "members")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of both editions of one release."""
    folder = write_release(tmp_path_factory.mktemp("release"))
    write_reports(folder, MANIFEST, generalised(), None)
    return folder


def pdf_of(folder: Path, edition: str) -> PdfReader:
    return PdfReader(BytesIO((folder / edition / "report" / "report.pdf").read_bytes()))


def html_of(folder: Path, edition: str, page: str = "index.html") -> str:
    return (folder / edition / "report" / page).read_text(encoding="utf-8")


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


editions = pytest.mark.parametrize("edition", EDITIONS)


@editions
def test_the_pdf_is_tagged_with_headings_lists_tables_and_described_figures(
    written: Path, edition: str
) -> None:
    root: Any = pdf_of(written, edition).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en"
    found = list(structure(root["/StructTreeRoot"]["/K"]))
    assert {"/H1", "/H2", "/L", "/Table", "/THead", "/TH", "/Figure"} <= {str(one["/S"]) for one in found}
    alts = [str(one.get("/Alt", "")) for one in found if one["/S"] == "/Figure"]
    assert len(alts) > 4 and all(len(alt) > 24 for alt in alts)
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert "sw" in {str(one.get("/Lang")) for one in found}


@editions
def test_the_brief_is_the_first_two_pages(written: Path, edition: str) -> None:
    pages = [page.extract_text() for page in pdf_of(written, edition).pages]
    assert "consistent with displacement" in " ".join(pages[0].split())
    assert "How to read the map" not in pages[1]
    assert "What we do not know" in pages[1] and "Kwa kifupi" in pages[1]
    assert "How to read every chart" in pages[2]


def test_many_changes_leave_the_contents_above_the_footer(tmp_path: Path) -> None:
    shifts = world("members")["shifts"]
    shifts += [
        shifts[0] | {"corridor_id": f"KE00{n}>{end}", "start_place_id": f"KE00{n}", "end_place_id": end}
        for n in (1, 2, 4) for end in ("KE040", "KE042")
    ]  # fmt: skip
    shifts += [
        shifts[0] | {"corridor_id": f"KE009>KE00{n}>KE047", "via_place_id": f"KE00{n}"} for n in (1, 2, 3)
    ]
    write_release(tmp_path, ("members",), members={"shifts": shifts})
    write_reports(tmp_path, MANIFEST, generalised(), None)
    heights: dict[str, float] = {}

    def note(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        for words in ("Annex", "Njia shared evidence base"):
            if words in text:
                heights[words] = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]

    page = pdf_of(tmp_path, "members").pages[1]
    page.extract_text(visitor_text=note)
    assert abs(heights["Annex"] - heights["Njia shared evidence base"]) > 8


def test_a_long_title_still_fits_the_first_page(tmp_path: Path) -> None:
    """Names as long as they come: the Democratic Republic of the Congo to the United Arab Emirates."""
    named = {"start_place_id": "COD", "end_place_id": "ARE"}
    shifts = [row | (named if row["status"] == "growing" else {}) for row in world("public")["shifts"]]
    write_release(tmp_path, ("public",), public={"shifts": shifts})
    write_reports(tmp_path, MANIFEST, generalised(), None)
    pages = [page.extract_text() for page in pdf_of(tmp_path, "public").pages]
    assert "Kwa kifupi" in pages[1]


@editions
def test_the_pdf_names_edition_and_release_and_no_person(written: Path, edition: str) -> None:
    named = dict(pdf_of(written, edition).metadata or {})
    assert set(named) == {"/Title", "/Creator", "/CreationDate", "/ModDate"}
    assert str(MANIFEST["release_id"]) in str(named["/Title"]) and edition in str(named["/Title"])
    assert {str(named[name])[:10] for name in ("/CreationDate", "/ModDate")} == {"D:20260701"}
    assert (written / edition / "report" / "report.pdf").stat().st_size < MOST_BYTES


def test_the_pdf_says_what_the_page_says_and_has_a_bookmark_for_each_chapter(written: Path) -> None:
    chapters = [str(one.title) for one in pdf_of(written, "public").outline if not isinstance(one, list)]
    assert chapters[0] == "Marsabit to Nairobi lost share of recorded cases, Mandera to Nairobi gained"
    assert chapters[-1] == "How the numbers were made"
    said = re.sub(r"\s+", "", " ".join(page.extract_text() for page in pdf_of(written, "members").pages))
    values = read_page(html_of(written, "members")).values
    assert [value for value in values if re.sub(r"\s+", "", value.text) not in said] == []


@editions
def test_a_picture_beside_the_page_stands_for_a_shared_link(written: Path, edition: str) -> None:
    [name] = re.findall(r'<meta property="og:image" content="([^"]+)">', html_of(written, edition))
    with Image.open(written / edition / "report" / name) as picture:
        drawn = picture.convert("RGB")
    assert drawn.size == (1200, 630)
    assert ImageColor.getrgb(svg.LAND) in {colour for _, colour in drawn.getcolors(1 << 24) or []}, "the map"


@pytest.mark.parametrize(("name", "other"), [("index.html", "sw.html"), ("sw.html", "index.html")])
@editions
def test_the_page_is_one_file_that_asks_for_nothing(
    written: Path, edition: str, name: str, other: str
) -> None:
    page = html_of(written, edition, name)
    links = read_page(page).links
    assert {link for link in links if not link.startswith("#")} == {"report.pdf", "map.html", other}
    assert "url(http" not in page and "<img" not in page
    assert re.findall("<script.*?>", page) == ['<script type="application/ld+json">'], "data, no program"
    named = set(re.findall(r'id="([^"]+)"', page))
    assert {link[1:] for link in links if link.startswith("#")} <= named


@editions
def test_the_swahili_page_has_no_english_text(written: Path, edition: str) -> None:
    """Pictures too; what stands in English is marked: the policy, which the network writes, and the licence."""
    page = html_of(written, edition, "sw.html")
    assert '<html lang="sw">' in page and "Kwa kifupi" not in page
    said = re.sub(
        r"<style>.*?</style>|<script.*?</script>|<(\w+)[^>]* lang=\"en\".*?</\1>", "", page, flags=re.DOTALL
    )
    english = {
        part
        for row in rows()
        if "report." in row["keys"]
        for part in re.split(r"\{\w+\}", row["en"])
        if len(part) > 12 and part not in row["sw"]
    }
    assert len(english) > 300
    assert [part for part in sorted(english) if part in said] == []


def test_every_figure_says_what_it_shows(written: Path) -> None:
    for edition in EDITIONS:
        page, is_public = html_of(written, edition), edition == "public"
        said = " ".join(read_page(page).pictures)
        assert "Busia → Nairobi 245" in said
        assert "Bars of cases by year, Busia → Nairobi: 2024: 226, 2025: 245." in said
        assert ("Line of cases by quarter, Marsabit → Nairobi" in said) != is_public
        for colour in ("#17506B", "#E3A72F"):  # by direction
            assert f'stroke="{colour}"' in page
        assert ">Mandera  69<" in page
        assert (">7 in 2024<" in page, ">158 in 2024<" in page) == (not is_public, not is_public)


def test_the_same_release_makes_the_same_bytes(written: Path) -> None:
    before = {path: path.read_bytes() for path in (written / "public/report").rglob("*") if path.is_file()}
    write_report(Edition("public", written, MANIFEST), None, generalised())
    assert {path: path.read_bytes() for path in before} == before


def test_an_earlier_release_without_published_tables_is_not_compared(written: Path, tmp_path: Path) -> None:
    write_release(tmp_path)
    write_reports(tmp_path, MANIFEST, generalised(), (tmp_path / "nothing", MANIFEST))
    assert "Since the last release" not in html_of(tmp_path, "members")
