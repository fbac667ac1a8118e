"""The map page as a reader has it: a file opened from a disk, without a network, by mouse, keys and ears."""

from __future__ import annotations

import csv
import io
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.map_page import write_map_pages
from orchestration.outputs.pages import MAP_PAGE
from orchestration.outputs.printed import Printed
from orchestration.outputs.words import Words
from orchestration.places.boundaries import generalised
from tests.browser.test_dagster_ui import BROWSER_FLAGS
from tests.unit.printed_world import WINDOWS, change, write_edition, write_release

VIEWS = ("corridors", "places", "hotspots", "risk", "shifts", "coverage")
HIDDEN = "c"
KENYA_FRAME = (33.3, -5.2, 42.5, 5.7)  # as in frame.js
GARISSA = (40.6, -1.0)


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    folder = tmp_path_factory.mktemp("release")
    manifest = write_release(folder)
    write_map_pages(folder, manifest, generalised())
    return {edition.name: edition for edition in editions_of(folder, manifest)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, editions: dict[str, Edition]) -> Iterator[Callable[..., Any]]:
    """Opens the page of an edition and, at the end, holds it to its word: no request, no error."""
    opened = []

    def open_page(
        address: str = "",
        edition: str = "partner",
        width: int = 1200,
        scheme: str = "light",
        path: Path | None = None,
    ) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        seen: list[str] = []
        file = (path or editions[edition].path / MAP_PAGE).as_uri()
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: seen.append(message.text))
        page.on("pageerror", lambda error: seen.append(str(error)))
        page.goto(f"{file}#{address}")
        drawn(page)
        opened.append((page, file, seen))
        return page

    yield open_page
    for page, file, seen in opened:
        rest = [one for one in seen if not one.startswith((file, "blob:"))]
        page.close()
        assert rest == []


def drawn(page: Any) -> None:
    until(page, "document.getElementById('map').dataset.drawn")


