"""What the report says, and that it says no more than the tables of its edition."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.figures import draw_figures
from orchestration.outputs.printed import Printed
from orchestration.outputs.report.compose import compose
from orchestration.outputs.report.html import as_html
from orchestration.outputs.words import CATALOGUE, Words, plain
from orchestration.places.boundaries import captions, generalised
from tests.unit import printed_world
from tests.unit.read_report import NUMBER, Read, is_told, read_page

EDITIONS = ("public", "partner")
FIGURES = dict.fromkeys(("hotspots", "corridors", "years", "shifts", "coverage"), "A picture.")


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A release and the one before it."""
    folder = tmp_path_factory.mktemp("printed")
    printed_world.write_release(folder / "now")
    printed_world.write_release(folder / "before", of_earlier=True)
    return folder / "now", folder / "before"


def edition(releases: tuple[Path, Path], name: str) -> tuple[Edition, Edition]:
    now, before = releases
    manifests = printed_world.manifest(), printed_world.manifest(of_earlier=True)
    return Edition(name, now, manifests[0]), Edition(name, before, manifests[1])


def page(now: Edition, before: Edition | None = None) -> Read:
    return read_page(
        as_html(
            compose(now, before, FIGURES, captions(generalised()).credits),
            {"pdf": "report.pdf", "map": "map.html"},
        )
    )


@pytest.mark.parametrize("name", EDITIONS)
def test_no_number_stands_in_the_report_without_its_source(releases: tuple[Path, Path], name: str) -> None:
    read = page(*edition(releases, name))
    assert [text for text in read.around if NUMBER.search(text)] == []
    assert len(read.values) > 300


@pytest.mark.parametrize("name", EDITIONS)
def test_every_number_is_what_the_named_row_of_its_edition_says(
    releases: tuple[Path, Path], name: str
) -> None:
    now, before = edition(releases, name)
    assert [value for value in page(now, before).values if not is_told(now, value)] == []


def test_a_number_that_its_table_does_not_hold_is_noticed(releases: tuple[Path, Path]) -> None:
    now, _ = edition(releases, "public")
    values = [value for value in page(now).values if value.column == "person_count"]
    assert is_told(now, values[0])
    assert not is_told(now, replace(values[0], text="7"))
    assert not is_told(now, replace(values[0], source=values[0].source + "0"))
    counts = [value for value in page(now).values if value.column.startswith("rows:")]
    assert is_told(now, counts[0])
    assert not is_told(now, replace(counts[0], text="7"))


def test_the_words_of_the_report_hold_no_figure_but_the_bounds_of_bands() -> None:
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [row["key"] for row in rows if re.search(r"\d", row["en"] + row["sw"])] == [
        f"band.{one}" for one in ("half_or_less", "lower", "higher", "twice_or_more")
    ]
    keys = [row["key"] for row in rows]
    assert len(keys) == len(set(keys))
    for row in rows:
        slots = [set(re.findall(r"{(\w+)}", row[one])) for one in ("en", "sw") if row[one]]
        assert len(slots) == 1 or slots[0] == slots[1], row["key"]


def test_the_swahili_page_says_nothing_in_english(releases: tuple[Path, Path]) -> None:
    with CATALOGUE.open(encoding="utf-8", newline="") as lines:
        english = {row["key"] for row in csv.DictReader(lines) if not row["sw"]}
    asked: list[str] = []

    class Listening(Words):
        def text(self, key: str) -> str:
            asked.append(key)
            return super().text(key)

    from orchestration.outputs.report.chapters import summary

    for name in EDITIONS:
        now, _ = edition(releases, name)
        chapter = summary(Printed(now, Listening("sw")))
        assert chapter.language == "sw"
    assert len(set(asked)) > 20
    assert set(asked) & english == set()


@pytest.mark.parametrize("name", EDITIONS)
def test_only_what_several_partners_carry_is_said_to_have_changed(
    releases: tuple[Path, Path], name: str
) -> None:
    read = page(*edition(releases, name))
    summary = read.sections["summary"]
    assert "Busia → Saudi Arabia" in summary
    windows = "in April 2025 – March 2026 than in April 2024 – March 2025."
    assert f"Growing: Kilifi → Saudi Arabia took a larger share of partners' own records {windows}" in summary
    assert f"took a smaller share of partners' own records {windows}" in summary
    assert "Ethiopia → Nairobi took" not in summary, "one partner alone says so"
    for quiet in ("Kakamega → Thailand", "Mandera → United Arab Emirates", "Uganda → Nairobi"):
        assert quiet not in summary.partition("Emerging")[2], "new source, too few, stable"
        assert quiet not in read.sections["shifts"]


