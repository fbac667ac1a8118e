"""The map page as a reader has it: what it opens on, draws and lists, its cards, files, keys and links."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from orchestration.outputs.map_page.page import write_map_pages
from orchestration.places.boundaries import generalised
from tests.browser.map_page import VIEWS, box, columns, table, until
from tests.fixtures.published_world import KEYS, MANIFEST, RELEASED_ALERT, world, write_release

OpenMap = Callable[..., Any]


def release_with(folder: Path, edition: str, **tables: list[dict[str, Any]]) -> Path:
    write_release(folder, [edition], **{edition: tables})
    write_map_pages(folder, MANIFEST, generalised())
    return folder


def period(page: Any) -> str:
    """Years are buttons; for members, all periods are a list."""
    return str(page.locator("#periods [aria-pressed=true], #others option:checked").first.inner_text())


def listed(page: Any) -> list[list[str]]:
    return [row.inner_text().split("\n") for row in page.locator("#list button").all()]


def card(page: Any) -> str:
    return str(page.locator("#card-body").inner_text())


# --- the map comes first ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "sw"])
@pytest.mark.parametrize(("width", "height", "query", "most"), [
    (1366, 768, "", 120), (390, 844, "", 120), (600, 450, "", 120), (600, 450, "?embed=1", 100),
])  # fmt: skip
def test_the_map_begins_at_the_top_at_every_size(
    open_map: OpenMap, width: int, height: int, query: str, most: int, language: str
) -> None:
    page = open_map(f"lang={language}", width=width, height=height, query=query)
    ground = box(page, ".ground")
    assert ground["y"] <= most and ground["height"] > 0.45 * height
    busia = box(page, "#map .place[data-pick=KE040]")
    assert most < busia["y"] < height, "the counties are seen without scrolling"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("edition", ["public", "members"])
def test_the_page_opens_on_the_corridors_of_the_newest_closed_year(open_map: OpenMap, edition: str) -> None:
    page = open_map(edition=edition)
    assert period(page) == "2025"
    found = columns(page, "From", "To", "Cases")
    assert found[:2] == [("Busia", "Nairobi", "245"), ("Kilifi", "Mombasa", "240")]
    assert page.locator("#map").get_attribute("data-lines") == "6"
    assert sum(int(count) for *_, count in found) == 765
    assert page.locator("#sum").inner_text() == "Cases in all: 765."
    # 245 and 240: in public the difference lies within the noise.
    leads = (
        "6 corridors, the largest first"
        if edition == "public"
        else "Busia → Nairobi leads 6 corridors with 245 cases"
    )
    assert page.locator("#title").inner_text() == leads


@pytest.mark.parametrize(
    ("edition", "fewer"),
    [
        ("members", "4 more in corridors with fewer than 5 each. "),
        ("public", "4 more in corridors with fewer than 10 each. "),
    ],
)
def test_what_has_no_place_on_the_map_stands_beside_it(open_map: OpenMap, edition: str, fewer: str) -> None:
    first_known = "25 first known at a border point, from where is not stated."
    county = " 16 in Kenya, county not known."
    assert open_map(edition=edition).locator("#unplaced").inner_text() == f"{fewer}{first_known}{county}"
    starts = open_map("view=places&role=from", edition)
    places = fewer.replace("corridors", "places") + first_known + county
    assert starts.locator("#unplaced").inner_text() == places
    assert ("Unknown", "25") in columns(starts, "Place", "Cases"), "in the table, so that it adds up"


def test_labels_stand_on_or_beside_their_own_country(open_map: OpenMap, tmp_path: Path) -> None:
    """Lines to countries of the Gulf end close to each other."""
    [row] = [
        row
        for row in world("public")["corridors"]
        if row["end_place_id"] == "SAU" and row["movement_count"] == 45
    ]
    gulf = {"SAU": 45, "OMN": 31, "QAT": 19, "ARE": 12}
    rows = [row | {"end_place_id": place, "movement_count": count} for place, count in gulf.items()]
    page = open_map(edition="public", release=release_with(tmp_path, "public", corridors=rows))
    found = {
        str(one.text_content()).removeprefix("to "): one.bounding_box()
        for one in page.locator("[data-sheet=abroad] g > text").all()
    }
    assert found.keys() == {"Saudi Arabia 45", "Oman 31", "Qatar 19", "UAE 12"}
    named = {
        place: next(found[name] for name in found if name.endswith(f" {count}"))
        for place, count in gulf.items()
    }
    middle = {place: named[place]["x"] + named[place]["width"] / 2 for place in gulf}
    assert middle["SAU"] < middle["QAT"] < min(middle["ARE"], middle["OMN"])
    assert named["QAT"]["y"] < named["ARE"]["y"] < named["OMN"]["y"], "from north to south"
    inside = page.evaluate(
        "([x, y]) => document.elementsFromPoint(x, y).some((one) => one.dataset.land === 'SAU')",
        [middle["QAT"], named["QAT"]["y"] + named["QAT"]["height"] / 2],
    )
    assert not inside


# --- years, comparison, new -------------------------------------------------------------------------------------


def test_year_in_part_is_offered_and_marked(open_map: OpenMap, tmp_path: Path) -> None:
    tables = world("members")
    [year] = [row for row in tables["periods"] if row["period_id"] == "year-2025"]
    part = {"period_to": "2026-12-31", "is_complete": False, "months_reported": 5}
    running = year | {"period_id": "year-2026", "partial_reason": "months_missing", **part}
    newest = tables["corridors"][0] | {"period_id": "year-2026", "comparison": "same_reporting"}
    changed = {"periods": [*tables["periods"], running], "corridors": [*tables["corridors"], newest]}
    page = open_map(release=release_with(tmp_path, "members", **changed))
    assert period(page) == "2025"
    page.locator("#others").select_option(label="2026, 5 months")
    assert "Not every month of this period is reported." in page.locator("#note").inner_text()
    assert "Year before" not in table(page)[0], "a year in part beside a whole one"
    page.locator("#list button").first.click()
    bars = page.locator("#card-body .spark rect").all()
    [_, whole, five_months] = [float(str(bar.get_attribute("width"))) for bar in bars]
    assert five_months == pytest.approx((whole + 1) * 5 / 12 - 1, abs=0.2), "as wide as its months"
    assert "url(#hatch" in str(bars[-1].get_attribute("fill"))


def test_a_corridor_that_is_not_published_is_neither_drawn_nor_listed(open_map: OpenMap) -> None:
    page = open_map("period=year-2024", "public")
    assert period(page) == "2024"
    assert ("Mandera", "Nairobi") not in columns(page, "From", "To")
    assert page.locator("#map").get_attribute("data-lines") == "5"
    assert "with fewer than 10 cases is in one sum" in page.locator("#policy").inner_text()


def test_a_corridor_that_fell_to_nothing_is_in_the_table_but_not_drawn(
    open_map: OpenMap, tmp_path: Path
) -> None:
    corridors = world("members")["corridors"]
    for row in corridors:
        if row["period_id"] == "year-2025" and row["start_place"] == "Marsabit":
            row |= {"movement_count": 0, "intended_count": 0}
    page = open_map(release=release_with(tmp_path, "members", corridors=corridors))
    assert ("Marsabit", "Nairobi", "0", "fewer cases, same partners") in columns(
        page, "From", "To", "Cases", "Change"
    )
    assert page.locator("#map").get_attribute("data-lines") == "5"


def test_an_earlier_number_stands_only_with_its_comparison(open_map: OpenMap) -> None:
    page = open_map()
    asked = (
        "From",
        "To",
        "Year before",
        "Same partners, year before",
        "Same partners, now",
        "Reporting",
        "Change",
    )
    shown = {row[:2]: row[2:] for row in columns(page, *asked)}
    assert shown["Marsabit", "Nairobi"] == ("158", "157", "71", "Same partners", "fewer cases, same partners")
    assert shown["Mandera", "Nairobi"] == ("7", "7", "69", "Same partners", "more cases, same partners")
    assert shown["Uganda", "Nairobi"] == ("90†", "44", "45", "† Other partners reported", "no clear change")
    assert shown["Kenya, county unknown", "Saudi Arabia"] == ("", "", "", "Too few to judge", "")
    assert shown["Unknown", "Nairobi"] == ("", "", "", "† Not comparable", "")
    assert ["Marsabit → Nairobi", "71 ▼"] in listed(page)
    assert table(open_map(edition="public"))[0] == ["From", "To", "Direction", "Cases"]


def test_what_is_not_comparable_is_dashed(open_map: OpenMap, tmp_path: Path) -> None:
    corridors = world("members")["corridors"]
    for row in corridors:
        if row["period_id"] == "year-2025" and row["start_place"] == "Busia":
            row |= {"comparison": "not_comparable", "change": None}
    page = open_map(release=release_with(tmp_path, "members", corridors=corridors))
    [dashed] = [
        line.get_attribute("data-pick") for line in page.locator("#map .line:has([stroke-dasharray])").all()
    ]
    assert dashed == "KE040>KE047"
    assert ["Busia → Nairobi", "245 †"] in listed(page)
    page.locator("#list button").first.click()
    before, now = (bar.get_attribute("fill") for bar in page.locator("#card-body .spark rect").all())
    assert before == "none" != now, "the year before is an open bar"


def test_corridors_new_since_the_year_before_can_be_shown_alone(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    page.get_by_role("button", name="New since 2024").click()
    assert columns(page, "From", "To", "Cases") == [("Mandera", "Nairobi", "69")]
    assert page.locator("#title").inner_text() == "1 corridors are listed that were not in 2024"
    assert "<10 cases then" in page.locator("#note").inner_text()
    assert "new=1" in page.evaluate("location.hash")
    page.get_by_role("button", name="2024", exact=True).click()
    assert not page.locator("#new").is_visible(), "no year before"


def test_directions_can_be_left_out(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    page.get_by_role("button", name="within Kenya").click()
    assert {direction for [direction] in columns(page, "Direction")} == {
        "Into Kenya", "Out of Kenya", "First known at the border",
    }  # fmt: skip
    assert page.locator("#map").get_attribute("data-lines") == "2"


def test_corridors_by_place_passed_have_a_list_of_their_own(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    page.get_by_role("button", name="By place passed").click()
    found = columns(page, "From", "Place passed", "To", "Cases passed")
    assert found == [("Uganda", "Malaba", "Nairobi", "20")]
    assert page.locator("#map .line").count() == 2, "one to the border point, one from there"
    assert page.locator("#sum").inner_text() == ""


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


def test_the_strongest_80_are_drawn_and_a_button_draws_all(open_map: OpenMap, tmp_path: Path) -> None:
    page = open_map(edition="public", release=release_with(tmp_path, "public", corridors=many_corridors()))
    assert page.locator("#map").get_attribute("data-lines") == "80"
    assert len(columns(page, "Cases")) == 121
    page.get_by_role("button", name="All 121").click()
    assert page.locator("#map").get_attribute("data-lines") == "121"
    assert "most=all" in page.evaluate("location.hash")


# --- changes, alerts, labels, rounds ----------------------------------------------------------------------------


def test_a_displaced_pair_is_marked_and_explained(open_map: OpenMap) -> None:
    page = open_map("view=changes", "public")
    assert page.locator("#title").inner_text() == (
        "Rose: Mandera → Nairobi. Fell: Marsabit → Nairobi. 1 neither doubled nor halved."
    )
    assert listed(page)[:2] == [
        ["Marsabit → Nairobi", "Fading", "71 ▼"], ["Mandera → Nairobi", "Growing", "69 ▲"],
    ]  # fmt: skip
    assert page.locator("#map").get_attribute("data-lines") == "3"
    assert columns(page, "From", "Fell while this rose")[1] == ("Mandera", "Marsabit → Nairobi")
    for row in (0, 1):
        page.locator("#list button").nth(row).click()
        assert "show a smaller share for Marsabit → Nairobi, a larger for Mandera → Nairobi" in card(page)
        assert "consistent with displacement, not proof of it" in card(page)
        page.keyboard.press("Escape")


def test_members_choose_twelve_months_too(open_map: OpenMap) -> None:
    page = open_map("view=changes")
    assert {start for (start,) in columns(page, "From")} >= {"Mandera", "Marsabit", "Busia"}
    page.locator("#others").select_option(label="12 months to May 2026")
    assert ("Busia", "Kilifi", "Emerging") in columns(page, "From", "Place passed", "Share")
    assert page.locator("#views button", has_text="Corridors").is_disabled(), "no counts of these months"


def test_members_choose_quarters_and_the_newest_may_still_grow(open_map: OpenMap, tmp_path: Path) -> None:
    quarters = world("members")["series.periods"]
    quarters[-1]["is_complete"] = False
    page = open_map(release=release_with(tmp_path, "members", **{"series.periods": quarters}))
    assert page.locator("#others optgroup").evaluate_all("(all) => all.map((one) => one.label)") == [
        "Years", "Quarters", "Twelve months", "Survey rounds",
    ]  # fmt: skip
    page.locator("#others").select_option(label="Apr–Jun 2026 ○")
    assert columns(page, "From", "To", "Cases")[0] == ("Busia", "Nairobi", "61")
    assert "May still grow" in page.locator("#note").inner_text()
    page.locator("#list button").first.click()
    assert page.locator(".spark").get_attribute("aria-label") == "Cases: 2026-Q1 61, 2026-Q2 61"
    fills = [one.get_attribute("fill") for one in page.locator(".spark circle").all()]
    assert fills == ["#17506B", "#fff"], "a ring for what may still grow"


def test_alerts_are_drawn_listed_and_explained(open_map: OpenMap, tmp_path: Path) -> None:
    page = open_map("view=changes")
    assert listed(page)[:2] == [
        ["Mandera → Nairobi", "▲ more records", "▲ since Apr 2026"],
        ["Marsabit → Nairobi", "▼ fewer records", "▼ since Mar 2026"],
    ]
    asked = ("From", "Since", "Until", "Records", "Expected, at least", "Expected, at most")
    assert columns(page, *asked)[:2] == [
        ("Mandera", "Apr 2026", "Jun 2026", "31", "3", "9"), ("Marsabit", "Mar 2026", "Jun 2026", "", "24", "47"),
    ]  # fmt: skip
    page.locator("#list button").nth(1).click()
    assert (
        "records show <5 cases from Mar 2026 to Jun 2026, where partners’ own level would lead one to expect 24 to 47"
        in card(page)
    )
    public = open_map(
        "view=changes", "public", release=release_with(tmp_path, "public", alerts=[RELEASED_ALERT])
    )
    assert columns(public, "From", "To", "Alert", "Since")[0] == (
        "Marsabit",
        "Nairobi",
        "▼ fewer records",
        "Mar 2026",
    )
    assert "Expected, at least" not in table(public)[0]


def test_hotspots_and_elevated_places_differ_without_colour(open_map: OpenMap, tmp_path: Path) -> None:
    [busia] = [row for row in world("public")["hotspots"] if row["period_id"] == "year-2025"]
    kilifi = busia | {"place_id": "KE003", "place": "Kilifi", "label": "elevated"}
    release = release_with(tmp_path, "public", hotspots=[busia, kilifi])
    page = open_map("view=places", "public", release=release)
    assert columns(page, "Place", "Finding")[:2] == [
        ("Busia", "Stands out"),
        ("Kilifi", "More than elsewhere"),
    ]
    assert page.locator("#title").inner_text() == "Stands out as a start: Busia"
    fills = [mark.get_attribute("fill") for mark in page.locator("#map > path:not(.place)").all()]
    assert fills == ["#1B262C", "#fff"], "one is full, one is hollow"


def test_members_see_the_range_of_a_hotspot(open_map: OpenMap, tmp_path: Path) -> None:
    sizes = {"ratio": 13.135, "ratio_low": 1.344, "ratio_high": 128.3, "at_least_times": None}
    hotspots = [row | sizes for row in world("members")["hotspots"]]
    page = open_map("view=places", release=release_with(tmp_path, "members", hotspots=hotspots))
    found = columns(page, "Estimate", "Estimate, low end", "Estimate, high end")
    assert found[0] == ("× 13.1", "× 1.3", "× 128")
    page.locator("#list button").first.click()
    assert "by how much is not known" in card(page)
    assert "Estimate" not in table(open_map("view=places", "public"))[0]


def test_counties_are_shaded_by_starts_per_head_alone(open_map: OpenMap) -> None:
    page = open_map("view=places", "public")
    busia, nairobi = (page.locator(f"#map path.place[data-pick={place}]") for place in ("KE040", "KE047"))
    assert busia.get_attribute("fill") == "#123F55", "27.4 per 100,000: the highest class"
    assert nairobi.get_attribute("fill") == "#F0F1F0", "too few for a rate"
    assert "16+" in page.locator("#keys").inner_text()
    page.get_by_role("button", name="To", exact=True).click()
    assert busia.get_attribute("fill") == nairobi.get_attribute("fill")
    assert not page.locator("#keys").is_visible()


def test_starts_ends_places_passed_and_border_points_can_be_chosen(open_map: OpenMap) -> None:
    page = open_map("view=places", "members")
    shown = columns(page, "Place", "Cases", "Home there", "Children", "Per 100,000 people", "Year before")
    assert shown[0] == ("Busia", "245", "245", "119", "27.4", "226")
    page.get_by_role("button", name="To", exact=True).click()
    parts = columns(page, "Place", "Cases", "Exploited there", "Last known there", "Only promised")
    assert parts[0] == ("Nairobi", "460", "300", "60", "100")
    page.get_by_role("button", name="Through").click()
    assert columns(page, "Place", "Country", "Cases passed") == [("Marsabit", "Kenya", "60")]
    page.get_by_role("button", name="Border points").click()
    found = columns(page, "Place", "Cases passed", "First known here", "Stopped here")
    assert found == [("Malaba", "104", "25", "3")]
    public = open_map("view=places&role=border", "public")
    assert table(public) == [
        ["Place", "Country", "Cases passed", "First known here"],
        ["Malaba", "Kenya", "104", "25"],
    ]


def test_survey_round_lists_routes_and_what_is_new(open_map: OpenMap) -> None:
    page = open_map("period=round-2020", "public")
    assert columns(page, "From", "To", "New in this round?") == [
        ("Uganda", "Nairobi", "New, confirmed by several partners, one of which reported before")
    ]
    assert page.locator("#known").inner_text() == "Reports in this round: 12."
    assert "Reports" in table(open_map("period=round-2020"))[0], "members also see how many reports"
    page.get_by_role("button", name="Changes").click()
    assert listed(page) == [["Uganda → Nairobi", "new"]]


def test_the_network_is_described_by_its_totals(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    assert page.locator("#coverage").inner_text() == (
        "2025: 5 partners reported and watch 9 counties; in 25 % of these counties only one partner watches."
    )
    assert "start of the journey 95 %" in page.locator("#known").inner_text()


# --- the card ---------------------------------------------------------------------------------------------------


def test_a_card_says_in_through_and_out_with_their_years(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    page.locator("#map path.place[data-pick=KE010]").press("Enter")
    said = [line for line in card(page).split("\n") if line]
    assert said[:2] == ["Marsabit", "2025"]
    parts = [one.get_attribute("aria-label") for one in page.locator(".spark").all()]
    assert parts == ["From: 2024 158, 2025 71", "Through: 2024 136, 2025 60", "To: 2024 <10, 2025 <10"]
    assert page.locator(".spark").last.locator("rect[stroke-dasharray]").count() == 2, (
        "counts that are not listed"
    )
    noise = page.locator(".spark").first.locator("path[d*='V']").all()
    assert len(noise) == 2, "each count has its line of two standard deviations"
    assert said[said.index("Out of Marsabit, to") + 1 :][:2] == ["Nairobi", "71 ▼"]
    members = open_map("place=Marsabit", "members")
    assert "line: noise" not in card(members) and "Same partners, year before" in card(members)


def test_a_card_of_busia_holds_children_rate_border_points_and_band(open_map: OpenMap) -> None:
    text = card(open_map("pick=KE040"))
    for part in (
        "more cases from Busia",
        "Children\n119",
        "Per 100,000 people\n27.4",
        "Malaba\nThrough 104",
        "Higher than usual",
    ):
        assert part in text


def test_finding_a_place_opens_its_card(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    page.locator("#find").fill("  busia ")
    page.keyboard.press("Enter")
    assert card(page).startswith("Busia\n")
    page.locator("#find").fill("saudi arabia")
    page.keyboard.press("Enter")
    assert card(page).startswith("Saudi Arabia\n"), "a place that is not on the large map"
    assert page.locator("[data-sheet=abroad] g > text").all_text_contents() == ["to Saudi Arabia 45"]
    page.locator("#find").fill("nowhere at all")
    page.keyboard.press("Enter")
    assert page.locator("#find").get_attribute("aria-invalid") == "true"


# --- files, links, embedding ------------------------------------------------------------------------------------


def saved(page: Any, kind: str) -> Any:
    with page.expect_download() as started:
        page.locator(f".wide [data-save={kind}]").click()
    return started.value


@pytest.mark.parametrize("view", VIEWS)
def test_the_saved_file_is_the_table_and_counts_are_numbers(
    open_map: OpenMap, tmp_path: Path, view: str
) -> None:
    corridors = world("members")["corridors"]
    [busia] = [row for row in corridors if row["period_id"] == "year-2025" and row["start_place"] == "Busia"]
    busia["movement_count"] = 1245
    page = open_map(f"view={view}", release=release_with(tmp_path, "members", corridors=corridors))
    page.locator("th button").nth(1).click()
    rows = table(page)
    file = saved(page, "csv")
    text = Path(file.path()).read_text(encoding="utf-8-sig")
    found = list(csv.reader(io.StringIO(text)))
    assert found[0] == [head.rstrip(" ▲▼") for head in rows[0]]
    plain = [[re.sub(r"^× |†$", "", cell).replace("1,245", "1245") for cell in row] for row in found[1:]]
    assert plain == [
        [re.sub(r"^× |†$", "", cell).replace("1,245", "1245") for cell in row] for row in rows[1:]
    ]
    assert view == "places" or ",1245," in text, "a number without quotes or commas"
    assert file.suggested_filename.startswith(f"njia_members_20260701T000000Z-0123abcd_{view}_year-2025")


def test_the_saved_pictures_hold_title_key_source_and_type(open_map: OpenMap) -> None:
    page = open_map(edition="public")
    drawing = Path(saved(page, "svg").path()).read_text(encoding="utf-8")
    root = ElementTree.fromstring(drawing)  # noqa: S314 - our own file
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[:2] == ["6 corridors, the largest first (2025)", "within Kenya"]
    assert "Busia 245" in texts and "Made-up data" in str(texts[-1]) and "Natural Earth" in str(texts[-1])
    assert "font/woff2;base64" in drawing
    with Image.open(saved(page, "png").path()) as picture:
        assert picture.width == 2 * int(float(root.attrib["width"]))
        assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 50


def test_a_link_leads_back_to_the_same_picture(open_map: OpenMap) -> None:
    page = open_map("view=places")
    page.locator("#others").select_option(label="2024")
    page.get_by_role("button", name="To", exact=True).click()
    page.locator("#list button").first.click()
    again = open_map(page.evaluate("location.hash.slice(1)"))
    assert table(again) == table(page)
    for part in ("#title", "#card-body"):
        assert again.locator(part).inner_text() == page.locator(part).inner_text() != ""
    assert period(again) == "2024"


def test_an_address_that_this_edition_cannot_show_opens_the_nearest_that_it_can(open_map: OpenMap) -> None:
    page = open_map("view=coverage&role=ward&period=1999&pick=nowhere&most=x", "public")
    assert page.locator("#views [aria-pressed=true]").inner_text() == "Corridors"
    assert period(page) == "2025"


def test_a_page_of_others_can_show_the_map_alone(open_map: OpenMap) -> None:
    page = open_map("pick=KE010", "public")
    page.locator(".wide [data-save=embed]").click()
    code = page.locator("#code").input_value()
    found = re.search(
        r'<iframe src="map\.html\?embed=1#([^"]+)" width="600" height="450" title="[^"]+"', code
    )
    assert found and "pick=KE010" in found[1]
    page.keyboard.press("Escape")
    embedded = open_map(found[1].replace("&amp;", "&"), "public", 600, 450, query="?embed=1")
    assert not embedded.locator(".bar").is_visible() and not embedded.locator("#below").is_visible()
    assert card(embedded).startswith("Marsabit"), "what was chosen is chosen there"
    assert "Made-up data" in embedded.locator("header").inner_text()
    embedded.locator("#close").click()
    assert embedded.locator("#full").is_visible() and box(embedded, "#map")["height"] > 400


def test_empty_edition_is_explained(open_map: OpenMap, tmp_path: Path) -> None:
    page = open_map(edition="public", release=release_with(tmp_path, "public", **{name: [] for name in KEYS}))
    assert "This edition has no data yet." in page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    assert "Toleo hili bado halina data." in page.locator("body").inner_text()
    assert not page.locator("#map").is_visible()


# --- keys, reading, language ------------------------------------------------------------------------------------


def test_keys_alone_reach_and_change_everything(open_map: OpenMap) -> None:
    page = open_map()
    name_of = "(one) => one.id || one.dataset.value || one.dataset.key || one.dataset.save || one.textContent"
    reached: list[str] = []
    for _ in range(200):
        page.keyboard.press("Tab")
        name = page.evaluate(f"({name_of})(document.activeElement)")
        if name in reached[:1]:
            break
        reached.append(name)
    visible = page.evaluate(
        "[...document.querySelectorAll('a, button:enabled, select, input:enabled, [tabindex=\"0\"]')]"
        f".filter((one) => one.checkVisibility()).map({name_of})"
    )
    assert set(visible) <= set(reached)
    place = "document.activeElement.dataset.pick"
    page.locator("#map .place[tabindex='0']").focus()
    until(page, f"{place} === 'KE001'")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(place) == "KE003", "Kilifi lies north of Mombasa"
    assert page.evaluate("getComputedStyle(document.activeElement).strokeWidth") == "4px", "its focus is seen"
    page.keyboard.press("Enter")
    assert card(page).startswith("Kilifi")
    page.keyboard.press("Escape")
    assert not page.locator("#card").is_visible()
    assert page.evaluate(place) == "KE003"
    page.keyboard.press("+")
    assert page.locator("#map").get_attribute("data-zoom") == "1.50"
    page.keyboard.press("0")
    assert page.locator("#map").get_attribute("data-zoom") == "1.00"
    page.locator("#list button").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "close"
    page.keyboard.press("Escape")
    assert page.locator("#list button").first.evaluate("(one) => one === document.activeElement")


@pytest.mark.parametrize(("width", "height", "language"), [(1366, 768, "en"), (390, 844, "sw")])
def test_every_view_can_be_read_on_a_screen_and_on_a_phone(
    open_map: OpenMap, width: int, height: int, language: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_map(f"lang={language}", width=width, height=height)
    for view in VIEWS:
        page.evaluate(f"location.hash = 'lang={language}&view={view}'")
        until(page, f"document.querySelector('#views [aria-pressed=true]').dataset.value === '{view}'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        for _ in range(2):
            found = Axe().run(page).response["violations"]
            assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == [], view
            if not page.locator("#card").is_visible():
                page.locator("#list button").first.click()


def test_page_is_available_in_swahili(open_map: OpenMap) -> None:
    page = open_map("view=places&pick=KE040")
    english = page.locator("body").inner_text()
    page.get_by_role("button", name="Kiswahili").click()
    swahili = page.locator("body").inner_text()
    left = {line for line in swahili.splitlines() if line in english.splitlines() and len(line.split()) > 3}
    assert left == set()
    assert "Panajitokeza" in swahili
    page.get_by_role("button", name="English").click()
    assert page.locator("body").inner_text() == english
