"""Text of the report: each finding stands only where its numbers allow it, each number has its cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.published import KEYS, Published
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import CATALOGUE, Texts, plain
from tests.fixtures import published_world
from tests.fixtures.published_world import MANIFEST, Row, world, write_release
from tests.fixtures.read_report import NUMBER, Read, page_of, stands_in_its_cell

EDITIONS = ("public", "members")
PAIR = (
    "Several partners’ records show that Marsabit to Nairobi fell while Mandera to Nairobi rose: "
    "consistent with displacement, not proof of it"
)


def edition(folder: Path, name: str, **tables: list[Row]) -> Edition:
    """An edition of the world with other rows in some tables."""
    write_release(folder, (name,), **{name: tables})
    return Edition(name, folder, MANIFEST)


def view(of: Edition) -> View:
    return View.newest(Published(of, Texts()))


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    return {name: edition(tmp_path_factory.mktemp(name), name) for name in EDITIONS}


@pytest.fixture(scope="module")
def pages(editions: dict[str, Edition]) -> dict[str, Read]:
    return {name: page_of(of) for name, of in editions.items()}


def test_the_keys_of_sources_are_those_of_the_tables() -> None:
    assert {name: list(key) for name, key in KEYS.items()} == published_world.KEYS


def test_the_planted_displacement_is_title_deck_and_pair(pages: dict[str, Read]) -> None:
    page = pages["public"]
    assert page.titles["brief"] == (
        "Recorded cases from Marsabit to Nairobi fell from 158 to 71 while those from Mandera rose to 69"
    )
    brief = page.sections["brief"]
    assert "both changes in 2025, against 2024: consistent with displacement, not proof of it. " in brief
    assert "Cases from Mandera to Nairobi: not listed in 2024, 69 in 2025." in brief
    assert "a smaller share for this corridor than in 2024: about half as large, or less." in brief
    assert "Cases: 158 in 2024, 71 in 2025." in brief
    assert "Cases: not listed in 2024, 69 in 2025." in brief
    assert f"{PAIR}." in page.sections["changes"]


@pytest.mark.parametrize("name", EDITIONS)
def test_bands_say_what_their_change_is(pages: dict[str, Read], name: str) -> None:
    chapter = pages[name].sections["hotspots"]
    assert "Counties of which more is reported in 2025 than of a typical county: Busia" in chapter
    assert "it also moves where only other places rose or fell" in chapter


def test_border_point_with_the_name_of_a_county_is_marked_as_one(tmp_path: Path) -> None:
    rows = [
        row | {"place_id": "bp-ken-busia", "place": "Busia"} if row["place_id"] == "bp-ken-malaba" else row
        for row in world("public")["places"]
    ]
    page = page_of(edition(tmp_path, "public", places=rows))
    assert "At border points: Busia (border point) 104" in page.sections["brief"]
    swahili = Published(edition(tmp_path / "sw", "public"), Texts("sw"))
    assert [swahili.place(one) for one in ("KE040", "bp-ken-busia", "bp-ken-malaba")] == [
        "Busia", "Busia (kituo cha mpakani)", "Malaba",
    ]  # fmt: skip


def test_members_read_of_the_last_twelve_months(pages: dict[str, Read]) -> None:
    page = pages["members"]
    assert page.titles["brief"].endswith("fell from 157 to <5 while those from Mandera rose from 12 to 118")
    assert (
        "Cases: 12 in the twelve months before, 118 in the twelve months to June 2026."
        in (page.sections["brief"])
    )
    assert "about nine times as large; at least seven times" in page.sections["brief"]


def test_report_says_none_only_where_the_tables_have_no_row(tmp_path: Path, pages: dict[str, Read]) -> None:
    """Marsabit still has three cases in the members' table of corridors, though the change is `abandoned`."""
    assert "none" not in pages["public"].sections["brief"]
    assert "and no longer in" not in pages["members"].sections["brief"]
    corridors = [
        row
        for row in world("members")["corridors"]
        if not (row["corridor_id"] == "KE010>KE047" and row["period_id"] == "2026-Q2-12m")
    ]
    gone = edition(tmp_path, "members", corridors=corridors)
    page = page_of(gone)
    assert "half or less" not in page.sections["changes"], "of 157, none is left"
    brief = page.sections["brief"]
    assert "this corridor in the twelve months before, and no longer in the twelve months to June" in brief
    assert "Cases: 157 in the twelve months before, none in the twelve months to June 2026." in brief


@pytest.mark.parametrize("name", EDITIONS)
def test_every_number_of_the_report_equals_the_cell_it_names(
    editions: dict[str, Edition], pages: dict[str, Read], name: str
) -> None:
    values = pages[name].values
    assert len(values) > 100
    assert [value for value in values if not stands_in_its_cell(editions[name], value)] == []


