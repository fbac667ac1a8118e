"""Text of the report: each finding stands only where its numbers allow it, each number has its cell."""

import re
from pathlib import Path

import pytest

from orchestration import outputs
from orchestration.core import catalogue, seed_rows
from orchestration.outputs.published import Edition, Published
from orchestration.outputs.report import findings, forms, rules
from orchestration.outputs.report.figures import change_pair, corridor_lines
from orchestration.outputs.report.view import View
from orchestration.outputs.texts import Texts, plain
from tests.fixtures.published_world import MANIFEST, Row, world, write_release
from tests.fixtures.read_report import NUMBER, Read, page_of, stands_in_its_cell

EDITIONS = ("public", "members")
PAGES = (*EDITIONS, "public sw", "members sw")
TITLE = "Marsabit to Nairobi lost share of recorded cases, Mandera to Nairobi gained"
PAIR = (
    "Several partners’ records show a smaller share for Marsabit to Nairobi, a larger for Mandera to Nairobi: "
    "consistent with displacement, not proof of it"
)


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
    found = {name: page_of(of) for name, of in editions.items()}
    return found | {f"{name} sw": page_of(of, language="sw") for name, of in editions.items()}


@pytest.mark.parametrize(
    ("name", "section", "words"),
    [
        # The planted displacement: shares in both editions, counts of the year before for members alone.
        ("public", "brief", "Both shares are of 2025, against 2024. Cases from Marsabit to Nairobi: 71 in 2025. Cases from"),
        ("public", "changes", "a smaller share for this corridor than in 2024: about half as large, or less. Cases: 71 in 2025."),
        ("public", "brief", f"{PAIR}."),
        ("members", "brief", "71 in 2025, 158 in 2024. Same partners and months: 71 and 157, fewer."),
        ("members", "changes", "about nine times as large; at least seven times"),
        ("members", "changes", "Latest: corridors that changed in the twelve months to May 2026"),
        # The year before stands as its comparison allows it.
        ("members", "annex", "Uganda → Nairobi 50 90 † 45 and 44 no clear change"),
        ("members", "annex", "Marsabit → Nairobi 71 158 71 and 157 fewer"),
        ("members", "brief", "60 cases name Marsabit in 2025, 136 † in 2024 (other partners report). Same partners and months: 42 and 45, no clear change."),
        ("members", "brief", "† Other partners report than in 2024"),
        # What a place is, and what it is not.
        *[(name, "brief", words) for name in EDITIONS for words in
          ("cases end in Nairobi: 300 exploited there, 60 last known there; for 100 it is only the place promised",
           "within Kenya; 25 more are first known at a Kenyan border point, from where is not stated; 61 went out",
           "Unknown 25; Kenya, county unknown 16; Fewer than", "Where 25 of 765 cases start.",
           "Partners watch 9 counties; records touch at least 6")],
        ("public", "corridors", "Fewer than 10 each (Within Kenya) 4."),
        # A label says of which period it is; bands what their change is.
        ("members", "places", "Places that stand out in 2025 Place All cases Children Busia (start) ≥ 2 ×"),
        ("members", "places", "Places that stand out in the twelve months to June 2026"),
        *[(name, "places", words) for name in EDITIONS for words in
          ("Counties of which more is reported in 2025 than of a typical county: Busia", "it also moves where only other places rose or fell")],
        # The brief names the findings and ends in Swahili.
        ("public", "brief", "Busia above what partners’ coverage would lead one to expect: at least twice as many"),
        ("public", "brief", "Two in five recorded cases are known to be children"),
        ("public", "brief", "Domestic servitude is named in two in five of 765 cases"),
        ("public", "brief", "Five partners reported."), ("public", "brief", "Kwa kifupi"),
        ("public", "brief", "sehemu ndogo zaidi kwa Marsabit hadi Nairobi na kubwa zaidi kwa Mandera hadi Nairobi: inaendana na kuhama kwa njia, lakini si uthibitisho."),
        ("members", "brief", "Mashirika na miezi ile ile: 71 na 157, pungufu."),
        # The same in Swahili: fractions, numbers in words, names of places and codes.
        ("public sw", "brief", "Sehemu mbili kati ya tano ya visa vilivyorekodiwa vinajulikana kuwa vya watoto"),
        ("public sw", "brief", "Idadi ya mashirika yaliyoripoti ni tano."),
        ("public sw", "forms", "Utumwa wa kazi za nyumbani: katika sehemu mbili kati ya tano ya visa 765"),
        ("public sw", "rounds", "Njia moja ilitajwa na mashirika kadhaa kwa mara ya kwanza katika awamu ya utafiti ya 2020"),
        ("members sw", "changes", "Kati ya njia sita zilizoorodheshwa katika 2025"),
        ("members sw", "brief", "Kenya, kaunti haijulikani 16"),
        # Of how many corridors a change is known.
        ("members", "changes", "Of six corridors listed in 2025, the others could not be judged"),
        # Of a county stands the strongest thing that its numbers say.
        *[(name, "counties", words) for name in EDITIONS for words in
          ("Marsabit The share of Marsabit to Nairobi fell.", "Mandera The share of Mandera to Nairobi rose.",
           "Busia From here at least 2 times what partners’ coverage would lead one to expect.",
           "How many cases no partner recorded is not known.")],
        ("public", "corridors", "To Nairobi: Busia leads, Marsabit fell and Mandera rose"),
        ("public", "corridors", "Partners that reported: 5 in 2024 and 5 in 2025."),
        ("members", "annex", "2025: 765 cases. Same partners and months as in the year before: 731 and 717."),
        # A survey round lists corridors without numbers in public.
        ("public", "rounds", "At least one corridor was named by several partners for the first time in the survey round of 2020"),
        ("public", "rounds", "Uganda → Nairobi."), ("members", "rounds", "Uganda → Nairobi 4"),
        ("members", "rounds", "Chance alone is unlikely to explain these, by the number of their reports: Uganda → Nairobi."),
    ],
)  # fmt: skip
def test_a_section_says_what_its_tables_hold(
    pages: dict[str, Read], name: str, section: str, words: str
) -> None:
    assert words in pages[name].sections[section]


