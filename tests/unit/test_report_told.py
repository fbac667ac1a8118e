"""What the chapters make of tables that hold less, more or other things than usual."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.outputs.edition import Edition
from orchestration.outputs.report.compose import compose
from orchestration.outputs.report.html import as_html
from orchestration.outputs.words import Words
from orchestration.release.added_tables import WAIVERS
from tests.unit import printed_world
from tests.unit.read_report import Read, is_told, read_page

MOVED = "consistent with displacement"


@pytest.fixture
def partner(tmp_path: Path) -> Edition:
    printed_world.write_edition(tmp_path / "now", "partner")
    return Edition("partner", tmp_path / "now", printed_world.manifest())


def page(now: Edition, before: Edition | None = None) -> Read:
    report = compose(now, before, {}, "")
    return read_page(as_html(report, {"pdf": "report.pdf", "map": "map.html"}))


def test_each_corridor_that_another_may_have_replaced_is_told_as_a_pair(partner: Edition) -> None:
    told = page(partner).sections["shifts"]
    for fallen, risen in (
        ("Busia → United Arab Emirates (abandoned)", "Busia → Saudi Arabia (emerging)"),
        ("Uganda → Saudi Arabia (fading)", "Busia → Saudi Arabia (emerging)"),
        ("Kilifi → Qatar (fading)", "Kilifi → Saudi Arabia (growing)"),
        ("Uganda → Saudi Arabia (fading)", "Kilifi → Saudi Arabia (growing)"),
    ):
        assert f"{fallen} and {risen} share an end" in told
    assert told.count(MOVED) == 4


def test_a_pair_is_looked_up_in_its_own_two_windows(partner: Edition) -> None:
    def also_against_earlier(shifts: pd.DataFrame) -> pd.DataFrame:
        """All that fell had risen when it is held against an earlier baseline."""
        fallen = shifts[shifts.status.isin(("fading", "abandoned"))]
        return pd.concat([shifts, fallen.assign(baseline_window="2024-Q1-12m", status="growing")])

    printed_world.change(partner.folder, "partner", "corridor_shifts", also_against_earlier)
    told = page(partner).sections["shifts"]
    assert told.count(MOVED) == 4
    assert "Uganda → Saudi Arabia (growing)" not in told


def test_windows_of_twelve_months_that_moved_are_new(tmp_path: Path, partner: Edition) -> None:
    """The partner edition counts cases by them."""

    def by_window(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(period_id=frame.period_id.replace({"2025": "2025-Q4-12m", "2024": "2024-Q4-12m"}))

    printed_world.write_edition(tmp_path / "before", "partner")
    before = Edition("partner", tmp_path / "before", printed_world.manifest(of_earlier=True))
    for edition in (partner, before):
        printed_world.change(edition.folder, "partner", "ends", by_window)
    for table in ("ends", "hotspots", "regional_risk"):
        printed_world.change(before.folder, "partner", table, lambda one: one[one.period_id < "2025-Q4-12m"])
    told = page(partner, before).sections["news"]
    assert "Printed for the first time: April 2025 – March 2026 and January 2025 – December 2025." in told


def test_windows_that_moved_in_hotspots_alone_are_new_and_many_are_not_all_named(
    tmp_path: Path, partner: Edition
) -> None:
    printed_world.write_edition(tmp_path / "before", "partner")
    before = Edition("partner", tmp_path / "before", printed_world.manifest(of_earlier=True))
    without_windows = {"hotspots": "-12m", "regional_risk": "-12m"}
    for table, end in without_windows.items():
        printed_world.change(
            before.folder, "partner", table, lambda frame, end=end: frame[~frame.period_id.str.endswith(end)]
        )
    told = page(partner, before).sections["news"]
    assert "Printed for the first time: April 2025 – March 2026, January 2025 – December 2025, " in told
    assert "July 2023 – June 2024 and others." in told


def test_no_headline_takes_an_unknown_end_for_a_place(partner: Edition) -> None:
    most = {"record_grain": "case", "period_id": "2025", "person_count": 900}

    def unknown_ends(ends: pd.DataFrame) -> pd.DataFrame:
        more = [
            most | {"role": role, "place_id": place, "person_count": count}
            for role, place, count in (
                ("origin", "unknown", 978),
                ("origin", "KEN", 914),
                ("destination", "unknown", 963),
            )
        ]
        return pd.concat([ends, pd.DataFrame(more)])

    def unknown_corridors(corridors: pd.DataFrame) -> pd.DataFrame:
        more = [
            most | {"is_shown": True, "origin_place_id": origin, "destination_place_id": destination}
            for origin, destination in (("unknown", "KE047"), ("KE040", "unknown"), ("KEN", "SAU"))
        ]
        return pd.concat([corridors, pd.DataFrame(more)]).astype({"person_count": "Int64"})

    def headlines() -> tuple[str, str]:
        printed = Edition(partner.name, partner.folder, partner.manifest)
        read = page(printed)
        assert [value for value in read.values if not is_told(printed, value)] == []
        return read.sections["summary"], read.sections["summary-sw"]

    def many_more(ends: pd.DataFrame) -> pd.DataFrame:
        """A whole that has room for them."""
        return ends.assign(person_count=ends.person_count.mask(ends.place_id.eq("*"), 99_000))

    printed_world.change(partner.folder, "partner", "ends", many_more)
    usual = headlines()[0]
    printed_world.change(partner.folder, "partner", "ends", unknown_ends)
    printed_world.change(partner.folder, "partner", "corridors", unknown_corridors)
    english, swahili = headlines()
    added = (
        "For 978 persons in 2025, the place of origin is not known.",
        "Of 914 persons in 2025 it is known that they came from Kenya, and not from which county.",
        "For 963 persons in 2025, the destination is not known.",
    )
    assert all(one in english for one in added)
    for one in added:
        english = english.replace(one, "")
    assert english.split() == usual.split()
    assert "Kwa watu 978 katika 2025, mahali pa asili hapajulikani." in swahili


def test_all_roles_of_places_are_told_for_one_period(tmp_path: Path, partner: Edition) -> None:
    def transit_is_old(hotspots: pd.DataFrame) -> pd.DataFrame:
        is_transit = hotspots.role == "transit"
        old = hotspots[is_transit & (hotspots.period_id < "2024")].assign(label="lower")
        return pd.concat([hotspots[~is_transit], old])

    printed_world.write_edition(tmp_path / "before", "partner", of_earlier=True)
    before = Edition("partner", tmp_path / "before", printed_world.manifest(of_earlier=True))
    printed_world.change(partner.folder, "partner", "hotspots", transit_is_old)
    read = page(partner, before)
    told = read.sections["hotspots"]
    assert "Places of transit that differ" not in told
    assert "2023" not in told
    assert "as transit" not in read.sections["news"], "nothing to compare in this period"


def test_a_corridor_with_an_unknown_end_that_changed_is_no_headline(partner: Edition) -> None:
    def unknown_alone(shifts: pd.DataFrame) -> pd.DataFrame:
        return shifts[shifts.status == "emerging"].assign(origin_place_id="unknown", displaced_from=None)

    printed_world.change(partner.folder, "partner", "corridor_shifts", unknown_alone)
    told = page(partner).sections["summary"]
    assert "Emerging" not in told


def test_the_report_does_not_deny_a_displacement_that_only_the_marts_hold(partner: Edition) -> None:
    shifts = partner.table("corridor_shifts")
    held = shifts[shifts.displaced_from.notna()]
    assert "panel" in set(held.evidence)
    marts = partner.folder / "partner" / "parquet" / "marts.mart_corridor_shifts.parquet"
    pq.write_table(pa.Table.from_pandas(held), marts)
    printed_world.change(
        partner.folder, "partner", "corridor_shifts", lambda rows: rows.assign(displaced_from=None)
    )
    told = page(Edition("partner", partner.folder, partner.manifest)).sections["shifts"]
    assert MOVED not in told
    assert "No two corridors" not in told and "opposite directions" not in told
    assert Words().text("shifts.pairs") not in told, "no heading over nothing"


@pytest.mark.parametrize("name", ["public", "partner"])
def test_tables_without_rows_deny_nothing(tmp_path: Path, name: str) -> None:
    """What an edition leaves out the marts may hold."""
    printed_world.write_edition(tmp_path, name)
    for table in ("corridors", "hotspots", "corridor_shifts", "novelty", "regional_risk"):
        printed_world.change(tmp_path, name, table, lambda rows: rows.head(0))
    edition = Edition(name, tmp_path, printed_world.manifest())
    sections = page(edition, edition).sections
    for section in ("summary", "news", "hotspots", "corridors", "shifts", "rounds", "risk"):
        assert not re.search(
            r"\bNo (?!longer)|\b(None|Nothing|Nobody) |\bno (corridor|county|place) that", sections[section]
        ), section


def test_members_read_why_a_check_was_waived_by_whom_and_until_when(partner: Edition) -> None:
    waiver = {
        "decision_id": "waiver-0007", "check_name": "volume_is_usual", "check_definition": "5eed",
        "scope": "0123456789abcdef", "author": "A. Fixture", "reason": "a new office sends its first year",
        "decided_on": date(2026, 11, 1), "expires": date(2026, 12, 31),
    }  # fmt: skip
    path = partner.path / "parquet" / "quality.waivers.parquet"
    pq.write_table(pa.Table.from_pylist([waiver], schema=WAIVERS), path)
    read = page(partner)
    told = [value for value in read.values if value.source == "waivers|waiver-0007"]
    assert [value.text for value in told] == [
        "volume_is_usual", "0123456789abcdef", "a new office sends its first year", "A. Fixture",
        "1 November 2026", "31 December 2026",
    ]  # fmt: skip
    assert all(is_told(partner, value) for value in told)


def test_the_public_edition_names_no_steward(tmp_path: Path) -> None:
    printed_world.write_edition(tmp_path, "public")
    read = page(Edition("public", tmp_path, printed_world.manifest()))
    assert "waiver-0007" in read.sections["methods"]
    assert Words().text("methods.waivers_table") not in read.sections["methods"]


@pytest.mark.parametrize("grain", ["interception", "flow_count"])
def test_what_is_counted_apart_and_not_printed_is_said_to_be_missing(partner: Edition, grain: str) -> None:
    sentence = Words().text(f"completeness.no_count.{grain}")
    assert sentence in page(partner).sections["completeness"]

    def with_the_grain(ends: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([ends, ends.head(1).assign(record_grain=grain)])

    printed_world.change(partner.folder, "partner", "ends", with_the_grain)
    assert sentence not in page(Edition("partner", partner.folder, partner.manifest)).sections["completeness"]


def test_kenya_without_a_county_is_told_in_a_sentence_and_is_no_row_of_a_table_of_counties(
    partner: Edition,
) -> None:
    def from_kenya(ends: pd.DataFrame) -> pd.DataFrame:
        whole = {"record_grain": "case", "period_id": "2025", "role": "origin", "place_id": "KEN"}
        return pd.concat([ends, pd.DataFrame([{**whole, "person_count": 914}])])

    printed_world.change(partner.folder, "partner", "ends", from_kenya)
    told = page(partner).sections["places"]
    assert "Of 914 of the persons in cases of 2025 it is known that they came from Kenya, and not" in told
    assert told.count("914") == 1


def headline(edition: Edition, of: str) -> str:
    """Of the newest year: the sentences on places of origin, or on the strongest corridor."""
    told = page(Edition(edition.name, edition.folder, edition.manifest)).sections["summary"]
    return next(line for line in told.splitlines() if of in line)


def of_year(edition: Edition, changed: dict[str, int]) -> None:
    """Let the edition print of the newest year these persons by place of origin alone; `*` is the whole."""

    def origins(ends: pd.DataFrame) -> pd.DataFrame:
        others = ends[ends.period_id.ne("2025")]
        rows = [
            {"record_grain": "case", "period_id": "2025", "place_id": place, "person_count": count}
            | {"role": "any" if place == "*" else "origin"}
            for place, count in changed.items()
        ]
        return pd.concat([others, pd.DataFrame(rows)])

    printed_world.change(edition.folder, edition.name, "ends", origins)


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ({"*": 400}, "hold 170 of all 400 persons. One that is not shown may have more than one named here."),
        ({"*": 250}, "hold 170 of all 250 persons."),
        ({}, "cannot be said, as the whole is not printed; one that is not shown may have more than one"),
        ({"*": 199}, "cannot be said, as the whole is not printed"),
    ],
)
def test_who_ranks_first_is_told_with_the_part_that_is_shown(
    partner: Edition, printed: dict[str, int], said: str
) -> None:
    """Of two places shown the smaller has 50 persons; 30 come from a place that is not known."""
    of_year(partner, {"KE040": 120, "KE003": 50, "unknown": 30, **printed})
    assert said in headline(partner, "most persons came from Busia (120) and Kilifi (50)")


def test_only_who_is_surely_first_is_named_where_anybody_is(partner: Edition) -> None:
    """51 persons came from places that are not shown: from one of them perhaps more than from Kilifi."""
    of_year(partner, {"KE040": 120, "KE003": 50, "unknown": 30, "*": 251})
    said = headline(partner, "most persons came from Busia (120).")
    assert said.endswith("hold 170 of all 251 persons.")


def test_the_strongest_corridor_is_told_with_the_part_that_corridors_shown_hold(partner: Edition) -> None:
    printed = partner.table("corridors").query("period_id == '2025' and is_shown").person_count
    of_year(partner, {"*": int(printed.sum()) + int(printed.max()) + 1})
    said = f"hold {printed.sum():,} of all"
    assert said in headline(partner, "The corridor with most persons")
    assert "may have more than one named here" in headline(partner, "The corridor with most persons")
    of_year(partner, {"*": int(printed.sum()) + int(printed.max())})
    assert "may have more" not in headline(partner, "The corridor with most persons")


def test_where_no_county_has_a_band_the_report_lists_none(partner: Edition) -> None:
    def undecided(risk: pd.DataFrame) -> pd.DataFrame:
        judged = risk[risk.band.ne("not_rated") & risk.period_id.eq("2025")].head(3)
        return pd.concat([judged.assign(band="between_bands"), risk[risk.period_id.ne("2025")]])

    printed_world.change(partner.folder, "partner", "regional_risk", undecided)
    printed = Edition("partner", partner.folder, partner.manifest)
    read = page(printed)
    told = read.sections["risk"]
    for absent in ("Counties by reported activity", "Between bands", Words().text("risk.note")):
        assert absent not in told
    assert [value for value in read.values if not is_told(printed, value)] == []
    assert "Counties by reported activity, cases, 2025" in page(partner_as_written(partner)).sections["risk"]


def partner_as_written(partner: Edition) -> Edition:
    """The same edition before anything was changed in it."""
    folder = partner.folder.parent / "as-written"
    printed_world.write_edition(folder, "partner")
    return Edition("partner", folder, partner.manifest)


def test_one_table_tells_for_how_much_of_each_kind_of_record_a_field_is_known(partner: Edition) -> None:
    def of_a_round_too(completeness: pd.DataFrame) -> pd.DataFrame:
        sex = {"field": "sex", "period_id": "round-2020", "record_grain": "route_report"}
        return pd.concat([completeness, pd.DataFrame([{**sex, "known_share_band": "under_half"}])])

    printed_world.change(partner.folder, "partner", "completeness", of_a_round_too)
    told = page(Edition("partner", partner.folder, partner.manifest)).sections["completeness"].split()
    assert told.count("Field") == 1
    assert " ".join(told).count("sex more than nine tenths less than half") == 1
    assert " ".join(told).count("age band half to nine tenths –") == 1


def test_a_round_is_called_so_wherever_its_year_stands(partner: Edition) -> None:
    """Its label is a year, which would be taken for the year."""
    told = page(partner).sections
    assert "In round 2020, route reports told of 163 persons in all" in told["places"]
    assert "survey round" not in " ".join(told.values())

    def two_places(ends: pd.DataFrame) -> pd.DataFrame:
        row = {"record_grain": "route_report", "role": "origin", "place_id": "UGA", "person_count": 60}
        return pd.concat([ends, pd.DataFrame([{**row, "period_id": "round-2020"}])])

    printed_world.change(partner.folder, "partner", "ends", two_places)
    assert "Round 2020" in page(Edition("partner", partner.folder, partner.manifest)).sections["places"]


def test_each_edition_says_when_a_status_stands_in_it(tmp_path: Path, partner: Edition) -> None:
    printed_world.write_edition(tmp_path / "public", "public")
    public = Edition("public", tmp_path / "public", printed_world.manifest())
    own, others = (Words().text(f"shifts.stands.{one}") for one in ("partner", "public"))
    assert own in page(partner).sections["shifts"] and others not in page(partner).sections["shifts"]
    assert others in page(public).sections["shifts"] and own not in page(public).sections["shifts"]


def test_a_column_of_patterns_stands_only_where_a_place_has_one(partner: Edition) -> None:
    heading = Words().text("column.trend")
    assert heading in page(partner).sections["hotspots"]
    printed_world.change(
        partner.folder, "partner", "hotspots", lambda rows: rows.assign(trend_category="insufficient")
    )
    told = page(Edition("partner", partner.folder, partner.manifest)).sections["hotspots"]
    assert heading not in told
    assert Words().text("column.usual") in told