@pytest.mark.parametrize("name", EDITIONS)
def test_no_number_of_the_report_lacks_a_cell(pages: dict[str, Read], name: str) -> None:
    texts = [text.replace("<5", "") for text in pages[name].around]
    assert [(number, text) for text in texts for number in NUMBER.findall(text)] == []


def test_a_corridor_leads_only_by_more_than_the_noise(editions: dict[str, Edition], tmp_path: Path) -> None:
    """Busia to Nairobi 245 and Kilifi to Mombasa 240: the two lead together, none alone."""
    assert plain(findings.leading_corridors(view(editions["public"]))) == (
        "Most recorded cases: Busia to Nairobi with 245 cases and Kilifi to Mombasa with 240 cases"
    )
    apart = world("public")["corridors"]
    for row in apart:
        if row["corridor_id"] == "KE003>KE001":
            row["movement_count"] = 225
    of = edition(tmp_path / "apart", "public", corridors=apart)
    assert (
        plain(findings.leading_corridors(view(of))) == "Most recorded cases: Busia to Nairobi with 245 cases"
    )


def test_brief_names_the_findings_and_ends_in_swahili(pages: dict[str, Read]) -> None:
    brief = pages["public"].sections["brief"]
    assert "Busia above what partners’ coverage would lead one to expect: at least twice as many" in brief
    assert "Two in five recorded cases are known to be children" in brief
    assert "Domestic servitude is named in two in five cases" in brief
    assert "Five partners reported; together they watch nine counties" in brief
    assert "Kwa kifupi" in brief
    assert (
        "kutoka Marsabit hadi Nairobi vilipungua kutoka 158 hadi 71 huku vile kutoka Mandera viliongezeka hadi 69. "
    ) in brief
    assert "yanaendana na kuhama kwa njia, lakini si uthibitisho" in brief
    assert "Visa vya Mandera hadi Nairobi: havijaorodheshwa katika 2024, 69 katika 2025." in brief


def test_totals_stand_beside_the_partners_that_came_and_left(pages: dict[str, Read], tmp_path: Path) -> None:
    moved = "Totals and shares also move with them."
    assert f"began between the periods: one; that stopped: two. {moved}" in pages["members"].sections["brief"]
    assert "Totals and shares also move with which partners report." in pages["public"].sections["brief"]
    assert moved not in pages["public"].sections["brief"]
    coverage = [row | {"partners_started": 0, "partners_stopped": 0} for row in world("members")["coverage"]]
    assert moved not in page_of(edition(tmp_path, "members", coverage=coverage)).sections["brief"]


def test_members_read_how_often_inferred_routes_were_right_and_the_public_reads_nothing_of_them(
    pages: dict[str, Read],
) -> None:
    corridors = pages["members"].sections["corridors"]
    assert "On 2 corridors at most two records name their route" in corridors
    assert "exactly right for 39 percent of records (the shortest road: 8 percent)" in corridors
    assert "at least one was passed in 88 percent" in corridors
    assert "inferred" not in " ".join(pages["public"].sections.values()).lower()


def test_the_brief_says_of_how_many_corridors_a_change_is_known(pages: dict[str, Read]) -> None:
    for name, words in (("members", "the twelve months to June 2026"), ("public", "2025")):
        assert f"corridors listed in {words}, the others could not be judged" in pages[name].sections["brief"]


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
    assert plain(findings.title(view(rose))) == "Recorded cases from Mandera to Nairobi rose to 69"
    assert plain(findings.deck(view(rose))) == (
        "Several partners’ records show a larger share for Mandera to Nairobi than in 2024: "
        "about twice as large, or more. Cases from Mandera to Nairobi: not listed in 2024, 69 in 2025."
    )
    fell = edition(tmp_path / "fell", "public", shifts=rows[1:])
    assert plain(findings.title(view(fell))) == "Recorded cases from Marsabit to Nairobi fell from 158 to 71"
    counted = world("public")["corridors"]
    for row in counted:
        if row["corridor_id"] == "KE010>KE047" and row["period_id"] == "year-2025":
            row["movement_count"] = 160
    against = edition(tmp_path / "against", "public", shifts=rows, corridors=counted)
    assert plain(findings.title(view(against))) == PAIR, "a share fell while its count did not"
    assert "Cases from Marsabit to Nairobi: 158 in 2024, 160 in 2025." in plain(findings.deck(view(against)))
    one_partner = [{**row, "evidence": "single_partner"} for row in rows]
    still = edition(tmp_path / "still", "public", shifts=one_partner)
    assert plain(findings.title(view(still))).startswith("Busia above what partners’ coverage")