def test_a_border_point_where_journeys_are_only_first_known_has_no_bar(tmp_path: Path) -> None:
    points = world("public")["border_points"]
    only = {"place_id": "bp-ken-taveta", "place": "Taveta", "passing_count": None, "first_known_count": 12}
    page = page_of(edition(tmp_path, "public", border_points=[*points, points[-1] | only]))
    assert "Malaba 104" in page.sections["brief"] and "Taveta" not in page.sections["brief"]


def test_public_has_no_number_of_an_earlier_year(pages: dict[str, Read]) -> None:
    earlier = [value for value in pages["public"].values if "year-2024" in value.source + value.column]
    assert {value.source.partition("|")[0] for value in earlier} == {
        "published.periods",
        "published.coverage",
        "published.shifts",
    }
    assert {value.column for value in earlier if "shifts" in value.source}.isdisjoint(
        {"earlier_count", "later_count"}
    )
    said = " ".join(pages["public"].sections.values())
    assert "†" not in said and "Same partners" not in said and "by quarter" not in said


def test_titles_say_the_planted_displacement_and_what_starts_in_a_county(pages: dict[str, Read]) -> None:
    assert pages["public"].titles["brief"] == pages["members"].titles["brief"] == TITLE
    assert (
        pages["members"]
        .titles["changes"]
        .startswith("Marsabit to Nairobi fell while Mandera to Nairobi rose")
    )
    assert "460 cases end in Nairobi: 300 exploited there" in pages["public"].sections["places"]
    assert pages["public"].sections["rounds"].startswith("2025")