def test_what_one_partner_says_is_marked_for_members_and_not_told_in_public(
    releases: tuple[Path, Path],
) -> None:
    partner, public = (page(*edition(releases, name)).sections["shifts"] for name in ("partner", "public"))
    assert "One partner: it may have changed where it works" in partner
    assert "Ethiopia → Nairobi" in partner
    assert "Ethiopia → Nairobi" not in public


def test_a_pair_that_moved_together_is_never_called_proof(releases: tuple[Path, Path]) -> None:
    partner, public = (page(*edition(releases, name)).sections["shifts"] for name in ("partner", "public"))
    assert partner.count("consistent with displacement, and no proof of it") == 4
    assert "does not print which corridor may have taken over" in public


def test_a_place_that_is_not_distinguished_is_counted_and_never_listed(releases: tuple[Path, Path]) -> None:
    now, _ = edition(releases, "public")
    printed = Printed(now, Words())
    told = page(now).sections["hotspots"]
    period = printed.newest("hotspots", role="origin")
    given: dict[str, Any] = {"period_id": period, "role": "origin"}
    usual = printed.rows("hotspots", **given, label="not_distinguished")
    names = {printed.place(row["place_id"]) for row in usual}
    listed = told.partition("Places of origin that differ")[2].partition("further places")[0]
    assert names
    assert not [one for one in names if re.search(rf"\b{re.escape(one)}\b", listed)]
    assert f"{len(usual)} further places are not distinguished from the usual; that is no finding." in told


@pytest.mark.parametrize("name", EDITIONS)
@pytest.mark.parametrize(
    "table",
    [
        "ends", "children", "routes", "hotspots", "corridors", "corridor_shifts", "novelty", "regional_risk",
        "corridor_codes", "coverage", "completeness",
    ],
)  # fmt: skip
def test_what_an_edition_does_not_print_is_said_in_a_sentence(tmp_path: Path, name: str, table: str) -> None:
    printed_world.write_edition(tmp_path, name, without=(table,))
    text = "".join(page(Edition(name, tmp_path, printed_world.manifest())).sections.values())
    key = "absent.children_off" if (name, table) == ("public", "children") else f"absent.{table}"
    assert Words().text(key) in text


@pytest.mark.parametrize("name", EDITIONS)
def test_an_edition_that_prints_only_its_periods_makes_a_report(tmp_path: Path, name: str) -> None:
    tables = tuple(printed_world.printed_tables(name))
    printed_world.write_edition(tmp_path, name, without=tuple(one for one in tables if one != "periods"))
    read = page(Edition(name, tmp_path, printed_world.manifest()))
    assert [text for text in read.around if NUMBER.search(text)] == []


def test_the_first_release_has_nothing_new_and_says_so(releases: tuple[Path, Path]) -> None:
    _, before = edition(releases, "public")
    assert Words().text("news.first") in page(before).sections["news"]
    now, _ = edition(releases, "public")
    assert Words().text("news.no_earlier") in page(now).sections["news"]


def test_what_is_new_is_what_the_release_before_did_not_print(releases: tuple[Path, Path]) -> None:
    now, before = edition(releases, "public")
    news = page(now, before).sections["news"]
    assert before.manifest["release_id"] in news
    assert "Printed for the first time: 2025." in news
    assert "Now fading: Nakuru → Lebanon and Uganda → Saudi Arabia." in news
    same = page(now, replace(before, folder=now.folder)).sections["news"]
    assert "Printed for the first time" not in same and "Now fading" not in same


def test_the_public_report_reads_nothing_of_the_partner_edition(tmp_path: Path) -> None:
    printed_world.write_edition(tmp_path, "public")
    alone = compose(Edition("public", tmp_path, printed_world.manifest()), None, {}, "")
    printed_world.write_edition(tmp_path, "partner")
    planted = pa.table({"movement_id": ["planted"]})
    pq.write_table(planted, tmp_path / "public" / "parquet" / "marts.fct_movements.parquet")
    assert compose(Edition("public", tmp_path, printed_world.manifest()), None, {}, "") == alone


