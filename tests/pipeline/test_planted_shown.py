"""What is planted in the sample world is said in the report and drawn on the map of each edition that may show it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from orchestration.outputs import pages
from seeds.build.partners.planted import HOTSPOTS
from tests.evidence_base import EvidenceBase
from tests.fixtures.read_map import payload, rows
from tests.fixtures.read_report import Read, read_page

ABANDONED, INSTEAD = ("KE010>KE047", "Marsabit → Nairobi"), ("KE009>KE047", "Mandera → Nairobi")
NEW_WAY = ("KE015>KE017>KE047", "Kitui → Makueni → Nairobi")
PAIR = "records show a smaller share for Marsabit to Nairobi, a larger for Mandera to Nairobi"
NEW_PLACES = "Countries named for the first time in this round, by several partners"
NAMES = {"KE040": "Busia", "KE003": "Kilifi"}


@pytest.fixture(scope="module")
def reports(samples: EvidenceBase) -> dict[str, Read]:
    release = samples.settings.current.resolve()
    return {
        edition: read_page((release / edition / pages.REPORT_PAGE).read_text(encoding="utf-8"))
        for edition in ("public", "members")
    }


@pytest.fixture(scope="module")
def maps(samples: EvidenceBase) -> dict[str, dict[str, Any]]:
    """The tables in each map page."""
    release = samples.settings.current.resolve()
    return {
        edition: payload((release / edition / pages.MAP_PAGE).read_text(encoding="utf-8"))["tables"]
        for edition in ("public", "members")
    }


def text_of(report: Read) -> str:
    return " ".join(" ".join(report.sections.values()).split())


def changes(maps: dict[str, Any], edition: str) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Of each change but `stable`: its status and what it took over from, by comparison and corridor."""
    found = rows(maps[edition]["shifts"], "compared", "corridor_id", "status", "displaced_from")
    return {
        (one, corridor): (status, before) for one, corridor, status, before in found if status != "stable"
    }


def test_the_public_report_opens_with_the_road_that_took_over(reports: dict[str, Read]) -> None:
    text = text_of(reports["public"])
    assert PAIR in text
    assert "consistent with displacement" in text and "because" not in text.split("Annex")[0]


def test_members_read_that_it_has_taken_over_and_of_the_new_way(reports: dict[str, Read]) -> None:
    text = text_of(reports["members"])
    assert PAIR in text
    assert f"{NEW_WAY[1]} Emerging" in text


@pytest.mark.parametrize("edition", ["public", "members"])
def test_planted_hotspots_are_named(reports: dict[str, Read], edition: str) -> None:
    (first, second) = (NAMES[one.place_id] for one in HOTSPOTS)
    above = rf"{first} and {second} above what partners’ coverage would lead one to expect: at least \w+"
    assert re.search(above, text_of(reports[edition]))


def test_the_public_map_draws_the_displaced_pair_and_no_other_change(maps: dict[str, Any]) -> None:
    assert changes(maps, "public") == {
        ("years", ABANDONED[0]): ("fading", None),
        ("years", INSTEAD[0]): ("growing", ABANDONED[0]),
    }


def test_the_members_map_draws_the_abandoned_road_and_the_new_way(maps: dict[str, Any]) -> None:
    found = changes(maps, "members")
    assert found["months", ABANDONED[0]][0] == "abandoned"
    assert found["months", INSTEAD[0]] == ("growing", ABANDONED[0])
    assert found["months", NEW_WAY[0]][0] == "emerging"


def test_new_countries_of_the_second_round_are_named_to_members(reports: dict[str, Read]) -> None:
    """Three reports name each: in public, seven and more would have to."""
    assert NEW_PLACES not in text_of(reports["public"])
    _, found, said = text_of(reports["members"]).partition(NEW_PLACES)
    assert found and "As start: Somaliland." in said
    named = re.search(r"As end: ([^.]+)\.", said)
    assert named and {"Rwanda", "Thailand"} <= set(re.split(", | and ", named[1]))


def test_a_rise_that_a_moved_partner_suggests_is_said_to_have_held_its_share(
    reports: dict[str, Read],
) -> None:
    """A partner began to watch the counties round Meru: more of its corridors are seen, and none has risen."""
    text = text_of(reports["public"])
    assert not re.search(r"▲ ?(Meru|Tharaka-Nithi|Embu|Isiolo) →", text)
    assert "Marsabit to Nairobi fell while Mandera to Nairobi rose;" in text


def test_the_abandoned_road_and_the_one_instead_are_alerts_for_members_alone(
    samples: EvidenceBase, reports: dict[str, Read], maps: dict[str, Any]
) -> None:
    found = rows(maps["members"]["alerts"], "corridor_id", "direction", "first_month", "witness_count")
    fall, rise = (ABANDONED[0], "fall", "2025-06-01", 0), (INSTEAD[0], "rise", "2025-06-01", 114)
    assert sorted(found) == [rise, fall]
    assert re.search(
        r"Several partners’ records show no cases from August 2025 to July 2026, where partners’ own level would lead one to "
        r"expect \d+ to \d+\.",
        text_of(reports["members"]),
    )
    assert "alerts" not in maps["public"] and "Alerts" not in text_of(reports["public"]).split("Annex")[0]
    listed = samples.ask("select edition, corridor_id from published.alerts order by corridor_id")
    assert listed == [("members", INSTEAD[0]), ("members", ABANDONED[0])]