@pytest.mark.parametrize(
    ("comparison", "change", "words"),
    [
        ("same_reporting", None, "71 in 2025, 158 in 2024. Same partners and months: 71 and 157."),
        ("other_reporting", "fewer", "71 in 2025, 158 † in 2024 (other partners report). Same partners and months: 71 and 157, fewer."),
        ("not_comparable", None, "71 in 2025, not comparable with 2024."),
        ("few", None, "71 in 2025, too few to compare with 2024."),
        ("no_earlier_year", None, "71 in 2025."),
    ],
)  # fmt: skip
def test_the_year_before_is_said_only_through_its_comparison(
    tmp_path: Path, comparison: str, change: str | None, words: str
) -> None:
    row = {"comparison": comparison, "change": change}
    rows = changed(world("members")["corridors"], row, start_place_id="KE010", period_id="year-2025")
    of = edition(tmp_path, "members", corridors=rows)
    page = page_of(of)
    assert f"Cases from Marsabit to Nairobi: {words}" in page.sections["brief"]
    [fell] = [line for line in corridor_lines(view(of)) if line.start == "KE010"]
    is_compared = comparison in ("same_reporting", "other_reporting")
    assert (fell.change, bool(fell.before)) == ("down", is_compared), "the share fell; counts may not compare"


def test_a_corridor_of_two_directions_has_their_sum_beside_its_change(tmp_path: Path) -> None:
    """Its rows carry each their own comparison, which holds for neither sum."""
    rows = world("members")["corridors"]
    other = next(row for row in rows if (row["start_place_id"], row["period_id"]) == ("KE010", "year-2025"))
    of = edition(
        tmp_path, "members", corridors=[*rows, other | {"direction": "through", "movement_count": 9}]
    )
    page = page_of(of)
    assert "Cases from Marsabit to Nairobi: 80 in 2025." in page.sections["brief"]
    assert "Marsabit → Nairobi (Through Kenya)" in page.sections["annex"]


def test_an_earlier_count_below_the_least_is_no_number(tmp_path: Path) -> None:
    corridors = world("members")["corridors"]
    rows = [row for row in corridors if (row["start_place_id"], row["period_id"]) != ("KE009", "year-2024")]
    brief = page_of(edition(tmp_path, "members", corridors=rows)).sections["brief"]
    assert "Cases from Mandera to Nairobi: 69 in 2025, fewer than 5 in 2024. Same partners" in brief


def test_a_part_year_is_called_one_and_compared_with_no_year(tmp_path: Path) -> None:
    part = {"is_complete": False, "months_reported": 3, "reported_from": "2024-10-01"}
    part |= {"partial_reason": "begins_before_reporting"}
    periods = changed(world("members")["periods"], part, period_id="year-2024")
    page = page_of(edition(tmp_path / "first", "members", periods=periods))
    assert "2024 (October–December): 790 cases. Not comparable with a whole year." in page.sections["annex"]
    assert "158 in 2024 (October–December)" in page.sections["brief"]
    gap = changed(periods, {"reported_from": "2024-08-01"}, period_id="year-2024")
    of = edition(tmp_path / "gap", "members", periods=gap)
    assert "2024 (3 months reported): 790 cases" in page_of(of).sections["annex"], "not three months on end"
    running = {"is_complete": False, "months_reported": 9, "partial_reason": "months_missing"}
    of = edition(
        tmp_path / "last",
        "members",
        periods=changed(world("members")["periods"], running, period_id="year-2025"),
    )
    assert view(of).now == "year-2024", "the newest complete year"
    assert "2025 (9 months reported): 765 cases. Not comparable" in page_of(of).sections["annex"]


def test_what_is_no_place_is_never_ranked(tmp_path: Path) -> None:
    tables = world("public")
    most = {"movement_count": 900}
    for row in [*tables["starts"], *tables["ends"], *tables["corridors"]]:
        if {"unknown", "fewer", "KEN"} & {row.get("place_id"), row.get("start_place_id")}:
            row |= most
    of = edition(tmp_path, "public", **{name: tables[name] for name in ("starts", "ends", "corridors")})
    assert [row["place_id"] for row in view(of).listed("starts")][:2] == ["KE040", "KE003"]
    page = page_of(of)
    assert page.sections["corridors"].count("Busia to Nairobi with 245 cases") == 1
    names = ("Unknown", "Kenya, county unknown", "Fewer than 10 each")
    assert [name for name in names if f"{name} 900" not in page.sections["brief"]] == []