def test_a_hidden_cell_has_the_symbol_of_the_policy_and_its_legend(releases: tuple[Path, Path]) -> None:
    now, _ = edition(releases, "public")
    read = page(now)
    hidden = [value for value in read.values if value.source == "policy|hidden_symbol"]
    assert {value.text for value in hidden} == {"c"}
    assert "c not shown: fewer than 10 persons or partners too few" in read.sections["corridors"]
    assert "0" not in {value.text for value in read.values}


def test_waivers_in_force_are_told(releases: tuple[Path, Path]) -> None:
    now, before = edition(releases, "public")
    assert "waiver-0007" in page(now).sections["methods"]
    assert Words().text("methods.no_waiver") in page(before).sections["methods"]


def test_names_are_joined_as_people_read_them() -> None:
    words = Words()
    assert [plain(words.together(names)) for names in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == [
        "", "A", "A and B", "A, B and C",
    ]  # fmt: skip


@pytest.mark.parametrize("name", EDITIONS)
def test_a_period_reported_in_part_is_marked_with_its_reason(releases: tuple[Path, Path], name: str) -> None:
    now, _ = edition(releases, name)
    corridors = page(now).sections["corridors"]
    assert "2023*" in corridors
    assert "2024*" not in corridors
    assert "not all of 2023 was reported: it began before partners did" in corridors


def test_no_headline_rests_on_a_period_reported_in_part(tmp_path: Path) -> None:
    printed_world.write_release(tmp_path)
    printed_world.change(tmp_path, "public", "reported_periods", lambda rows: rows.assign(
        is_partial=rows.period_id.ne("2024"), partial_reason="months_missing"
    ))  # fmt: skip
    read = page(Edition("public", tmp_path, printed_world.manifest()))
    for language in ("summary", "summary-sw"):
        assert "2024" in read.sections[language]
        assert not re.search("2025|2026|Saudi Arabia took", read.sections[language])
    assert "2025*" in read.sections["corridors"]
    assert "April 2025 – March 2026 (reported in part)" in read.sections["shifts"]


def test_a_corridor_without_a_place_is_not_on_the_map_and_is_told_beside_it(tmp_path: Path) -> None:
    def with_unknown_ends(rows: pd.DataFrame) -> pd.DataFrame:
        last = rows[rows.is_shown & rows.period_id.eq("2025")].head(2)
        ends = last.assign(origin_place_id=["unknown", "KEN"], person_count=900)
        return pd.concat([rows, ends], ignore_index=True)

    printed_world.write_release(tmp_path)
    printed_world.change(tmp_path, "public", "corridors", with_unknown_ends)
    now = Edition("public", tmp_path, printed_world.manifest())
    printed = Printed(now, Words())
    alt = draw_figures(printed, generalised(), tmp_path)["corridors"]
    assert "unknown" not in alt and "Kenya →" not in alt
    drawn = (tmp_path / "corridors.svg").read_text(encoding="utf-8")
    assert "corridor-unknown" not in drawn and "corridor-KEN" not in drawn
    both = len(printed.rows("corridors", period_id="2025", record_grain="case", is_shown=True))
    said = f"Of the {both} corridors with a number in 2025, {both - 2} join"
    assert said in page(now).sections["corridors"]


def test_the_rules_are_told_in_sentences_with_the_limits_that_bind(releases: tuple[Path, Path]) -> None:
    public, partner = (page(edition(releases, name)[0]).sections for name in EDITIONS)
    assert "10 persons or more, told by 3 partners or more in 5 records" in public["methods"]
    assert "5 persons or more, told by 2 partners or more." in partner["methods"]
    assert "percent of what the largest told" not in partner["methods"], "nothing is asked of them there"
    assert "Persons in cases are counted by calendar year." in public["methods"]
    for nothing in ("Fewest records", "subcounty", "month"):
        assert nothing not in partner["limits"], "no table of the report comes up against it"
    assert "Fewest persons in a cell" in partner["limits"]
    assert "Rule" not in public["methods"], "the table stands in the appendix"


def test_the_report_says_that_no_licence_is_decided(releases: tuple[Path, Path]) -> None:
    for name in EDITIONS:
        methods = page(edition(releases, name)[0]).sections["methods"]
        assert "No licence of these data is decided." in methods
        assert "ask the network" in methods