@pytest.mark.parametrize(
    ("name", "period", "partners", "why"),
    [
        ("members", "2025-Q2-12m", 1, "a partner that began between the periods may explain it"),
        ("members", "2025-Q2-12m", 0, "counts also move with how many partners report"),
        ("public", "year-2024", None, "counts also move with how many partners report"),
    ],
)
def test_a_doubled_count_without_a_rise_of_the_share_is_marked(
    tmp_path: Path, name: str, period: str, partners: int | None, why: str
) -> None:
    tables = world(name)
    for row in tables["corridors"]:
        if row["corridor_id"] == "KE040>KE047" and row["period_id"] == period:
            row |= {"movement_count": 100, "movement_count_text": "100"}
    coverage = [row | {"partners_started": partners} for row in tables["coverage"]]
    of = edition(tmp_path / "doubled", name, corridors=tables["corridors"], coverage=coverage)
    page = page_of(of)
    for section in ("brief", "corridors", "county-KE040", "annex"):
        assert "Nairobi °" in page.sections[section] and why in page.sections[section], section
    marked = re.findall(r"(\w+ (?:→|to) \w+) °", " ".join(page.sections.values()))
    assert set(marked) == {"Busia to Nairobi", "Busia → Nairobi"}, "Mandera grew, the others did not double"
    rose = [row for row in tables["shifts"] if row["status"] == "growing"]
    rose += [row | {"corridor_id": "KE040>KE047", "origin_place_id": "KE040"} for row in rose]
    risen = edition(tmp_path / "risen", name, corridors=tables["corridors"], shifts=rose)
    assert "°" not in " ".join(page_of(risen).sections.values())


def test_the_annex_lists_the_largest_corridors_and_says_where_the_others_are(
    editions: dict[str, Edition], pages: dict[str, Read], monkeypatch: pytest.MonkeyPatch
) -> None:
    more = "The exports and the tables hold further corridors."
    assert more not in pages["members"].sections["annex"]
    monkeypatch.setattr("orchestration.outputs.report.annex.MOST_LINES", 1)
    annex = page_of(editions["members"]).sections["annex"]
    assert more in annex
    assert "Busia → Nairobi" in annex and "Mandera → Nairobi" not in annex


def test_network_too_small_to_publish_is_explained_once(tmp_path: Path) -> None:
    empty: dict[str, list[Row]] = {
        name: [] for name in ("corridors", "places", "codes", "shifts", "hotspots", "risk")
    }
    page = page_of(edition(tmp_path, "public", **empty))
    assert page.titles["brief"] == "No corridor of 2025 is large enough to publish"
    assert list(page.sections) == ["brief", "annex"]


def test_a_county_has_a_page_with_what_starts_passes_and_ends(pages: dict[str, Read]) -> None:
    page = pages["public"]
    assert page.titles["county-KE040"] == (
        "More recorded cases start in Busia than in any other county, and most of them end in Nairobi"
    )
    assert "From Busia to Nairobi245 (226)" in page.sections["county-KE040"]
    assert "by quarter" not in page.sections["county-KE040"]
    assert "Domestic servitude" in pages["members"].sections["county-KE040"]
    who = "Who reports: three partners recorded cases from Busia in the twelve months to June 2026."
    assert who in pages["members"].sections["county-KE040"]
    assert "Who reports" not in page.sections["county-KE040"]
    assert (
        "What we do not know: how many cases in Busia no partner recorded." in page.sections["county-KE040"]
    )
    assert "none ended in Busia" not in page.sections["county-KE040"]


def test_chapters_without_rows_are_left_out(tmp_path: Path) -> None:
    of = edition(tmp_path, "public", shifts=[], routes=[], novelty=[], hotspots=[], risk=[])
    assert {"changes", "rounds", "hotspots"}.isdisjoint(page_of(of).sections)


def test_a_survey_round_lists_routes_without_numbers_in_public(pages: dict[str, Read]) -> None:
    rounds = pages["public"].sections["rounds"]
    assert (
        rounds.startswith("2025")
        and "One corridor was named for the first time in the survey round of 2020" in rounds
    )
    assert "Uganda → Nairobi" in rounds


def test_changes_since_the_last_release_are_named(tmp_path: Path, editions: dict[str, Edition]) -> None:
    public = editions["public"]
    before = edition(tmp_path, "public", shifts=world("public")["shifts"][2:])
    assert "Marsabit" in page_of(public, before).sections["since"]
    assert "since" not in page_of(public, public).sections


def test_catalogue_holds_only_used_lines() -> None:
    """Keys stand in the code, whole or by their beginning; the map page takes some kinds as a whole."""
    folder = CATALOGUE.parent
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("**/*.py")))
    shared = {
        "grain", "role", "direction", "label", "band", "status", "trend", "risk_band", "component",
        "evidence", "evidence_class", "field", "month",
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


def test_a_count_leads_over_one_that_is_not_listed_by_the_most_that_may_be() -> None:
    noise = rules.Noise(((0, 1.0),), unlisted=9)  # a difference of 2.8
    assert rules.leads(12, None, noise) and not rules.leads(11, None, noise)
