"""What the map page draws and tells of other releases: with two spans counted, sparse, empty, or in part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.outputs.edition import Edition, editions_of
from orchestration.outputs.map_page import write_map_pages
from orchestration.outputs.pages import MAP_PAGE
from orchestration.outputs.printed import Printed
from orchestration.outputs.words import Words
from orchestration.places.boundaries import generalised
from tests.browser.map_page import HIDDEN, columns, names, of_year, table, until
from tests.unit.printed_world import WINDOWS, change, write_edition, write_release


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


def judged_in_2024_alone(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(band=rows["band"].where(rows["period_id"] == "2024", "between_bands"))


def test_activity_by_county_of_which_nothing_was_judged_has_no_tab_and_a_sentence(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_release(tmp_path)
    change(tmp_path, "public", "regional_risk", lambda rows: rows.assign(band="between_bands"))
    change(tmp_path, "partner", "regional_risk", judged_in_2024_alone)
    write_map_pages(tmp_path, manifest, generalised())
    page = open_page("view=risk", path=tmp_path / "public" / MAP_PAGE)
    assert "Activity by county" not in page.locator("#views").inner_text()
    assert "There is no map of activity by county" in page.locator("#unjudged").inner_text()
    assert not page.locator("#untold").is_visible(), "the table is printed"
    page = open_page("view=risk", path=tmp_path / "partner" / MAP_PAGE)
    assert page.locator("[aria-current]").text_content() == "Activity by county"
    assert "2025" in page.locator("#summary").inner_text(), "the newest, as in the report"
    assert not page.locator("#unjudged").is_visible()


def of_the_round(rows: pd.DataFrame) -> pd.DataFrame:
    """The newest year as the round of 2020, which no other table of this release counts."""
    of_year = rows[rows["period_id"] == "2025"]
    return pd.concat([rows, of_year.assign(period_id="round-2020", record_grain="route_report")])


def named_in_the_round(rows: pd.DataFrame) -> pd.DataFrame:
    told = {"role": "any", "round": "2020", "record_grain": "route_report", "item_kind": "corridor"}
    corridors = [
        {**told, "item": "ETH>KE047", "evidence_class": "panel_confirmed"},
        {**told, "item": "KE037>KE047", "evidence_class": "seen_before"},
    ]
    return pd.concat([rows, pd.DataFrame(corridors)], ignore_index=True)


def test_what_a_round_named_for_the_first_time_is_told_and_can_be_kept_alone(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    manifest = write_release(tmp_path)
    change(tmp_path, "public", "corridors", of_the_round)
    change(tmp_path, "public", "ends", of_the_round)
    change(tmp_path, "public", "novelty", named_in_the_round)
    write_map_pages(tmp_path, manifest, generalised())
    path = tmp_path / "public" / MAP_PAGE
    page = open_page("grain=route_report&kind=round&most=all", path=path)
    told = columns(table(page), "From", "To", "New in this round?")
    new = ("Ethiopia", "Nairobi", "New, confirmed by several partners, one of which reported before")
    assert new in told
    assert ("Kakamega", "Nairobi", "Named before") in told
    page.locator("#choose-novelty").select_option("new")
    assert columns(table(page), "From", "To", "New in this round?") == [new]
    assert "what fits “new in this round”: 1." in page.locator("#summary").inner_text()
    page.get_by_role("button", name="Origins and destinations").click()
    assert ("Uganda", "Named before") in columns(table(page), "Place", "New in this round?")
    page = open_page("", path=path)
    assert not page.locator("#choose-novelty").is_visible(), "cases are no round"
    assert "New in this round?" not in table(page)[0]


def test_what_the_records_do_not_say_stands_with_the_view_it_is_of(
    open_page: Callable[..., Any], editions: dict[str, Edition]
) -> None:
    told = of_year(editions["public"], "completeness")
    page = open_page("", edition="public")
    lines = page.locator("#known-fields li").all_text_contents()
    assert len(lines) == told["known_share_band"].nunique()
    assert sum(line.count(",") + 1 for line in lines) == len(told)
    assert "Cases, 2025" in page.locator("#known-lead").inner_text()
    page = open_page("view=coverage&period=2022", edition="public")
    page.locator("[data-view=shifts]").click()
    assert not page.locator("#known").is_visible(), "of these spans it is not printed"


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


def test_what_lies_in_kenya_alone_is_drawn_as_large_as_there_is_room_for(
    open_page: Callable[..., Any],
) -> None:
    page = open_page("find=mombasa → nairobi")
    assert page.locator("#map").get_attribute("data-frame") == "kenya"
    assert page.locator("#legend").inner_text().split("\n")[0] == "Within Kenya"
    page.locator("#choose-find").fill("nairobi → saudi")
    until(page, "location.hash.includes('saudi')")
    assert page.locator("#legend").inner_text().split("\n")[0] == "Out of Kenya", "only what is drawn"
    assert page.locator("#map").get_attribute("data-frame") == "wide"
    page.set_viewport_size({"width": 390, "height": 800})
    until(page, "document.getElementById('map').dataset.frame === 'tall'")
