"""Text of the report: each finding stands only where its numbers allow it, each number has its cell."""

import re
from pathlib import Path

import pytest

from orchestration import outputs
from orchestration.core import catalogue
from orchestration.outputs.published import Edition, Published
from orchestration.outputs.report import findings, rules
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Texts, plain
from tests.fixtures.published_world import MANIFEST, Row, world, write_release
from tests.fixtures.read_report import NUMBER, Read, page_of, stands_in_its_cell

EDITIONS = ("public", "members")
PAIR = "Several partners’ records show that Marsabit to Nairobi fell while Mandera to Nairobi rose: consistent with displacement, not proof of it"


def edition(folder: Path, name: str, **tables: list[Row]) -> Edition:
    """An edition of the world with other rows in some tables."""
    write_release(folder, (name,), **{name: tables})
    return Edition(name, folder, MANIFEST)


def changed(rows: list[Row], to: Row, **where: str) -> list[Row]:
    """The rows, other where they are so; some are."""
    found = [row | to if where.items() <= row.items() else row for row in rows]
    assert found != rows
    return found


def view(of: Edition) -> View:
    return View.newest(Published(of, Texts()))


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Edition]:
    return {name: edition(tmp_path_factory.mktemp(name), name) for name in EDITIONS}


@pytest.fixture(scope="module")
def pages(editions: dict[str, Edition]) -> dict[str, Read]:
    return {name: page_of(of) for name, of in editions.items()}


@pytest.mark.parametrize(
    ("name", "section", "words"),
    [
        # The planted displacement: beside the title, of the years and of the last twelve months.
        ("public", "brief", "both changes in 2025, against 2024: consistent with displacement, not proof of it. "),
        ("public", "brief", "Cases from Mandera to Nairobi: not listed in 2024, 69 in 2025."),
        ("public", "brief", "a smaller share for this corridor than in 2024: about half as large, or less."),
        ("public", "brief", "Cases: 158 in 2024, 71 in 2025."), ("public", "brief", "Cases: not listed in 2024, 69 in 2025."),
        ("public", "changes", f"{PAIR}."),
        ("members", "brief", "Cases: 12 in the twelve months before, 118 in the twelve months to June 2026."),
        ("members", "brief", "about nine times as large; at least seven times"),
        # Bands say what their change is.
        *[(name, "hotspots", words) for name in EDITIONS for words in
          ("Counties of which more is reported in 2025 than of a typical county: Busia", "it also moves where only other places rose or fell")],
        # The brief names the findings and ends in Swahili.
        ("public", "brief", "Busia above what partners’ coverage would lead one to expect: at least twice as many"),
        ("public", "brief", "Two in five recorded cases are known to be children"),
        ("public", "brief", "Domestic servitude is named in two in five cases"),
        ("public", "brief", "Five partners reported; together they watch nine counties"), ("public", "brief", "Kwa kifupi"),
        ("public", "brief", "kutoka Marsabit hadi Nairobi vilipungua kutoka 158 hadi 71 huku vile kutoka Mandera viliongezeka hadi 69. "),
        ("public", "brief", "yanaendana na kuhama kwa njia, lakini si uthibitisho"),
        ("public", "brief", "Visa vya Mandera hadi Nairobi: havijaorodheshwa katika 2024, 69 katika 2025."),
        # Of how many corridors a change is known.
        ("members", "brief", "corridors listed in the twelve months to June 2026, the others could not be judged"),
        ("public", "brief", "corridors listed in 2025, the others could not be judged"),
        # What starts, passes and ends in a county.
        ("public", "county-KE040", "From Busia to Nairobi245 (226)"), ("members", "county-KE040", "Domestic servitude"),
        ("members", "county-KE040", "Who reports: three partners recorded cases from Busia in the twelve months to June 2026."),
        ("public", "county-KE040", "What we do not know: how many cases in Busia no partner recorded."),
        # A survey round lists routes without numbers in public.
        ("public", "rounds", "One corridor was named for the first time in the survey round of 2020"),
        ("public", "rounds", "Uganda → Nairobi"),
    ],
)  # fmt: skip
def test_a_section_says_what_its_tables_hold(
    pages: dict[str, Read], name: str, section: str, words: str
) -> None:
    assert words in pages[name].sections[section]


@pytest.mark.parametrize(
    ("name", "section", "words"),
    [("public", "brief", "none"), ("members", "brief", "and no longer in"), ("public", "county-KE040", "by quarter"),
     ("public", "county-KE040", "Who reports"), ("public", "county-KE040", "none ended in Busia")],
)  # fmt: skip
def test_a_section_says_nothing_that_its_tables_lack(
    pages: dict[str, Read], name: str, section: str, words: str
) -> None:
    assert words not in pages[name].sections[section]


def test_titles_say_the_planted_displacement_and_what_starts_in_a_county(pages: dict[str, Read]) -> None:
    public, members = pages["public"].titles, pages["members"].titles
    assert public["brief"] == (
        "Recorded cases from Marsabit to Nairobi fell from 158 to 71 while those from Mandera rose to 69"
    )
    assert members["brief"].endswith("fell from 157 to <5 while those from Mandera rose from 12 to 118")
    assert public["county-KE040"] == (
        "More recorded cases start in Busia than in any other county, and most of them end in Nairobi"
    )
    assert pages["public"].sections["rounds"].startswith("2025")


def test_border_point_with_the_name_of_a_county_is_marked_as_one(tmp_path: Path) -> None:
    busia = {"place_id": "bp-ken-busia", "place": "Busia"}
    rows = changed(world("public")["places"], busia, place_id="bp-ken-malaba")
    page = page_of(edition(tmp_path, "public", places=rows))
    assert "At border points: Busia (border point) 104" in page.sections["brief"]
    swahili = Published(edition(tmp_path / "sw", "public"), Texts("sw"))
    assert [swahili.place(one) for one in ("KE040", "bp-ken-busia", "bp-ken-malaba")] == [
        "Busia", "Busia (kituo cha mpakani)", "Malaba",
    ]  # fmt: skip


