"""Stewards' decisions: recorded once, never lost, never silently skipped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from orchestration.core import NjiaError, Settings, UsageError, prepare_home
from orchestration.stewardship import Decisions, active_decisions, list_decisions, record_decision, revoke
from orchestration.stewardship.decisions.active import without_effect
from tests.fixtures import other_program
from tests.fixtures.other_program import rewrite

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
SOON = date(2026, 12, 1)
EXTRACT = "0123456789abcdef"
OF_EXTRACT = {"partner": "kobe_shelter", "extract_id": EXTRACT}
VOLUME, MOVEMENTS = "row_volume_is_plausible", "movements_are_plausible"
WAIVER: dict[str, Any] = {"check": VOLUME, "scope": f"kobe_shelter/{EXTRACT}", "expires": date(2026, 12, 31)}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings(tmp_path, tmp_path / "partners", tmp_path / "keys")
    prepare_home(settings)
    landed = tmp_path / "landing" / "kobe_shelter"
    landed.mkdir(parents=True)
    (landed / f"{EXTRACT}.json").write_text("{}")
    return settings


def decide(settings: Settings, kind: str, now: datetime = NOW, **payload: Any) -> dict[str, Any]:
    return record_decision(settings, kind, "A. Fixture", "agreed by telephone", now, **payload)


def test_decision_is_one_entry_and_holds(settings: Settings) -> None:
    assert active_decisions(settings, NOW)["rollback"] == [], "a missing file means none"
    made = decide(settings, "extract_accept", **OF_EXTRACT)
    assert len(made["id"]) == 12 and made["revokes"] is None
    assert active_decisions(settings, NOW)["extract_accept"] == [made]


@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_reason_or_author_is_refused(settings: Settings, empty: str) -> None:
    for author, reason, field in (("A. Fixture", empty, "reason"), (empty, "agreed", "author")):
        with pytest.raises(UsageError, match=f"{field}: is empty") as told:
            record_decision(settings, "extract_accept", author, reason, NOW, **OF_EXTRACT)
        assert "character" not in str(told.value)


def test_revoked_decision_stays_listed(settings: Settings) -> None:
    before = active_decisions(settings, NOW).content_hash()
    made = decide(settings, "extract_accept", **OF_EXTRACT)
    assert active_decisions(settings, NOW).content_hash() != before
    taken_back = revoke(settings, made["id"], "A. Fixture", "wrong extract", NOW)
    assert active_decisions(settings, NOW)["extract_accept"] == []
    assert active_decisions(settings, NOW).content_hash() == before
    listed = [(entry["id"], entry["revoked_by"]) for entry in list_decisions(settings)]
    assert listed == [(made["id"], taken_back["id"]), (taken_back["id"], None)]
    with pytest.raises(UsageError, match=r"A\. Fixture on 2026-11-24 at 05:00 EAT"):
        revoke(settings, made["id"], "A. Fixture", "again", NOW)
    with pytest.raises(UsageError, match="No active decision"):
        revoke(settings, "0" * 12, "A. Fixture", "again", NOW)


@pytest.mark.parametrize("hours", [1, -1000], ids=["", "although the clock was put back"])
def test_later_of_accept_and_withdraw_holds(settings: Settings, hours: int) -> None:
    decide(settings, "extract_accept", **OF_EXTRACT)
    later = NOW + timedelta(hours=hours)
    decide(settings, "extract_withdraw", later, **OF_EXTRACT)
    active = active_decisions(settings, later)
    assert active["extract_accept"] == [] and len(active["extract_withdraw"]) == 1


OF_RELEASE = {"scope": "release", "expires": SOON}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"check": "every_row_is_typed"}, "cannot be waived"),
        (OF_RELEASE | {"check": "reconciliation_is_exact"}, "cannot be waived"),
        ({"check": "row_volume_is_plausable"}, f"Did you mean {VOLUME}"),
        (OF_RELEASE, "extract gate.*--scope PARTNER/EXTRACT_ID"),
        ({"check": MOVEMENTS}, "release gate.*leave out --scope"),
        ({"scope": "0123456789abcdee"}, f"Did you mean {EXTRACT}"),
        ({"scope": f"kobe_shelta/{EXTRACT}"}, "kobe_shelta has no landed extract.*kobe_shelter has"),
        ({"scope": "kobe_shelter/0123456789abcdee"}, f"no landed extract.*Did you mean {EXTRACT}"),
        ({"expires": NOW.date()}, "after the day"),
        ({"expires": NOW.date() + timedelta(days=367)}, "366 days"),
        ({"scope": "everything"}, "scope: must be `release`, one partner"),
        (OF_RELEASE | {"check": "partners_records_are_as_last_time"}, "--scope release/PARTNER"),
        (OF_RELEASE | {"check": MOVEMENTS, "scope": "release/kobe_shelter"}, "the release as a whole"),
        ({"check": "corridors_keep_their_movements", "scope": "release/KE047>UGA",
          "expires": NOW.date() + timedelta(days=32)}, "at most 31 days"),
        ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_waiver_outside_its_limits_is_refused(settings: Settings, change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        decide(settings, "check_waiver", **{**WAIVER, **change})
    assert list_decisions(settings) == []


def also_landed_by_swala(settings: Settings) -> None:
    (settings.landing / "swala_house").mkdir()
    (settings.landing / "swala_house" / f"{EXTRACT}.json").write_text("{}")


def test_extract_id_alone_gets_its_partner_unless_two_sent_it(settings: Settings) -> None:
    made = decide(settings, "check_waiver", **{**WAIVER, "scope": EXTRACT})
    also_landed_by_swala(settings)
    assert made["scope"] == f"kobe_shelter/{EXTRACT}"
    assert [waiver["scope"] for waiver in active_decisions(settings, NOW)["check_waiver"]] == [made["scope"]]
    with pytest.raises(UsageError, match=f"--scope kobe_shelter/{EXTRACT} or --scope swala_house/{EXTRACT}"):
        decide(settings, "check_waiver", **{**WAIVER, "scope": EXTRACT})


def test_extract_id_in_an_old_line_stays_readable_when_it_becomes_ambiguous(settings: Settings) -> None:
    decide(settings, "check_waiver", **WAIVER)
    rewrite(settings, f"kobe_shelter/{EXTRACT}", EXTRACT)
    assert [waiver["scope"] for waiver in active_decisions(settings, NOW)["check_waiver"]] == [
        WAIVER["scope"]
    ]
    also_landed_by_swala(settings)
    assert [waiver["scope"] for waiver in active_decisions(settings, NOW)["check_waiver"]] == [EXTRACT]


def test_extract_with_interrupted_rereading_counts_as_landed(settings: Settings) -> None:
    decide(settings, "extract_accept", **OF_EXTRACT)
    note = settings.landing / "kobe_shelter" / f"{EXTRACT}.json"
    note.rename(note.with_suffix(".earlier"))
    assert len(active_decisions(settings, NOW)["extract_accept"]) == 1


def test_repeated_decision_is_refused(settings: Settings) -> None:
    alias = {"text": "Maraba border", "place_id": "bp-ken-malaba"}
    waiver = decide(settings, "check_waiver", **WAIVER)
    withdrawn = decide(settings, "extract_withdraw", **OF_EXTRACT)
    named = decide(settings, "place_alias", **alias)
    for made, kind, payload in (
        (waiver, "check_waiver", {**WAIVER, "expires": date(2026, 12, 30)}),
        (withdrawn, "extract_withdraw", OF_EXTRACT),
        (named, "place_alias", alias),
        (named, "place_alias", {"text": " MARABA  Border", "place_id": "KE040"}),
    ):
        with pytest.raises(UsageError, match=f"Decision {made['id']} .*`njia decide revoke {made['id']}`"):
            decide(settings, kind, **payload)
    decide(settings, "check_waiver", **{**WAIVER, "expires": date(2027, 1, 31)})
    decide(settings, "place_alias", **alias, country="KEN")
    revoke(settings, named["id"], "A. Fixture", "it is Busia", NOW)
    decide(settings, "place_alias", **{**alias, "place_id": "KE040"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"place_id": "bp-ken-malba"}, r"no place bp-ken-malba .*bp-ken-malaba \(Malaba\)"),
        ({"place_id": "kisumu"}, "no place kisumu .*Kisumu"),
        ({"country": "XKQ"}, "no country .*XKQ"),
        ({"country": "Kenya"}, "country: .* such as KEN"),
    ],
)
def test_alias_of_unknown_place_or_country_is_refused(settings: Settings, change: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        decide(settings, "place_alias", **{"text": "Maraba", "place_id": "bp-ken-malaba", **change})


@pytest.mark.parametrize(
    ("kind", "payload", "change", "words"),
    [
        ("check_waiver", WAIVER, ("row_volume_is", "row_volumes_are"), "No gate has a check"),
        ("check_waiver", WAIVER, (VOLUME, "every_row_is_typed"), "cannot be waived"),
        ("check_waiver", WAIVER, ("kobe_shelter", "swala_house"), "kobe_shelter has"),
        ("place_alias", {"text": "Maraba", "place_id": "KE040"}, ("KE040", "KE999"), "no place KE999"),
        ("extract_withdraw", OF_EXTRACT, (EXTRACT, "0" * 16), "no landed extract"),
    ],
)
def test_decision_without_effect_is_listed_and_stops_no_refresh(
    settings: Settings, kind: str, payload: dict[str, Any], change: tuple[str, str], words: str
) -> None:
    made = decide(settings, kind, **payload)
    assert without_effect(settings, active_decisions(settings, NOW)) == []
    rewrite(settings, *change)
    (told,) = without_effect(settings, active_decisions(settings, NOW))
    assert (told["decision_id"], told["kind"]) == (made["id"], kind)
    assert change[1] in told["says"]
    assert re.search(words, told["why"])
    assert told["what_to_do"].endswith(f"njia decide revoke {made['id']}")
    (listed,) = list_decisions(settings)
    assert listed["without_effect"] == told["why"]
    revoke(settings, made["id"], "A. Fixture", "it was a mistake", NOW)
    assert without_effect(settings, active_decisions(settings, NOW)) == []
    assert [entry["without_effect"] for entry in list_decisions(settings)] == [None, None]


def test_decision_outlives_its_extract_and_its_record(two_records: Settings) -> None:
    settings = two_records
    made = decide(settings, "extract_withdraw", **OF_EXTRACT)
    (settings.landing / "kobe_shelter" / f"{EXTRACT}.json").unlink()
    active = active_decisions(settings, NOW)
    assert [told["decision_id"] for told in without_effect(settings, active)] == [made["id"]]
    assert active["extract_withdraw"] == [made]
    decide(settings, "link_accept", record_a=ONE, record_b=OTHER)
    (settings.typed / "records" / "x.parquet").unlink()
    assert len(active_decisions(settings, NOW)["link_accept"]) == 1


def test_contradicting_aliases_stop_the_reader(settings: Settings) -> None:
    decide(settings, "place_alias", text="Maraba", place_id="KE040")
    decide(settings, "place_alias", text="Fixture town", place_id="bp-ken-malaba")
    rewrite(settings, "Fixture town", "maraba")
    with pytest.raises(NjiaError, match="contradicts an earlier one"):
        active_decisions(settings, NOW)


def test_waiver_holds_until_its_last_day_or_its_check_changes(settings: Settings) -> None:
    made = decide(settings, "check_waiver", **WAIVER)
    assert len(active_decisions(settings, datetime(2026, 12, 31, 23, tzinfo=UTC))["check_waiver"]) == 1
    assert active_decisions(settings, datetime(2027, 1, 1, tzinfo=UTC))["check_waiver"] == []
    rewrite(settings, made["check_definition"], "0" * 16)
    (told,) = without_effect(settings, active_decisions(settings, NOW))
    assert "has changed" in told["why"], "its check is another one since"
    rewrite(settings, "row_volume_is", "row_volumes_are")
    later = datetime(2027, 2, 1, tzinfo=UTC)
    active = active_decisions(settings, later)
    assert active["check_waiver"] == without_effect(settings, active) == []
    (listed,) = list_decisions(replace(settings, fixed_as_of=later))
    assert "2026-12-31" in listed["without_effect"]


def test_a_decision_is_said_with_all_that_it_names(settings: Settings) -> None:
    waiver, alias = decide(settings, "check_waiver", **WAIVER), {"text": "Maraba", "place_id": "KE040"}
    made = [
        (waiver, (VOLUME, EXTRACT, "2026-12-31")),
        (decide(settings, "extract_accept", **OF_EXTRACT), ("kobe_shelter", EXTRACT)),
        (decide(settings, "extract_withdraw", **OF_EXTRACT), ("kobe_shelter", EXTRACT)),
        (decide(settings, "place_alias", **alias, country="KEN"), ("Maraba", "KE040", "KEN")),
        (decide(settings, "place_alias", **alias, partner="kobe_shelter"), ("Maraba", "kobe_shelter")),
        (decide(settings, "place_alias", **alias, role="destination"), ("Maraba", "destination")),
        (revoke(settings, waiver["id"], "A. Fixture", "no longer needed", NOW), (waiver["id"],)),
    ]
    says = {entry["id"]: entry["says"] for entry in list_decisions(settings)}
    assert [words for one, words in made if not all(word in says[one["id"]] for word in words)] == []


ONE, OTHER = "r-0000000000000001", "r-ffffffffffffffff"


@pytest.fixture
def two_records(settings: Settings) -> Settings:
    folder = settings.typed / "records"
    folder.mkdir(parents=True)
    places = {"extract_id": ["x", "x"], "sheet": ["", ""], "row_number": [2, 3]}
    pq.write_table(pa.table({"record_id": [1, -1], **places}), folder / "x.parquet")
    return settings


def test_repeated_ruling_is_refused_until_revoked(two_records: Settings) -> None:
    made = decide(two_records, "link_accept", record_a=ONE, record_b=OTHER)
    assert active_decisions(two_records, NOW)["link_accept"][0]["record_a"] == ONE
    for kind in ("link_accept", "link_reject"):
        with pytest.raises(UsageError, match=f"Decision {made['id']} .+revoke {made['id']}"):
            decide(two_records, kind, record_a=OTHER, record_b=ONE)
    revoke(two_records, made["id"], "A. Fixture", "asked again", NOW)
    decide(two_records, "link_reject", record_a=OTHER, record_b=ONE)
    holding = active_decisions(two_records, NOW)
    assert (len(holding["link_accept"]), len(holding["link_reject"])) == (0, 1)
    assert holding.content_hash() != Decisions().content_hash()
    (listed,) = list_decisions(two_records, "link_reject")
    assert OTHER in listed["says"] and ONE in listed["says"]


@pytest.mark.parametrize(
    ("other", "words"),
    [("r-00000000000000aa", "r-00000000000000aa"), (ONE, "two different"), ("17", "r- and 16 digits")],
)
def test_link_needs_two_known_records(two_records: Settings, other: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        decide(two_records, "link_accept", record_a=ONE, record_b=other)


def test_no_message_shows_a_regular_expression(settings: Settings) -> None:
    for kind, payload in (
        ("check_waiver", {**WAIVER, "scope": "all"}),
        ("extract_accept", OF_EXTRACT | {"extract_id": "latest"}),
        ("place_alias", {"text": "Maraba", "place_id": "Malaba town", "country": "ken"}),
        ("rollback", {"from_release": "a", "to_release": "b"}),
    ):
        with pytest.raises(UsageError, match=r"must be .*such as") as told:
            decide(settings, kind, **payload)
        assert not [sign for sign in ("^", "[0-9", "{", "\\d") if sign in str(told.value)]


def test_mistyped_references_are_refused_and_values_not_quoted(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no landed extract"):
        decide(settings, "extract_accept", **OF_EXTRACT | {"extract_id": "f" * 16})
    with pytest.raises(UsageError, match="kinds are"):
        decide(settings, "check_waver", **WAIVER)
    with pytest.raises(UsageError) as told:
        decide(settings, "place_alias", text="x" * 201, place_id="Amina Testperson")
    assert "Testperson" not in str(told.value) and "xxx" not in str(told.value)


BROKEN = (
    "{not json", "[]", "", '{"kind": ["check_waiver"]}', '{"kind": "check_waiver", "id": "aaaaaaaaaaaa"}', '{"kind": "check_pardon"}',
    '{"kind": "check_waiver", "id": "aaaaaaaaaaaa", "time": "2026-11-24T00:00:00Z"}',
    '{"kind": "check_waiver", "id": "aaaaaaaaaaaa", "time": 1764000000}',
    '{"kind": "check_waiver", "id": "aaaaaaaaaaaa", "time": "9999-12-31T23:59:59-12:00"}',
    '{"kind": ' + "[" * 100_000,
)  # fmt: skip


@pytest.mark.parametrize("line", BROKEN, ids=range(len(BROKEN)))
def test_broken_entry_stops_with_its_id(settings: Settings, line: str) -> None:
    made = decide(settings, "check_waiver", **WAIVER)
    other_program.run(settings, "update entries set entry = ?", line)
    with pytest.raises(NjiaError, match=f"entry {made['id']}"):
        active_decisions(settings, NOW)
    with pytest.raises(NjiaError, match=made["id"]):
        decide(settings, "check_waiver", **WAIVER)


def test_rollbacks_do_not_change_the_content_hash(settings: Settings) -> None:
    before = active_decisions(settings, NOW).content_hash()
    releases = {"from_release": "20261124T020000Z-aaaaaaaa", "to_release": "20261123T020000Z-bbbbbbbb"}
    decide(settings, "rollback", **releases)
    active = active_decisions(settings, NOW)
    assert active["rollback"][-1]["to_release"].endswith("bbbbbbbb")
    assert active.content_hash() == before


STAGE = {"text": "Kwa Fixture", "place_id": "KE040"}


def test_aliases_of_other_scopes_stand_beside_each_other(settings: Settings) -> None:
    decide(settings, "place_alias", **STAGE)
    for scope in ({"partner": "kobe_shelter"}, {"role": "origin"}):
        decide(settings, "place_alias", **{**STAGE, "place_id": "KE001"}, **scope)
        with pytest.raises(UsageError, match="means KE001"):
            decide(settings, "place_alias", **{**STAGE, "place_id": "KE002"}, **scope)
    assert len(active_decisions(settings, NOW)["place_alias"]) == 3


def test_alias_of_an_unknown_partner_or_role_is_refused(settings: Settings) -> None:
    for scope, words in (
        ({"partner": "kobe_shelt"}, "Did you mean kobe_shelter"),
        ({"role": "exploitation"}, "role: "),
    ):
        with pytest.raises(UsageError, match=words):
            decide(settings, "place_alias", **STAGE, **scope)


def test_certain_name_may_differ_at_one_partner(settings: Settings) -> None:
    other = {"text": "Nairobi", "place_id": "KE001"}
    with pytest.raises(UsageError, match=r"--override.*--partner"):
        decide(settings, "place_alias", **other, role="origin")
    decide(settings, "place_alias", **other, partner="kobe_shelter")
