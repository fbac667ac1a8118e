"""Submissions that another partner sent first: when an extract is held, and which partners are one source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.core import Settings
from orchestration.gates import landed_extracts
from orchestration.gates.in_force import put_in_force, settle_fates
from orchestration.gates.verdicts import ExtractVerdicts, judge_extracts
from tests.fixtures.gate_world import AS_OF, KEY_IDS, Decided, land, make_settings, on_extract

CHECK = "submissions_are_its_own"
KOBO = {"column": "_id", "server": "kobo.example", "form": "aFixture"}
NAMED = {"column": "meta/rootUuid", "server": None, "form": None}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(tmp_path)


def send(settings: Settings, extract_id: str, partner: str, *submissions: int, **changes: Any) -> None:
    """An incremental extract of these submissions, each a record."""
    changes = {"delivery_mode": "incremental", "submission_id": NAMED} | changes
    land(settings, extract_id, partner, submissions=submissions, records=len(submissions), **changes)


def held(settings: Settings, decided: Decided | None = None) -> set[str]:
    verdicts = judge_extracts(settings, AS_OF, decided or Decided())
    return {extract for (_, extract), checks in verdicts.holding.items() if CHECK in _names(checks)}


def _names(checks: Any) -> set[str]:
    return {check.check_name for check in checks}


def source_of(settings: Settings, decided: Decided | None = None) -> dict[str, str]:
    decided = decided or Decided()
    put_in_force(settings, AS_OF, decided, KEY_IDS, _judged(settings, decided), {})
    rows = pq.read_table(settings.work / "gates" / "sources.parquet").to_pylist()
    return {row["partner"]: row["source"] for row in rows}


def _judged(settings: Settings, decided: Decided) -> ExtractVerdicts:
    return judge_extracts(settings, AS_OF, decided)


def test_more_than_half_shared_holds_the_later_extract_and_names_both_partners(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2, 3, 4)
    send(settings, "b", "bonde_post", 2, 3, 9, received_on="2026-11-02")
    verdicts = judge_extracts(settings, AS_OF, Decided())
    [check] = [one for one in verdicts.holding["bonde_post", "b"] if one.check_name == CHECK]
    assert check.finding == "67 % of the submissions of bonde_post are those that mto_post sent first"
    fates = {one.extract_id: one for one in settle_fates(landed_extracts(settings), verdicts, Decided())}
    assert fates["a"].fate == "in_force"
    assert "Ask both partners which of them owns the form" in fates["b"].finding


def test_half_shared_holds_nothing(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2)
    send(settings, "b", "bonde_post", 2, 9, received_on="2026-11-02")
    assert held(settings) == set()


def test_one_id_in_many_records_counts_with_each_of_them(settings: Settings) -> None:
    """A placeholder that both partners write would supersede all of bonde's records that have it."""
    send(settings, "a", "mto_post", 1, 2, 7)
    send(settings, "b", "bonde_post", 7, 7, 7, 7, 8, 9, received_on="2026-11-02")
    assert held(settings) == {"b"}


def test_what_a_held_extract_holds_is_not_sent_before(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2)
    send(settings, "b", "bonde_post", 1, 2, 3, received_on="2026-11-02")
    send(settings, "c", "kilima_post", 3, received_on="2026-11-03")
    assert held(settings) == {"b"}


def test_the_partner_that_sent_first_may_send_again(settings: Settings) -> None:
    """bonde is larger and shares little; all that mto has is now bonde's too."""
    send(settings, "a", "mto_post", 1, 2)
    send(settings, "b", "bonde_post", *range(1, 11), received_on="2026-11-02")
    send(settings, "c", "mto_post", 1, 2, received_on="2026-11-03", sequence=2)
    assert held(settings) == set()


def test_an_accepted_extract_settles_the_two_partners(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2, 3)
    send(settings, "b", "bonde_post", 1, 2, received_on="2026-11-02")
    send(settings, "c", "bonde_post", 3, received_on="2026-11-03", sequence=2)
    assert held(settings) == {"b", "c"}
    accepted = Decided(extract_accepts=[on_extract("bonde_post", "b")])
    assert held(settings, accepted) == {"b"}  # the check says what it says; the decision stands above it


def test_of_two_extracts_of_one_day_the_first_partner_by_name_counts_as_first(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2)
    send(settings, "b", "bonde_post", 1, 2)
    assert held(settings) == {"a"}


def test_partners_that_share_a_submission_in_force_are_one_source(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2, 3)
    send(settings, "b", "bonde_post", 3, 4, 5, received_on="2026-11-02")
    send(settings, "c", "kilima_post", 5, 6, 7, received_on="2026-11-03")
    send(settings, "d", "pwani_post", 8)
    chain = dict.fromkeys(("bonde_post", "kilima_post", "mto_post"), "bonde_post")
    assert source_of(settings) == chain | {"pwani_post": "pwani_post"}


def test_a_forwarded_case_makes_no_one_source(settings: Settings) -> None:
    """Below a tenth of the smaller partner's submissions, in force."""
    send(settings, "a", "mto_post", *range(1, 31))
    send(settings, "b", "bonde_post", *range(30, 41), received_on="2026-11-02")
    send(settings, "c", "kilima_post", *range(40, 50), received_on="2026-11-03")
    apart = {name: name for name in ("bonde_post", "kilima_post", "mto_post")}
    assert source_of(settings) == apart | {"kilima_post": "bonde_post"}  # one of 11, one of ten


def test_a_held_extract_joins_no_sources(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, 2)
    send(settings, "b", "bonde_post", 1, 2, received_on="2026-11-02")
    apart = {"bonde_post": "bonde_post", "mto_post": "mto_post"}
    assert source_of(settings) == apart
    accepted = Decided(extract_accepts=[on_extract("bonde_post", "b")])
    assert source_of(settings, accepted) == dict.fromkeys(apart, "bonde_post")


def test_partners_that_name_one_form_are_one_source(settings: Settings) -> None:
    send(settings, "a", "mto_post", 1, submission_id=KOBO)
    send(settings, "b", "bonde_post", 2, submission_id=KOBO)
    send(settings, "c", "kilima_post", 3, submission_id={**KOBO, "form": "aOther"})
    assert source_of(settings) == {
        "bonde_post": "bonde_post", "kilima_post": "kilima_post", "mto_post": "bonde_post",
    }  # fmt: skip


def test_partners_without_ids_are_sources_of_their_own(settings: Settings) -> None:
    land(settings, "a", "mto_post")
    land(settings, "b", "bonde_post")
    assert source_of(settings) == {"bonde_post": "bonde_post", "mto_post": "mto_post"}