def test_border_point_with_the_name_of_a_county_is_marked_as_one(tmp_path: Path) -> None:
    busia = {"place_id": "bp-ken-busia", "place": "Busia"}
    rows = changed(world("public")["border_points"], busia, place_id="bp-ken-malaba")
    page = page_of(edition(tmp_path, "public", border_points=rows))
    assert "At border points: Busia (border point) 104" in page.sections["brief"]
    swahili = Published(edition(tmp_path / "sw", "public"), Texts("sw"))
    assert [swahili.place(one) for one in ("KE040", "bp-ken-busia", "bp-ken-malaba", "KEN")] == [
        "Busia", "Busia (kituo cha mpakani)", "Malaba", "Kenya, kaunti haijulikani",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_number_of_the_report_equals_the_cell_it_names(
    editions: dict[str, Edition], pages: dict[str, Read], name: str
) -> None:
    values = [*pages[name].values, *pages[name].drawn]
    assert len(pages[name].values) > 100 < len(pages[name].drawn)
    of = editions[name.partition(" ")[0]]
    assert [value for value in values if not stands_in_its_cell(of, value)] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_number_of_the_report_lacks_a_cell(pages: dict[str, Read], name: str) -> None:
    names = re.compile(
        r"(Fewer than|Chini ya) \d+ (each|kila moja)|\d{4}-Q\d|\d+ to \d+ years|(Per|wakazi) 100,000"
    )
    texts = [names.sub("", text) for text in pages[name].around]
    assert [(number, text) for text in texts for number in NUMBER.findall(text)] == []


def test_a_corridor_leads_only_by_more_than_the_noise(editions: dict[str, Edition], tmp_path: Path) -> None:
    """Busia to Nairobi 245 and Kilifi to Mombasa 240: the two lead together, none alone."""
    both = plain(findings.leading_corridors(view(editions["public"])))
    assert both.endswith("Busia to Nairobi with 245 cases and Kilifi to Mombasa with 240 cases")
    apart = changed(world("public")["corridors"], {"movement_count": 225}, start_place_id="KE003")
    of = edition(tmp_path / "apart", "public", corridors=apart)
    assert plain(findings.leading_corridors(view(of))).endswith(": Busia to Nairobi with 245 cases")


def test_children_of_a_county_are_a_fraction_only_from_fifty_cases_on(tmp_path: Path) -> None:
    starts = changed(world("public")["starts"], {"child_count": 200}, place_id="KE003")
    of = edition(tmp_path / "fifty", "public", starts=starts)
    assert "from Kilifi, more than four in five" in plain(findings.children_title(view(of)))
    below = edition(
        tmp_path / "below", "public", starts=changed(starts, {"movement_count": 49}, place_id="KE003")
    )
    assert "Kilifi" not in plain(findings.children_title(view(below)))


def test_the_findings_change_with_the_tables(tmp_path: Path) -> None:
    rows = world("public")["shifts"]
    alone = [{**rows[0], "displaced_from": None, "displaced_from_name": None}, *rows[2:]]
    rose = edition(tmp_path / "rose", "public", shifts=alone)
    assert plain(findings.title(view(rose))) == "Mandera to Nairobi gained share of recorded cases"
    assert plain(findings.deck(view(rose))) == (
        "Several partners’ records show a larger share for this corridor than in 2024: about twice as large, or more. "
        "Cases from Mandera to Nairobi: 69 in 2025."
    )
    one_partner = [{**row, "evidence": "single_partner"} for row in rows]
    still = edition(tmp_path / "still", "public", shifts=one_partner)
    assert plain(findings.title(view(still))).startswith("Busia above what partners’ coverage")


def test_changes_by_place_passed_have_no_count_of_the_whole_corridor(tmp_path: Path) -> None:
    rows = world("members")["shifts"]
    rows.append(
        rows[0] | {"corridor_id": "KE009>KE007>KE047", "via_place_id": "KE007", "displaced_from": None}
    )
    page = page_of(edition(tmp_path, "members", shifts=rows))
    assert "Mandera → Garissa → Nairobi Several partners’ records show" in page.sections["changes"]
    assert page.sections["changes"].count("Same partners and months: 69 and 7, more.") == 1


def test_a_corridor_that_fell_to_nothing_is_compared_and_not_listed(tmp_path: Path) -> None:
    """Kilifi to Nairobi had 40 cases like for like in 2024, and has none in 2025."""
    rows = world("members")["corridors"]
    fell = {"start_place_id": "KE003", "start_place": "Kilifi", "movement_count": 0, "intended_count": 0}
    fell |= {"comparison": "same_reporting", "change": "fewer", "like_count": 0, "like_earlier_count": 40}
    rows.append(
        next(row for row in rows if row["period_id"] == "year-2025" and row["end_place_id"] == "KE047") | fell
    )
    made = view(edition(tmp_path, "members", corridors=rows))
    pairs = [pair for row in made.compared("corridors") if (pair := change_pair(made, row, "held"))]
    assert ("Kilifi → Nairobi", None, 0) in [(one.name, one.before.number, one.now.number) for one in pairs]
    assert all(row["movement_count"] for row in [*made.listed("corridors"), *made.others("corridors")])


@pytest.mark.parametrize(("per_head", "is_other"), [(41.5, True), (12.1, False)])
def test_hotspots_are_given_per_head_where_that_is_another_order(
    tmp_path: Path, per_head: float, is_other: bool
) -> None:
    """Busia is at least twice a typical county, and 27.4 per 100,000; Marsabit is less than twice."""
    made = world("members")
    other = {"place_id": "KE010", "place": "Marsabit", "at_least_times": None}
    made["hotspots"].append(next(row for row in made["hotspots"] if row["period_id"] == "year-2025") | other)
    for row in made["starts"]:
        if row["place_id"] == "KE010":
            row["per_100000"] = per_head
    words = "By cases per 100,000 residents the order of these counties of start is another: Marsabit (41.5) and Busia (27.4)."
    assert (words in page_of(edition(tmp_path, "members", **made)).sections["places"]) is is_other


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
    of = edition(tmp_path / "some", "public", shifts=[], mentions=[], novelty=[], hotspots=[], risk=[])
    assert {"changes", "rounds"}.isdisjoint(page_of(of).sections)
    empty = {name: list[Row]() for name in ("corridors", "starts", "ends", "shifts", "hotspots", "risk")}
    page = page_of(edition(tmp_path / "none", "public", **empty))
    assert page.titles["brief"] == "No corridor of 2025 is large enough to publish"
    assert list(page.sections) == ["brief", "annex"]


def test_changes_since_the_last_release_are_named(tmp_path: Path, editions: dict[str, Edition]) -> None:
    public = editions["public"]
    before = edition(tmp_path, "public", shifts=world("public")["shifts"][2:])
    assert "Marsabit" in page_of(public, before).sections["since"]
    assert "since" not in page_of(public, public).sections


def test_every_code_of_a_chart_has_a_swahili_name() -> None:
    charted = ("exploitation_type", *forms.MEANS)
    codes = [(row["domain"], row["code"]) for row in seed_rows("codes") if row["domain"] in charted]
    assert [
        code for code in codes if not catalogue().get("report.code.{}.{}".format(*code), {}).get("sw")
    ] == []


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


@pytest.mark.parametrize(
    ("kept", "title"),
    [
        # What rose and fell by name, then how many held; all held.
        (
            ("growing", "fading", "stable"),
            "Marsabit to Nairobi fell while Mandera to Nairobi rose; the one other corridor",
        ),
        (("fading",), "Marsabit to Nairobi fell"),
        (("stable",), "The one corridor that can be judged held its share"),
    ],
)
def test_the_title_of_changes_names_them(tmp_path: Path, kept: tuple[str, ...], title: str) -> None:
    shifts = [row for row in world("public")["shifts"] if row["status"] in kept]
    page = page_of(edition(tmp_path, "public", shifts=shifts))
    assert page.titles["changes"].startswith(title)


def test_the_title_of_corridors_names_those_that_make_a_fifth(tmp_path: Path, pages: dict[str, Read]) -> None:
    assert pages["public"].titles["corridors"] == "One of 4 corridors carries two in five cases within Kenya"
    many = changed(world("public")["directions"], {"movement_count": 5000}, direction="within")
    of = edition(tmp_path, "public", directions=many)
    assert page_of(of).titles["corridors"].startswith("Largest: Busia to Nairobi with 245 cases")


@pytest.mark.parametrize(
    ("place", "tables", "words"),
    [
        ("KE003", {}, "The share to Mombasa held."),
        ("KE003", {"children": 150}, "150 of 240 cases from here are children."),
        ("KE009", {"passed": 150}, "Passed more than left or reached: 150 cases."),
        ("KE001", {}, "End or promised place more often than start: 240 cases."),
    ],
)
def test_a_county_has_the_strongest_thing_that_its_numbers_say(
    tmp_path: Path, place: str, tables: dict[str, int], words: str
) -> None:
    made = world("public")
    held = {"corridor_id": "KE003>KE001", "start_place_id": "KE003", "end_place_id": "KE001"}
    made["shifts"] = [row | held for row in made["shifts"] if row["status"] == "stable"]
    for row in made["starts"]:
        if row["place_id"] == place and "children" in tables:
            row["child_count"] = tables["children"]
    if "passed" in tables:
        made["passings"].append(made["passings"][-1] | {"place_id": place, "passing_count": tables["passed"]})
    page = page_of(edition(tmp_path, "public", **made))
    assert words in page.sections["counties"]


def test_members_read_a_corridor_by_quarter(pages: dict[str, Read]) -> None:
    assert "quarters" not in pages["public"].sections
    # The world has two quarters: too few to draw.
    assert "quarters" not in pages["members"].sections


def test_the_chart_of_changes_sets_years_side_by_side_only_where_they_compare(tmp_path: Path) -> None:
    """Public: what was judged. Members: as `comparison` allows, with † where others report. Never a year in part."""

    def names(of: Edition, group: str) -> list[tuple[str, str, str]]:
        made = view(of)
        pairs = [pair for row in made.compared("corridors") if (pair := change_pair(made, row, group))]
        return [(one.name, plain(one.before.text), plain(one.now.text)) for one in pairs]

    public = edition(tmp_path / "public", "public")
    assert ("Busia → Nairobi", "226", "245") in names(public, "held")
    halved = changed(
        world("public")["corridors"], {"movement_count": 100}, start_place_id="KE040", period_id="year-2025"
    )
    of = edition(tmp_path / "halved", "public", corridors=halved)
    assert "Busia → Nairobi" not in [name for name, *_ in names(of, "held")]
    members = edition(tmp_path / "members", "members")  # of Uganda other partners report
    assert "Uganda → Nairobi" not in [name for name, *_ in names(members, "held")]
    few = changed(world("members")["corridors"], {"comparison": "few"}, start_place_id="UGA")
    of = edition(tmp_path / "few", "members", corridors=few)
    assert "Uganda → Nairobi" not in [name for name, *_ in names(of, "held")]
    part = changed(world("public")["periods"], {"is_complete": False}, period_id="year-2024")
    assert names(edition(tmp_path / "part", "public", periods=part), "held") == []


@pytest.mark.parametrize(
    ("name", "start", "is_open"),
    [
        ("members", "KE010", False),  # the same partners report
        ("members", "UGA", True),  # others report
        ("public", "KE010", False),  # its share was judged, and fell
        ("public", "KE003", True),  # not judged
    ],
)
def test_an_earlier_year_is_open_where_nothing_says_that_the_same_partners_report(
    editions: dict[str, Edition], name: str, start: str, is_open: bool
) -> None:
    of = view(editions[name])
    row = next(row for row in of.listed("corridors") if row["start_place_id"] == start)
    ends = {end: row[end] for end in ("start_place_id", "end_place_id", "direction")}
    assert [one.is_open for one in of.series("corridors", **ends)] == [is_open, False]
    if name == "public":
        assert [one.is_open for one in of.series("starts", place_id=start)] == [True, False]


def test_a_share_of_children_is_off_the_mean_only_beyond_chance() -> None:
    """Of 144 cases, 36 %: two standard deviations are 2 √(.36 · .64 / 144) = 8 points."""
    assert rules.chance(0.36, 144) == pytest.approx(0.08)


def test_a_year_that_is_not_complete_is_drawn_in_part(tmp_path: Path) -> None:
    part = changed(world("members")["periods"], {"is_complete": False}, period_id="year-2024")
    counts = view(edition(tmp_path, "members", periods=part)).series("starts", place_id="KE040")
    assert [(one.months, one.is_part, one.is_now) for one in counts] == [(12, True, False), (12, False, True)]
