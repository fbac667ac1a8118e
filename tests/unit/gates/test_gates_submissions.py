"""Submissions that another partner sent first: when an extract is held, and which partners are one source."""

from collections.abc import Iterable
from typing import Any

import pyarrow.parquet as pq
import pytest

from orchestration.core import Settings
from orchestration.gates import landed_extracts
from orchestration.gates.in_force import put_in_force, settle_fates
from orchestration.gates.verdicts import judge_extracts
from orchestration.stewardship import Decisions
from tests.fixtures.gate_world import AS_OF, KEY_IDS, decisions_of, land, on_extract

CHECK = "submissions_are_its_own"
KOBO = {"column": "_id", "server": "kobo.example", "form": "aFixture"}
NAMED = {"column": "meta/rootUuid", "server": None, "form": None}
Sent = tuple[str, Iterable[int]]


def send(settings: Settings, *sent: Sent, days: int = 1, forms: Iterable[Any] = (NAMED,) * 4) -> None:
    """Incremental extracts a, b, … of a partner and its submissions, each a record; one comes `days` after another."""
    for at, ((partner, submissions), form) in enumerate(zip(sent, forms, strict=False)):
        land(
            settings, "abcd"[at], f"{partner}_post", submissions=tuple(submissions), records=len(tuple(submissions)) or 40,
            delivery_mode="incremental", submission_id=form, received_on=f"2026-11-{1 + days * at:02}", sequence=at + 1,
        )  # fmt: skip


def source_of(settings: Settings, decided: Decisions | None = None) -> dict[str, str]:
    decided = decided or decisions_of()
    put_in_force(settings, AS_OF, decided, KEY_IDS, judge_extracts(settings, AS_OF, decided))
    rows = pq.read_table(settings.work / "gates" / "sources.parquet").to_pylist()
    return {row["partner"].removesuffix("_post"): row["source"].removesuffix("_post") for row in rows}


def test_more_than_half_shared_holds_the_later_extract_and_names_both_partners(settings: Settings) -> None:
    send(settings, ("mto", (1, 2, 3, 4)), ("bonde", (2, 3, 9)))
    verdicts = judge_extracts(settings, AS_OF, decisions_of())
    [check] = [one for one in verdicts.holding["bonde_post", "b"] if one.check_name == CHECK]
    assert check.finding == "67 % of the submissions of bonde_post are those that mto_post sent first"
    fates = {one.extract_id: one for one in settle_fates(landed_extracts(settings), verdicts, decisions_of())}
    assert fates["a"].fate == "in_force"
    assert "Ask both partners which of them owns the form" in fates["b"].finding


@pytest.mark.parametrize(
    ("sent", "days", "accepted", "held"),
    [
        ([("mto", (1, 2)), ("bonde", (2, 9))], 1, [], ""),
        # A placeholder that both partners write would supersede all of bonde's records that have it.
        ([("mto", (1, 2, 7)), ("bonde", (7, 7, 7, 7, 8, 9))], 1, [], "b"),
        ([("mto", (1, 2)), ("bonde", (1, 2, 3)), ("kilima", (3,))], 1, [], "b"),
        # bonde is larger and shares little; all that mto has is now bonde's too.
        ([("mto", (1, 2)), ("bonde", range(1, 11)), ("mto", (1, 2))], 1, [], ""),
        ([("mto", (1, 2, 3)), ("bonde", (1, 2)), ("bonde", (3,))], 1, [], "bc"),
        # The check says what it says; the decision stands above it.
        ([("mto", (1, 2, 3)), ("bonde", (1, 2)), ("bonde", (3,))], 1, [on_extract("bonde_post", "b")], "b"),
        ([("mto", (1, 2)), ("bonde", (1, 2))], 0, [], "a"),
    ],
    ids=[
        "half shared holds nothing", "one id in many records counts with each of them",
        "what a held extract holds is not sent before", "the partner that sent first may send again",
        "what a partner sends later is held too", "an accepted extract settles the two partners",
        "of one day the first partner by name counts as first",
    ],
)  # fmt: skip
def test_an_extract_of_anothers_submissions_is_held(
    settings: Settings, sent: list[Sent], days: int, accepted: list[dict[str, Any]], held: str
) -> None:
    send(settings, *sent, days=days)
    holding = judge_extracts(settings, AS_OF, decisions_of(extract_accept=accepted)).holding
    assert {
        extract for (_, extract), checks in holding.items() if CHECK in {one.check_name for one in checks}
    } == {*held}


@pytest.mark.parametrize(
    ("sent", "forms", "expected"),
    [
        ([("mto", (1, 2, 3)), ("bonde", (3, 4, 5)), ("kilima", (5, 6, 7)), ("pwani", (8,))], [NAMED] * 4,
         {"mto": "bonde", "bonde": "bonde", "kilima": "bonde", "pwani": "pwani"}),
        # One of 11 submissions of the smaller partner is below a tenth, one of ten is not.
        ([("mto", range(1, 31)), ("bonde", range(30, 41)), ("kilima", range(40, 50))], [NAMED] * 3,
         {"mto": "mto", "bonde": "bonde", "kilima": "bonde"}),
        ([("mto", (1,)), ("bonde", (2,)), ("kilima", (3,))], [KOBO, KOBO, KOBO | {"form": "aOther"}],
         {"mto": "bonde", "bonde": "bonde", "kilima": "kilima"}),
        ([("mto", ()), ("bonde", ())], [None, None], {"mto": "mto", "bonde": "bonde"}),
    ],
    ids=["a shared submission in force", "a forwarded case makes no one source", "one form", "no ids"],
)  # fmt: skip
def test_partners_that_share_a_submission_or_a_form_are_one_source(
    settings: Settings, sent: list[Sent], forms: list[Any], expected: dict[str, str]
) -> None:
    send(settings, *sent, forms=forms)
    assert source_of(settings) == expected


def test_a_held_extract_joins_no_sources(settings: Settings) -> None:
    send(settings, ("mto", (1, 2)), ("bonde", (1, 2)))
    assert source_of(settings) == {"mto": "mto", "bonde": "bonde"}
    accepted = decisions_of(extract_accept=[on_extract("bonde_post", "b")])
    assert source_of(settings, accepted) == {"mto": "bonde", "bonde": "bonde"}