def until(page: Any, expression: str, seconds: float = 10) -> None:
    """Playwright's own waiting evaluates texts in the page, which the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def table(page: Any) -> list[list[str]]:
    """What the table shows, all of it."""
    if page.locator("#more").is_visible():
        page.locator("#more").click()
    return page.evaluate(
        "[...document.querySelectorAll('#table tr')].map((row) => [...row.cells].map((cell) => cell.textContent))"
    )


def columns(rows: list[list[str]], *names: str) -> list[tuple[str, ...]]:
    heads = [head.rstrip(" ▲▼") for head in rows[0]]
    return [tuple(row[heads.index(name)] for name in names) for row in rows[1:]]


def names(edition: Edition) -> dict[str, str]:
    """Names as the page says them: a border point that is called like its county says that it is one."""
    places = edition.table("places")
    counties = set(places.loc[places["kind"] == "county", "name"])
    said = {
        place.place_id: f"{place.name} (border point)"
        if place.kind == "border_point" and place.name in counties
        else place.name
        for place in places[["place_id", "kind", "name"]].itertuples(index=False)
    }
    return said | {"KEN": "Kenya, county not told"}


def of_year(edition: Edition, name: str, year: str = "2025") -> pd.DataFrame:
    found = edition.table(name)
    return found[found["period_id"] == year]


@pytest.mark.parametrize("edition", ["public", "partner"])
def test_the_table_of_each_view_is_the_editions_own(
    open_page: Callable[..., Any], editions: dict[str, Edition], edition: str
) -> None:
    told, called = editions[edition], names(editions[edition])
    page = open_page("most=all&unprinted=yes", edition)
    cells = of_year(told, "corridors")
    wanted = [
        (
            called[row.origin_place_id],
            called[row.destination_place_id],
            f"{row.person_count:,}" if row.is_shown else HIDDEN,
        )
        for row in cells.itertuples()
    ]
    assert sorted(columns(table(page), "From", "To", "Persons")) == sorted(wanted)

    page.get_by_role("button", name="Origins and destinations").click()
    ends = of_year(told, "ends")
    ends = ends[ends["role"] == "origin"]
    wanted = [(called[row.place_id], f"{row.person_count:,}") for row in ends.itertuples()]
    assert sorted(columns(table(page), "Place", "Persons")) == sorted(wanted)

    page.get_by_role("button", name="Hotspots").click()
    hot = of_year(told, "hotspots")
    hot = hot[(hot["role"] == "origin") & (hot["label"] == "hotspot")]
    found = [
        place for place, label in columns(table(page), "Place", "Finding") if label == "Stands out clearly"
    ]
    assert sorted(found) == sorted(called[place] for place in hot["place_id"])
    heads = table(page)[0]
    assert (
        {"Interval", "Partners"} <= set(heads)
        if edition == "partner"
        else not {"Interval", "Partners"} & set(heads)
    )
    if edition == "partner":
        wanted = [
            (called[row.place_id], f"{row.ratio_low:.2f} – {row.ratio_high:.2f}") for row in hot.itertuples()
        ]
        assert set(wanted) <= set(columns(table(page), "Place", "Interval"))

    page.get_by_role("button", name="Shifts").click()
    shifts = told.table("corridor_shifts")
    wanted = [(called[row.origin_place_id], called[row.destination_place_id]) for row in shifts.itertuples()]
    assert sorted(columns(table(page), "From", "To")) == sorted(wanted)


def test_filters_offer_what_is_printed_and_keep_what_fits(
    open_page: Callable[..., Any], editions: dict[str, Edition]
) -> None:
    page = open_page("most=all")
    codes = of_year(editions["partner"], "corridor_codes")
    forms = set(codes.loc[codes["domain"] == "exploitation_type", "code"])
    offered = page.locator("#choose-exploitation_type option").evaluate_all(
        "(all) => all.map((one) => one.value)"
    )
    assert set(offered) == forms | {""}
    page.locator("#choose-exploitation_type").select_option("domestic_servitude")
    rows = table(page)
    assert 1 < len(rows) < 20
    assert all("Domestic servitude" in told for [told] in columns(rows, "Exploitation"))
    page.locator("#clear").click()
    page.locator("#choose-find").fill("busia")
    until(page, "location.hash.includes('find=busia')")
    assert {"Busia" in pair for pair in columns(table(page), "From", "To")} == {True}
    page.locator("#choose-find").fill("ethiopia → nairobi")
    until(page, "document.querySelectorAll('#table tbody tr').length === 1")
    page.locator("#choose-find").fill("mombasa")
    page.locator("#choose-role").select_option("destination")
    until(page, "location.hash.includes('find=mombasa')")
    assert {to for [to] in columns(table(page), "To")} == {"Mombasa"}
    page.locator("#choose-find").fill("nowhere at all")
    page.locator("#empty").wait_for()


def test_ways_by_a_transit_place_are_told_without_a_number(
    open_page: Callable[..., Any], editions: dict[str, Edition]
) -> None:
    page = open_page()
    page.locator("#choose-lines").select_option("ways")
    called = names(editions["partner"])
    wanted = [
        (called[row.origin_place_id], called[row.via_place_id], called[row.destination_place_id])
        for row in of_year(editions["partner"], "routes").itertuples()
    ]
    rows = table(page)
    assert sorted(columns(rows, "From", "Transit places", "To")) == sorted(wanted)
    assert "Persons" not in rows[0]


def test_a_link_leads_back_to_the_same_picture(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.get_by_role("button", name="Hotspots").click()
    page.locator("#choose-role").select_option("transit")
    page.locator("#choose-kind").select_option("rolling_12_months")
    page.locator("#period-before").click()
    page.locator("#list button").nth(2).click()
    address = page.evaluate("location.hash.slice(1)")
    again = open_page(address)
    assert table(again) == table(page)
    for part in ("#summary", "#details-body", "#period-now"):
        assert again.locator(part).text_content() == page.locator(part).text_content() != ""
    assert again.evaluate("location.hash.slice(1)") == address


def test_a_link_to_what_is_not_printed_leads_to_what_is(open_page: Callable[..., Any]) -> None:
    page = open_page("view=places&people=children&period=1999&role=transit&grain=everything", "public")
    assert page.locator("#period-now").text_content() == "2025"
    assert not page.locator("#choose-people").is_visible()
    assert page.locator("#choose-grain option").evaluate_all("(all) => all.map((one) => one.value)") == [
        "case"
    ]
    assert len(table(page)) > 5


@pytest.mark.parametrize("view", VIEWS)
def test_the_saved_file_is_the_table(open_page: Callable[..., Any], view: str) -> None:
    page = open_page(f"view={view}&unprinted=yes")
    rows = table(page)
    page.locator("th button").nth(1).click()
    with page.expect_download() as started:
        page.locator("#save").click()
    text = Path(started.value.path()).read_text(encoding="utf-8-sig")
    saved = list(csv.reader(io.StringIO(text)))
    assert saved[0] == [head.rstrip(" ▲▼") for head in rows[0]]
    assert saved[1:] == table(page)[1:], "in the order that the reader chose"
    assert sorted(saved[1:]) == sorted(rows[1:])
    assert started.value.suggested_filename.startswith(f"njia_partner_20261126T020000Z-5eed5eed_{view}")


def test_a_cell_that_a_spreadsheet_would_run_is_text_in_the_file(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_release(tmp_path)
    file = tmp_path / "public" / "parquet" / "public.public_places.parquet"
    places = pq.read_table(file).to_pandas()
    places.loc[places["place_id"] == "UGA", "name"] = '=HYPERLINK("x")'
    pq.write_table(pa.Table.from_pandas(places, preserve_index=False), file)
    write_map_pages(tmp_path, manifest, generalised())
    page = open_page("view=places", path=tmp_path / "public" / MAP_PAGE)
    assert '=HYPERLINK("x")' in {place for [place] in columns(table(page), "Place")}
    with page.expect_download() as started:
        page.locator("#save").click()
    assert '"\'=HYPERLINK(""x"")"' in Path(started.value.path()).read_text(encoding="utf-8")


def test_keys_alone_reach_and_change_everything(open_page: Callable[..., Any]) -> None:
    page = open_page()
    reached = []
    for _ in range(200):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.id || document.activeElement.textContent")
        if name in reached[:1]:
            break
        reached.append(name)
    visible = page.evaluate(
        "[...document.querySelectorAll('a, button:enabled, select, input:enabled, summary, [tabindex=\"0\"]')]"
        ".filter((one) => one.checkVisibility()).map((one) => one.id || one.textContent)"
    )
    assert set(visible) <= set(reached)
    page.locator("#choose-period").focus()
    before = table(page)
    page.keyboard.press("ArrowLeft")
    assert page.locator("#period-now").text_content() == "2024"
    assert page.locator("#choose-period").get_attribute("aria-valuetext") == "2024"
    assert table(page) != before
    page.locator("#list button").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#details").is_visible()
    assert "Persons" in str(page.locator("#details").text_content())
    assert page.locator("#list button").first.evaluate("(one) => one === document.activeElement"), (
        "focus stays"
    )
    page.keyboard.press("Escape")
    assert not page.locator("#details").is_visible()
    assert page.locator("#list button").first.evaluate("(one) => one === document.activeElement")
    page.locator("[data-view=hotspots]").focus()
    page.keyboard.press("Enter")
    assert page.locator("[aria-current]").evaluate("(one) => one === document.activeElement")
    assert page.locator("[aria-current]").text_content() == "Hotspots"
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert page.locator("#map").get_attribute("data-zoom") == "1.50"
    page.keyboard.press("0")
    assert page.locator("#map").get_attribute("data-zoom") == "1.00"


def test_pointing_at_a_line_or_a_county_tells_its_row(open_page: Callable[..., Any]) -> None:
    page = open_page("view=hotspots")
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    west, south, east, north = KENYA_FRAME
    degree = min(box["width"] / (east - west), box["height"] / (north - south))
    lon, lat = GARISSA
    x = box["x"] + box["width"] / 2 + (lon - (west + east) / 2) * degree
    y = box["y"] + box["height"] / 2 - (lat - (south + north) / 2) * degree
    page.mouse.move(x, y, steps=3)
    page.locator(".tip").wait_for()
    shown = str(page.locator(".tip").text_content())
    assert "Garissa" in shown and "Interval" in shown and "Partners" in shown
    page.mouse.click(x, y)
    assert page.locator("#details h2").text_content() == "Garissa"


@pytest.mark.parametrize(("width", "scheme", "language"), [(1200, "light", "en"), (390, "dark", "sw")])
def test_everybody_can_read_every_view(
    open_page: Callable[..., Any], width: int, scheme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(f"lang={language}", width=width, scheme=scheme)
    assert page.locator("html").get_attribute("lang") == language
    for view in VIEWS if scheme == "dark" else ("corridors", "hotspots", "shifts"):
        page.evaluate(f"location.hash = 'lang={language}&view={view}'")
        until(page, f"location.hash.includes('view={view}&')")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        page.locator("#list button").first.click()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], view


def test_the_page_speaks_swahili(open_page: Callable[..., Any]) -> None:
    page = open_page("view=hotspots")
    english = page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    swahili = page.locator("body").inner_text()
    left = {line for line in swahili.splitlines() if line in english.splitlines() and len(line.split()) > 3}
    assert left == set()
    assert "Panajitokeza waziwazi" in swahili
    page.get_by_role("button", name="English").click()
    assert page.locator("body").inner_text() == english


def test_both_spans_of_a_shift_are_drawn_where_their_counts_are_printed(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_release(tmp_path)
    file = tmp_path / "partner" / "parquet" / "report.report_corridors.parquet"
    corridors = pq.read_table(file).to_pandas()
    corridors["period_id"] = corridors["period_id"].replace(dict(zip(("2024", "2025"), WINDOWS, strict=True)))
    pq.write_table(pa.Table.from_pandas(corridors, preserve_index=False), file)
    write_map_pages(tmp_path, manifest, generalised())
    (told,) = [edition for edition in editions_of(tmp_path, manifest) if edition.name == "partner"]
    called = names(told)
    counts = {
        (row.period_id, row.origin_place_id, row.destination_place_id): f"{row.person_count:,}"
        if row.is_shown
        else HIDDEN
        for row in told.table("corridors").itertuples()
    }
    page = open_page("view=shifts&moment=before", path=tmp_path / "partner" / MAP_PAGE)
    assert page.locator("#choose-moment").input_value() == "before"
    wanted = [
        (called[o], called[d], *(counts.get((window, o, d), HIDDEN) for window in WINDOWS))
        for o, d in zip(
            *(told.table("corridor_shifts")[f"{end}_place_id"] for end in ("origin", "destination")),
            strict=True,
        )
    ]
    assert sorted(columns(table(page), "From", "To", "Persons, before", "Persons, after")) == sorted(wanted)
    assert len({before for *_, before, _ in wanted}) > 3


def test_a_sparse_edition_says_what_it_does_not_print(open_page: Callable[..., Any], tmp_path: Path) -> None:
    """As the first releases are: two tables, and nothing of the rest."""
    lacking = ("routes", "corridor_codes", "hotspots", "corridor_shifts", "regional_risk", "coverage")
    manifest = write_release(tmp_path / "whole")
    write_edition(tmp_path / "sparse", "public", without=lacking)
    write_map_pages(tmp_path / "sparse", manifest, generalised())
    page = open_page("view=shifts&lines=ways", path=tmp_path / "sparse" / "public" / MAP_PAGE)
    tabs = page.locator("#views button").all_text_contents()
    assert tabs == ["Corridors", "Origins and destinations"]
    assert "prints nothing on: Hotspots, Activity by county, Shifts, Who reports where." in str(
        page.locator("#untold").text_content()
    )
    assert not page.locator("#choose-lines").is_visible()
    assert "transit" not in page.locator("#choose-role option").evaluate_all(
        "(all) => all.map((one) => one.value)"
    )


def test_an_edition_that_prints_nothing_says_so(browser: Any, tmp_path: Path) -> None:
    manifest = write_release(tmp_path)
    for file in (tmp_path / "public" / "parquet").glob("*.parquet"):
        pq.write_table(pq.read_table(file).slice(0, 0), file)
    write_map_pages(tmp_path, manifest, generalised())
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto((tmp_path / "public" / MAP_PAGE).as_uri())
    assert "This edition prints nothing yet" in page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    assert "Toleo hili bado halichapishi chochote" in page.locator("body").inner_text()
    assert not page.locator("#map").is_visible()
    assert faults == []
    page.close()


def with_two_unknown_ends(rows: pd.DataFrame) -> pd.DataFrame:
    shown = rows[rows["is_shown"] & rows["period_id"].eq("2025")].head(2)
    ends = shown.assign(origin_place_id=["unknown", "KEN"], person_count=[900, 800])
    return pd.concat([rows, ends], ignore_index=True)


def test_an_end_without_a_place_is_told_and_listed_and_not_drawn(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_release(tmp_path)
    change(tmp_path, "public", "corridors", with_two_unknown_ends)
    write_map_pages(tmp_path, manifest, generalised())
    page = open_page("", path=tmp_path / "public" / MAP_PAGE)
    assert (
        "2 corridors with 1,700 persons, of which an end is not known"
        in page.locator("#summary").inner_text()
    )
    rows = columns(table(page), "From", "To", "Persons")
    assert {"900", "800"} <= {persons for *_, persons in rows}
    unplaced = {"unknown", "KEN"}  # without words: the table of places does not name them here
    joined = [1 for start, end, _ in rows if start != end and not {start, end} & unplaced]
    assert page.locator("#map").get_attribute("data-lines") == str(len(joined))
    assert len(joined) == len([1 for start, end, _ in rows if start != end]) - 2


def test_a_period_reported_in_part_says_so_and_is_never_what_the_page_opens_with(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_release(tmp_path)
    change(
        tmp_path,
        "public",
        "reported_periods",
        lambda rows: rows.assign(is_partial=rows["period_id"] != "2024"),
    )
    write_map_pages(tmp_path, manifest, generalised())
    page = open_page("view=hotspots", path=tmp_path / "public" / MAP_PAGE)
    assert page.locator("#period-now").inner_text() == "2024"
    assert not page.locator("#partial").is_visible()
    page.locator("#period-after").click()
    assert page.locator("#period-now").inner_text() == "2025 (reported in part)"
    assert page.locator("#choose-period").get_attribute("aria-valuetext") == "2025 (reported in part)"
    assert page.locator("#partial").is_visible()


def test_report_and_map_open_on_the_same_period(open_page: Callable[..., Any], editions: Any) -> None:
    for name in ("public", "partner"):
        printed = Printed(editions[name], Words())
        for view, of in (("corridors", "corridors"), ("hotspots", "hotspots"), ("risk", "regional_risk")):
            page = open_page(f"view={view}", edition=name)
            opened = page.locator("#table caption").inner_text()
            newest = printed.newest(of, record_grain="case")
            assert newest is not None
            assert newest[:4] in opened and ("12 months" in opened) == newest.endswith("-12m"), (view, opened)
