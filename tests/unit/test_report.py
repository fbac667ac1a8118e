"""What a report says: findings first, each under the condition that its numbers meet, each number from its cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.published import KEYS, Published
from orchestration.outputs.report import findings
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import CATALOGUE, Texts, plain
from tests.unit import published_world
from tests.unit.published_world import MANIFEST, Row, world, write_release
from tests.unit.read_report import NUMBER, page_of, stands_in_its_cell

EDITIONS = ("public", "members")


def edition(folder: Path, name: str, **tables: list[Row]) -> Edition:
    """An edition of the world with other rows in some tables."""
    write_release(folder, (name,), **{name: tables})
    return Edition(name, folder, MANIFEST)


def view(of: Edition) -> View:
    return View.newest(Published(of, Texts()))


@pytest.fixture
def public(tmp_path: Path) -> Edition:
    return edition(tmp_path, "public")


@pytest.fixture
def members(tmp_path: Path) -> Edition:
    return edition(tmp_path, "members")


def test_the_keys_of_sources_are_those_of_the_tables() -> None:
    assert {name: list(key) for name, key in KEYS.items()} == published_world.KEYS


def test_the_planted_displacement_is_title_deck_and_pair(public: Edition) -> None:
    page = page_of(public)
    assert page.titles["brief"] == "To Nairobi, Mandera is taking over from Marsabit"
    assert "partners recorded 71 cases from Marsabit to Nairobi, down from 158" in page.sections["brief"]
    assert (
        "From Mandera they recorded 69; in 2024 that corridor was not on the list." in page.sections["brief"]
    )
    assert "consistent with displacement; it does not prove it" in page.sections["brief"]
    assert "Marsabit → Nairobi fell while Mandera → Nairobi rose." in page.sections["changes"]


def test_members_read_of_twelve_months_and_of_none(members: Edition) -> None:
    page = page_of(members)
    assert page.titles["brief"] == "To Nairobi, Mandera has taken over from Marsabit"
    assert "In the twelve months to June 2026" in page.sections["brief"]
    assert "up from 12" in page.sections["brief"]


def test_a_negative_sentence_is_said_only_where_the_tables_have_no_row(
    tmp_path: Path, public: Edition
) -> None:
    """Marsabit still has three cases in the members' table of corridors, though the change is `abandoned`."""
    assert "none" not in page_of(public).sections["brief"]
    small = edition(tmp_path / "small", "members")
    assert "no case from Marsabit" not in page_of(small).sections["brief"]
    corridors = [
        row
        for row in world("members")["corridors"]
        if not (row["corridor_id"] == "KE010>KE047" and row["period_id"] == "2026-Q2-12m")
    ]
    gone = edition(tmp_path / "gone", "members", corridors=corridors)
    assert "partners recorded no case from Marsabit to Nairobi" in page_of(gone).sections["brief"]


@pytest.mark.parametrize("name", EDITIONS)
def test_every_number_of_the_report_stands_in_the_cell_it_names(tmp_path: Path, name: str) -> None:
    of = edition(tmp_path, name)
    page = page_of(of)
    assert len(page.values) > 100
    assert [value for value in page.values if not stands_in_its_cell(of, value)] == []


@pytest.mark.parametrize("name", EDITIONS)
def test_no_number_stands_outside_of_such_a_cell(tmp_path: Path, name: str) -> None:
    allowed = ("<5",)
    found = []
    for text in page_of(edition(tmp_path, name)).around:
        for word in allowed:
            text = text.replace(word, "")
        found += [(number, text) for number in NUMBER.findall(text)]
    assert found == []


def test_a_corridor_leads_only_by_more_than_the_noise(public: Edition, tmp_path: Path) -> None:
    """Busia to Nairobi 245 and Kilifi to Mombasa 240: the two lead together, none alone."""
    assert plain(findings.leading_corridors(view(public))) == (
        "Two corridors lead: Busia to Nairobi with 245 cases and Kilifi to Mombasa with 240 cases"
    )
    apart = world("public")["corridors"]
    for row in apart:
        if row["corridor_id"] == "KE003>KE001":
            row["movement_count"] = 225
    of = edition(tmp_path / "apart", "public", corridors=apart)
    assert plain(findings.leading_corridors(view(of))).startswith("One corridor leads: Busia to Nairobi")


def test_shares_and_places_that_stand_out(public: Edition) -> None:
    brief = page_of(public).sections["brief"]
    assert "From: Busia stands out, at least twice a typical county" in brief
    assert "Two in five are children" in brief
    assert "Domestic servitude is named in two in five cases" in brief
    assert "Five partners reported, from nine counties" in brief


