"""The map page as a reader has it: its table, its file, its choices and its links."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.map_page import write_map_pages
from orchestration.outputs.pages import MAP_PAGE
from orchestration.places.boundaries import generalised
from tests.browser.map_page import HIDDEN, VIEWS, columns, names, of_year, table, until
from tests.unit.printed_world import write_release


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


def test_the_sentence_tells_what_the_choices_keep_and_what_is_listed_without_a_number(
    open_page: Callable[..., Any], editions: dict[str, Edition]
) -> None:
    def said() -> str:
        return str(page.locator("#summary").text_content())

    cells = of_year(editions["partner"], "corridors")
    printed = int(cells["is_shown"].sum())
    page = open_page()
    assert f"Corridors with a number: {printed}." in said()
    assert f"without one: {len(cells) - printed};" in said() and "Of these" not in said()
    page.locator("#choose-most").select_option("25")
    assert "Shown are the 25 largest." in said()
    page.locator("#choose-find").fill("mombasa")
    page.locator("#choose-role").select_option("destination")
    until(page, "location.hash.includes('find=mombasa')")
    kept = len(table(page)) - 1
    assert f"Of these, what fits “mombasa” (Destination): {kept}." in said()
    assert f"Corridors with a number: {printed}." in said(), "of all, whatever is kept"
    page.locator("#choose-unprinted").check()
    hidden = len(table(page)) - 1 - kept
    assert hidden > 0
    assert f"Listed with them, dotted and grey on the map: {hidden} pairs without a number." in said()
    page.locator("#clear").click()
    page.locator("#choose-exploitation_type").select_option("domestic_servitude")
    assert f"what fits Exploitation: Domestic servitude: {len(table(page)) - 1}." in said()
    page.get_by_role("button", name="Hotspots").click()
    whole = said()
    page.locator("#choose-find").fill("garissa")
    until(page, "location.hash.includes('find=garissa')")
    assert said() == f"{whole} Of these, what fits “garissa”: {len(table(page)) - 1}."
