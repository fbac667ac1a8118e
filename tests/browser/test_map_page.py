"""The map page as a reader has it: what it opens on, what it draws and lists, its file, keys and links."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestration.outputs.map_page.page import write_map_pages
from orchestration.places.boundaries import generalised
from tests.browser.map_page import VIEWS, columns, table, until
from tests.fixtures.published_world import KEYS, MANIFEST, RELEASED_ALERT, world, write_release

OpenMap = Callable[..., Any]


def summary(page: Any) -> str:
    return str(page.locator("#summary").text_content())


@pytest.mark.parametrize("edition", ["public", "members"])
def test_the_page_opens_on_the_corridors_of_the_newest_closed_year(open_map: OpenMap, edition: str) -> None:
    page = open_map(edition=edition)
    assert page.locator("#period-now").text_content() == "2025"
    found = columns(page, "From", "To", "Cases")
    assert found[:2] == [("Busia", "Nairobi", "245"), ("Kilifi", "Mombasa", "240")]
    assert page.locator("#map").get_attribute("data-lines") == "6"
    assert sum(int(count) for *_, count in found) == 765
    assert "Corridors from start to end: 6. Cases in all: 765." in summary(page)


@pytest.mark.parametrize(
    ("edition", "fewer"),
    [
        ("members", "4 more in corridors with fewer than 5 each. "),
        ("public", "4 more in corridors with fewer than 10 each. "),
    ],
)
def test_what_has_no_place_on_the_map_stands_below_it(open_map: OpenMap, edition: str, fewer: str) -> None:
    first_known = "25 first known at a border point, from where is not stated."
    county = " 16 in Kenya, county not known."
    unplaced = open_map(edition=edition).locator("#unplaced")
    assert unplaced.inner_text() == f"{fewer}{first_known}{county}"
    starts = open_map("view=places&list=starts", edition)
    assert (
        starts.locator("#unplaced").inner_text()
        == fewer.replace("corridors", "places") + first_known + county
    )
    assert ("Unknown", "25") in columns(starts, "Place", "Cases"), "in the table, so that it adds up"


def test_year_in_part_is_offered_and_marked(open_map: OpenMap, tmp_path: Path) -> None:
    tables = world("members")
    [year] = [row for row in tables["periods"] if row["period_id"] == "year-2025"]
    part = {"period_to": "2026-12-31", "is_complete": False, "months_reported": 5}
    running = year | {"period_id": "year-2026", "partial_reason": "months_missing", **part}
    corridors = [
        *tables["corridors"],
        tables["corridors"][0] | {"period_id": "year-2026", "comparison": "few"},
    ]
    changed = {"periods": [*tables["periods"], running], "corridors": corridors}
    write_release(tmp_path, ["members"], members=changed)
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map(release=tmp_path)
    assert page.locator("#period-now").text_content() == "2025"
    page.locator("#period-after").click()
    assert page.locator("#period-now").text_content() == "2026 (5 months reported)"
    assert "Not every month of this period is reported." in summary(page)
    assert columns(page, "Year before") == [("not comparable",)], "a year in part beside a whole one"


def test_a_corridor_that_is_not_published_is_neither_drawn_nor_listed(open_map: OpenMap) -> None:
    page = open_map("period=year-2024", "public")
    assert page.locator("#period-now").text_content() == "2024"
    assert ("Mandera", "Nairobi") not in columns(page, "From", "To")
    assert page.locator("#map").get_attribute("data-lines") == "5"
    assert "with fewer than 10 cases is in one sum" in page.locator("#policy").inner_text()


def test_a_corridor_that_fell_to_nothing_is_listed_but_not_drawn(open_map: OpenMap, tmp_path: Path) -> None:
    corridors = world("members")["corridors"]
    for row in corridors:
        if row["period_id"] == "year-2025" and row["start_place"] == "Marsabit":
            row |= {"movement_count": 0, "intended_count": 0}
    write_release(tmp_path, ["members"], members={"corridors": corridors})
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map(release=tmp_path)
    assert ("Marsabit", "Nairobi", "0", "▼ fewer") in columns(page, "From", "To", "Cases", "Change")
    assert page.locator("#map").get_attribute("data-lines") == "5"


def test_an_earlier_number_stands_only_with_its_comparison(open_map: OpenMap) -> None:
    page = open_map()
    shown = {
        row[:2]: row[2:]
        for row in columns(page, "From", "To", "Year before", "Same partners and months", "Change")
    }
    assert shown["Marsabit", "Nairobi"] == ("158", "157 → 71", "▼ fewer")
    assert shown["Mandera", "Nairobi"] == ("7", "7 → 69", "▲ more")
    assert shown["Uganda", "Nairobi"] == ("90 †", "44 → 45", "no clear change")
    assert shown["Kenya, county unknown", "Saudi Arabia"] == ("12 (few)", "", "")
    assert shown["Unknown", "Nairobi"] == ("not comparable", "", "")
    legend = page.locator("#legend").inner_text()
    assert "▲ more" in legend and "▼ fewer" in legend and "† Other partners" in legend
    assert [one.inner_text() for one in page.locator("#list .figure").all()].count("71 ▼ fewer") == 1
    public = table(open_map(edition="public"))[0]
    assert public == ["From", "To", "Direction", "Cases"]
    page.locator("#period-before").click()
    assert "Year before" not in table(page)[0], "no earlier year"


def test_corridors_by_place_passed_have_a_list_of_their_own(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    page.locator("#choose-list").select_option("corridors_via")
    found = columns(page, "From", "Place passed", "To", "Cases passed")
    assert found == [("Uganda", "Malaba", "Nairobi", "20")]
    assert page.locator("#map").get_attribute("data-lines") == "2", "one to the border point, one from there"
    assert "Cases in all" not in summary(page)


def many_corridors() -> list[dict[str, Any]]:
    """Return 121 corridors of 2025, between eleven counties and eleven others."""
    [row] = [
        row
        for row in world("public")["corridors"]
        if row["period_id"] == "year-2025" and row["start_place_id"] == "KE040"
    ]
    pairs = [(f"KE{a:03}", f"KE{b:03}") for a in range(1, 12) for b in range(20, 31)]
    return [
        row | {"start_place_id": a, "end_place_id": b, "movement_count": 10 + at}
        for at, (a, b) in enumerate(pairs)
    ]


def test_the_strongest_80_are_drawn_and_a_slider_leads_to_all(open_map: OpenMap, tmp_path: Path) -> None:
    write_release(tmp_path, ["public"], public={"corridors": many_corridors()})
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map(edition="public", release=tmp_path)
    assert page.locator("#most-now").text_content() == "80 of 121"
    assert page.locator("#map").get_attribute("data-lines") == "80"
    assert min(int(count) for [count] in columns(page, "Cases")) == 130 - 79
    assert "Shown: the 80 strongest." in summary(page)
    page.locator("#choose-most").focus()
    page.keyboard.press("End")
    assert page.locator("#map").get_attribute("data-lines") == "121"
    assert "most=all" in page.evaluate("location.hash")
    page.keyboard.press("Home")
    assert page.locator("#map").get_attribute("data-lines") == "10"


def test_a_displaced_pair_is_shown_as_a_pair(open_map: OpenMap) -> None:
    page = open_map("view=shifts", "public")
    first, second, *_ = page.locator("#list button").all()
    assert first.inner_text().split("\n") == [
        "Mandera → Nairobi",
        "▲ Growing · while Marsabit → Nairobi fell",
    ]
    assert second.inner_text().split("\n") == ["Marsabit → Nairobi", "▼ Fading"]
    pair = "show a smaller share for Marsabit → Nairobi, a larger for Mandera → Nairobi: consistent"
    assert pair in summary(page)
    assert page.locator("#map").get_attribute("data-lines") == "6", "3 corridors, a band under 2, an arrow"
    assert columns(page, "From", "Fell while this rose")[0] == ("Mandera", "Marsabit → Nairobi")
    legend = page.locator("#legend").inner_text()
    assert "▲ Growing" in legend and "▼ Fading" in legend and "A pair" in legend
    first.click()
    details = page.locator("#details").inner_text()
    assert "consistent with displacement, not proof of it" in details
    assert "a larger share for Mandera → Nairobi than in 2024: about twice as large, or more" in details


def test_shifts_of_years_and_of_months_are_chosen(open_map: OpenMap) -> None:
    page = open_map("view=shifts")
    [years, months] = page.locator("#choose-windows option").all_text_contents()
    assert years == "2024 → 2025" and months == "12 months to May 2025 → 12 months to May 2026"
    assert {start for (start,) in columns(page, "From")} == {"Mandera", "Marsabit", "Busia"}
    page.locator("#choose-windows").select_option(label=months)
    assert ("Marsabit",) in columns(page, "From")
    page.locator("#choose-list").select_option("corridors_via")
    assert columns(page, "Place passed", "Change") == [("Kilifi", "▲ Emerging")]


def test_alerts_are_drawn_listed_and_explained(open_map: OpenMap, tmp_path: Path) -> None:
    page = open_map()
    assert "Alerts of the latest months: 2." in summary(page)
    page.get_by_role("button", name="Alerts").click()
    first, second = page.locator("#list button").all()
    assert first.inner_text().split("\n") == ["Mandera → Nairobi", "▲ more records since Apr 2026"]
    assert second.inner_text().split("\n") == ["Marsabit → Nairobi", "▼ fewer records since Mar 2026"]
    assert page.locator("#map").get_attribute("data-lines") == "2"
    assert page.locator("#legend").inner_text().split("\n") == ["▲ more records", "▼ fewer records"]
    assert columns(page, "From", "Since", "Until", "Records", "Expected")[1] == (
        "Marsabit", "Mar 2026", "Jun 2026", "fewer than 5", "24 to 47",
    )  # fmt: skip
    second.click()
    assert (
        "records show fewer than 5 cases from Mar 2026 to Jun 2026, where partners’ own level would lead one to expect 24 to 47"
        in page.locator("#details").inner_text()
    )

    write_release(tmp_path, ["public"], public={"alerts": [RELEASED_ALERT]})
    write_map_pages(tmp_path, MANIFEST, generalised())
    public = open_map("view=alerts", "public", release=tmp_path)
    assert table(public)[1:] == [["Marsabit", "Nairobi", "▼ fewer records", "Mar 2026"]]


def elevated() -> list[dict[str, Any]]:
    [busia] = [row for row in world("public")["hotspots"] if row["period_id"] == "year-2025"]
    return [busia, busia | {"place_id": "KE003", "place": "Kilifi", "label": "elevated"}]


def test_hotspots_and_elevated_places_differ_without_colour(open_map: OpenMap, tmp_path: Path) -> None:
    write_release(tmp_path, ["public"], public={"hotspots": elevated()})
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map("view=hotspots", "public", release=tmp_path)
    assert columns(page, "Place", "Finding") == [
        ("Busia", "Stands out"),
        ("Kilifi", "More than elsewhere"),
    ]
    entries = {entry.inner_text(): entry for entry in page.locator("#legend .entry").all()}
    stripes = {word: entry.locator("path").count() for word, entry in entries.items()}
    assert stripes == {"Stands out": 0, "More than elsewhere": 1, "No label": 0}
    triangles = [
        entries[word].locator("polygon").get_attribute("fill")
        for word in ("Stands out", "More than elsewhere")
    ]
    assert triangles == ["#1d232b", "#ffffff"], "one is full, one is hollow"


def test_members_see_the_range_of_a_hotspot(open_map: OpenMap, tmp_path: Path) -> None:
    sizes = {"ratio": 13.135, "ratio_low": 1.344, "ratio_high": 128.3, "at_least_times": None}
    hotspots = [row | sizes for row in world("members")["hotspots"]]
    write_release(tmp_path, members={"hotspots": hotspots})
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map("view=hotspots", release=tmp_path)
    page.locator("#list button").first.click()
    details = page.locator("#details").inner_text().split("\n")
    assert details[details.index("Estimate (95 % range)") + 1] == "× 13.1 (1.3 to 128)"
    assert "by how much is not known" in " ".join(details)
    public = open_map("view=hotspots", "public", release=tmp_path)
    assert "Estimate (95 % range)" not in table(public)[0]


def test_starts_ends_places_passed_and_border_points_can_be_chosen(open_map: OpenMap) -> None:
    page = open_map("view=places", "members")
    shown = columns(page, "Place", "Cases", "Home there", "Children", "Per 100,000 people", "Year before")
    assert shown[0] == ("Busia", "245", "245", "119", "27.4", "226")
    page.locator("#choose-list").select_option("ends")
    parts = columns(page, "Place", "Cases", "Exploited there", "Last known there", "Only promised")
    assert parts[0] == ("Nairobi", "460", "300", "60", "100")
    page.locator("#choose-list").select_option("passings")
    assert columns(page, "Place", "Country", "Cases passed") == [("Marsabit", "Kenya", "60")]
    page.locator("#choose-list").select_option("border_points")
    found = columns(page, "Place", "Cases passed", "First known here", "Stopped here")
    assert found == [("Malaba", "104", "25", "3")]
    public = open_map("view=places&list=border_points", "public")
    assert table(public) == [
        ["Place", "Country", "Cases passed", "First known here"],
        ["Malaba", "Kenya", "104", "25"],
    ]


def test_survey_round_lists_routes_and_new_items(open_map: OpenMap) -> None:
    page = open_map("view=rounds", "public")
    assert columns(page, "Route or place", "New in this round?") == [
        ("Uganda → Nairobi", "New, confirmed by several partners, one of which reported before")
    ]
    assert "Reports in this round: 12." in summary(page)
    assert "Reports" in table(open_map("view=rounds"))[0], "members also see how many reports"
    page.locator("#choose-list").select_option("new")
    assert columns(page, "Route or place", "Kind") == [("Uganda → Nairobi", "Corridor")]


def test_the_network_is_described_by_its_totals(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    assert page.locator("#coverage").inner_text() == (
        "2025: 5 partners reported and watch 9 counties; in 25 % of these counties only one partner watches."
    )
    assert "start of the journey 95 %" in page.locator("#known").inner_text()


def test_finding_keeps_what_touches_a_place_begins_there_or_leads_there(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    for find, count in (("nairobi", 6), ("nairobi →", 1), ("→ nairobi", 5), ("busia → nairobi", 1)):
        page.locator("#choose-find").fill(find)
        until(page, f"document.querySelectorAll('#table tbody tr').length === {count}")
    assert "Matching “busia → nairobi”: 1." in summary(page)
    assert page.locator("#map").get_attribute("data-frame") == "kenya", "drawn as large as there is room for"
    page.locator("#choose-find").fill("nowhere at all")
    page.locator("#empty").wait_for()


@pytest.mark.parametrize("view", VIEWS)
def test_the_saved_file_is_the_table(open_map: OpenMap, view: str) -> None:
    page = open_map(f"view={view}&kind=rolling_12_months")
    page.locator("th button").nth(1).click()
    rows = table(page)
    with page.expect_download() as started:
        page.locator("#save").click()
    saved = list(csv.reader(io.StringIO(Path(started.value.path()).read_text(encoding="utf-8-sig"))))
    assert saved[0] == [head.rstrip(" ▲▼") for head in rows[0]]
    assert saved[1:] == rows[1:], "in the order that the reader chose"
    assert started.value.suggested_filename.startswith(f"njia_members_20260701T000000Z-0123abcd_{view}")


def test_a_link_leads_back_to_the_same_picture(open_map: OpenMap) -> None:
    page = open_map("view=hotspots")
    page.locator("#choose-kind").select_option("rolling_12_months")
    page.locator("#period-before").click()
    page.locator("#list button").first.click()
    address = page.evaluate("location.hash.slice(1)")
    again = open_map(address)
    assert table(again) == table(page)
    for part in ("#summary", "#details-body", "#period-now"):
        assert again.locator(part).text_content() == page.locator(part).text_content() != ""


def test_link_to_an_unpublished_view_opens_a_published_one(open_map: OpenMap) -> None:
    page = open_map("view=coverage&list=ward&people=nobody&period=1999&most=x", "public")
    assert page.locator("[aria-current]").text_content() == "Corridors"
    assert page.locator("#period-now").text_content() == "2025"
    assert len(table(page)) == 10


def test_empty_edition_is_explained(open_map: OpenMap, tmp_path: Path) -> None:
    write_release(tmp_path, ["public"], public={name: [] for name in KEYS})
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map(edition="public", release=tmp_path)
    assert "This edition has no data yet." in page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    assert "Toleo hili bado halina data." in page.locator("body").inner_text()
    assert not page.locator("#map").is_visible()


def test_a_view_without_rows_has_no_tab_and_a_sentence(open_map: OpenMap, tmp_path: Path) -> None:
    write_release(tmp_path, ["public"], public={"risk": [], "mentions": [], "novelty": []})
    write_map_pages(tmp_path, MANIFEST, generalised())
    page = open_map(edition="public", release=tmp_path)
    tabs = page.locator("#views button").all_text_contents()
    assert tabs == ["Corridors", "Places", "Hotspots", "Shifts"]
    missing = "Not in this edition: Alerts, Activity by county, Survey rounds."
    assert page.locator("#missing").inner_text() == missing


def test_keys_alone_reach_and_change_everything(open_map: OpenMap) -> None:
    page = open_map()
    reached: list[str] = []
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
    page.keyboard.press("ArrowLeft")
    assert page.locator("#choose-period").get_attribute("aria-valuetext") == "2024"
    page.locator("#list button").first.focus()
    page.keyboard.press("Enter")
    assert "Cases" in page.locator("#details").inner_text()
    page.keyboard.press("Escape")
    assert not page.locator("#details").is_visible()
    assert page.locator("#list button").first.evaluate("(one) => one === document.activeElement")
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.keyboard.press("ArrowRight")
    assert page.locator("#map").get_attribute("data-zoom") == "1.50"
    page.keyboard.press("0")
    assert page.locator("#map").get_attribute("data-zoom") == "1.00"


@pytest.mark.parametrize(("width", "scheme", "language"), [(1200, "light", "en"), (390, "dark", "sw")])
def test_every_view_can_be_read_on_a_screen_and_on_a_phone(
    open_map: OpenMap, width: int, scheme: str, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_map(f"lang={language}", width=width, scheme=scheme)
    for view in VIEWS:
        page.evaluate(f"location.hash = 'lang={language}&view={view}'")
        until(page, f"document.querySelector('[aria-current]').dataset.view === '{view}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        page.locator("#list button").first.click()
        found = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], view


def test_page_is_available_in_swahili(open_map: OpenMap) -> None:
    page = open_map("view=hotspots")
    english = page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    swahili = page.locator("body").inner_text()
    left = {line for line in swahili.splitlines() if line in english.splitlines() and len(line.split()) > 3}
    assert left == set()
    assert "Panajitokeza" in swahili
    page.get_by_role("button", name="English").click()
    assert page.locator("body").inner_text() == english