def test_children_of_a_county_are_a_fraction_only_from_fifty_cases_on(tmp_path: Path) -> None:
    places = world("public")["places"]
    for row in places:
        if row["population"] == "children" and row["place_id"] == "KE003":
            row["movement_count"] = 200
    of = edition(tmp_path / "fifty", "public", places=places)
    assert "from Kilifi, more than four in five" in plain(findings.children_title(view(of)))
    for row in places:
        if row["population"] == "all" and row["place_id"] == "KE003":
            row["movement_count"] = 49
    below = edition(tmp_path / "below", "public", places=places)
    assert "Kilifi" not in plain(findings.children_title(view(below)))


def test_the_findings_change_with_the_tables(tmp_path: Path) -> None:
    rows = world("public")["shifts"]
    alone = [{**rows[0], "displaced_from": None, "displaced_from_name": None}, *rows[2:]]
    rose = edition(tmp_path / "rose", "public", shifts=alone)
    assert plain(findings.title(view(rose))) == "Mandera to Nairobi is new on the list, with 69 cases"
    fell = edition(tmp_path / "fell", "public", shifts=rows[1:])
    assert plain(findings.title(view(fell))) == "Cases from Marsabit to Nairobi fell to 71, about half"
    one_partner = [{**row, "evidence": "single_partner"} for row in rows]
    still = edition(tmp_path / "still", "public", shifts=one_partner)
    assert plain(findings.title(view(still))).startswith("Busia stands out, with at least twice")


def test_a_network_too_small_to_publish_says_so_once_and_members_have_theirs(tmp_path: Path) -> None:
    empty: dict[str, list[Row]] = {
        name: [] for name in ("corridors", "places", "codes", "shifts", "hotspots", "risk")
    }
    of = edition(tmp_path / "public", "public", **empty)
    page = page_of(of)
    assert page.titles["brief"] == "No corridor of 2025 is large enough to publish"
    assert list(page.sections) == ["brief", "annex"]
    assert "corridors" in page_of(edition(tmp_path / "members", "members")).sections


def test_a_county_has_a_page_with_what_starts_passes_and_ends(public: Edition, tmp_path: Path) -> None:
    page = page_of(public)
    assert page.titles["county-KE040"] == (
        "More cases start in Busia than in any other county, and most of them end in Nairobi"
    )
    assert "From Busia to Nairobi245 (226)" in page.sections["county-KE040"]
    assert "by quarter" not in page.sections["county-KE040"]
    of_members = page_of(edition(tmp_path / "members", "members"))
    assert "Domestic servitude" in of_members.sections["county-KE040"]
    assert "none ended in Busia" not in page.sections["county-KE040"]


def test_the_summary_is_in_swahili_too(public: Edition) -> None:
    brief = page_of(public).sections["brief"]
    assert "Kwa kifupi" in brief
    assert "Marsabit → Nairobi ilishuka kutoka visa 158 hadi 71; Mandera → Nairobi ilifikia visa 69." in brief


def test_chapters_without_rows_are_left_out(tmp_path: Path) -> None:
    of = edition(tmp_path, "public", shifts=[], routes=[], novelty=[], hotspots=[], risk=[])
    assert {"changes", "rounds", "hotspots"}.isdisjoint(page_of(of).sections)


def test_a_survey_round_lists_routes_without_numbers_in_public(public: Edition) -> None:
    rounds = page_of(public).sections["rounds"]
    assert rounds.startswith("2025") and "One corridor was new in the survey round of 2020" in rounds
    assert "Uganda → Nairobi" in rounds


def test_what_is_new_names_changes_that_the_last_release_had_not(tmp_path: Path, public: Edition) -> None:
    before = edition(tmp_path / "before", "public", shifts=world("public")["shifts"][2:])
    assert "Marsabit" in page_of(public, before).sections["since"]
    assert "since" not in page_of(public, edition(tmp_path / "same", "public")).sections


def test_the_words_hold_only_lines_that_are_used() -> None:
    """Keys stand in the code, whole or by their beginning; the map page takes some kinds as a whole."""
    folder = CATALOGUE.parent
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("**/*.py")))
    shared = {
        "grain", "role", "direction", "label", "band", "status", "trend", "risk_band", "evidence",
        "evidence_class", "field", "month",
    }  # fmt: skip
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()[1:]
    keys = [line.partition(",")[0] for line in lines]
    unused = [
        key
        for key in keys
        if key.partition(".")[0] not in shared
        and key not in code
        and not any(f"{key[: at + 1]}{{" in code for at, letter in enumerate(key) if letter == ".")
        and f'"{key.rpartition(".")[0]}"' not in code
    ]
    assert unused == []