def test_report_says_none_only_where_the_tables_have_no_row(tmp_path: Path) -> None:
    """Marsabit still has three cases in the members' table of corridors, though the change is `abandoned`."""
    gone = ("KE010>KE047", "2026-Q2-12m")
    corridors = [
        row for row in world("members")["corridors"] if (row["corridor_id"], row["period_id"]) != gone
    ]
    page = page_of(edition(tmp_path, "members", corridors=corridors))
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
    both = plain(findings.leading_corridors(view(editions["public"])))
    assert both.endswith("Busia to Nairobi with 245 cases and Kilifi to Mombasa with 240 cases")
    apart = changed(world("public")["corridors"], {"movement_count": 225}, corridor_id="KE003>KE001")
    of = edition(tmp_path / "apart", "public", corridors=apart)
    assert plain(findings.leading_corridors(view(of))).endswith(": Busia to Nairobi with 245 cases")


def test_totals_stand_beside_the_partners_that_came_and_left(pages: dict[str, Read], tmp_path: Path) -> None:
    moved = "Totals and shares also move with them."
    assert f"began between the periods: one; that stopped: two. {moved}" in pages["members"].sections["brief"]
    assert "Totals and shares also move with which partners report." in pages["public"].sections["brief"]
    assert moved not in pages["public"].sections["brief"]
    coverage = [row | {"partners_started": 0, "partners_stopped": 0} for row in world("members")["coverage"]]
    assert moved not in page_of(edition(tmp_path, "members", coverage=coverage)).sections["brief"]


def test_children_of_a_county_are_a_fraction_only_from_fifty_cases_on(tmp_path: Path) -> None:
    places = changed(
        world("public")["places"], {"movement_count": 200}, population="children", place_id="KE003"
    )
    of = edition(tmp_path / "fifty", "public", places=places)
    assert "from Kilifi, more than four in five" in plain(findings.children_title(view(of)))
    places = changed(places, {"movement_count": 49}, population="all", place_id="KE003")
    below = edition(tmp_path / "below", "public", places=places)
    assert "Kilifi" not in plain(findings.children_title(view(below)))


def test_the_findings_change_with_the_tables(tmp_path: Path) -> None:
    rows = world("public")["shifts"]
    alone = [{**rows[0], "displaced_from": None, "displaced_from_name": None}, *rows[2:]]
    rose = edition(tmp_path / "rose", "public", shifts=alone)
    assert plain(findings.title(view(rose))) == "Recorded cases from Mandera to Nairobi rose to 69"
    assert plain(findings.deck(view(rose))).endswith(
        "about twice as large, or more. Cases from Mandera to Nairobi: not listed in 2024, 69 in 2025."
    )
    fell = edition(tmp_path / "fell", "public", shifts=rows[1:])
    assert plain(findings.title(view(fell))) == "Recorded cases from Marsabit to Nairobi fell from 158 to 71"
    fallen = {"corridor_id": "KE010>KE047", "period_id": "year-2025"}
    counted = changed(world("public")["corridors"], {"movement_count": 160}, **fallen)
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
    hundred = {"movement_count": 100, "movement_count_text": "100"}
    tables["corridors"] = changed(tables["corridors"], hundred, corridor_id="KE040>KE047", period_id=period)
    coverage = [row | {"partners_started": partners} for row in tables["coverage"]]
    of = edition(tmp_path / "doubled", name, corridors=tables["corridors"], coverage=coverage)
    page = page_of(of)
    for section in ("brief", "corridors", "county-KE040", "annex"):
        assert "Nairobi °" in page.sections[section] and why in page.sections[section], section
    marked = re.findall(r"(\w+ (?:→|to) \w+) °", " ".join(page.sections.values()))
    assert set(marked) == {"Busia to Nairobi", "Busia → Nairobi"}, "Mandera grew, the others did not double"
    rose = [row for row in tables["shifts"] if row["status"] == "growing"]
    rose += [row | {"corridor_id": "KE040>KE047", "start_place_id": "KE040"} for row in rose]
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


def test_chapters_without_rows_are_left_out_and_a_small_network_is_explained_once(tmp_path: Path) -> None:
    of = edition(tmp_path / "some", "public", shifts=[], routes=[], novelty=[], hotspots=[], risk=[])
    assert {"changes", "rounds", "hotspots"}.isdisjoint(page_of(of).sections)
    empty = {name: list[Row]() for name in ("corridors", "places", "codes", "shifts", "hotspots", "risk")}
    page = page_of(edition(tmp_path / "none", "public", **empty))
    assert page.titles["brief"] == "No corridor of 2025 is large enough to publish"
    assert list(page.sections) == ["brief", "annex"]


def test_changes_since_the_last_release_are_named(tmp_path: Path, editions: dict[str, Edition]) -> None:
    public = editions["public"]
    before = edition(tmp_path, "public", shifts=world("public")["shifts"][2:])
    assert "Marsabit" in page_of(public, before).sections["since"]
    assert "since" not in page_of(public, public).sections


def test_catalogue_holds_only_used_lines() -> None:
    """Keys stand in the code, whole or by their beginning; the map page takes some kinds as a whole."""
    folder = Path(outputs.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("**/*.py")))
    shared = {
        "grain", "role", "direction", "label", "band", "status", "trend", "risk_band", "component",
        "evidence", "evidence_class", "field", "month",
    }  # fmt: skip
    keys = [key.removeprefix("report.") for key in catalogue() if key.startswith("report.")]
    assert len(keys) > 400
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
