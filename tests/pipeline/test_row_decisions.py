"""A steward's word on rows and agreements, through the whole job and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orchestration import typing
from orchestration.core import load_keys, shown_record
from orchestration.defs.extracts import landing_key, typed_key
from orchestration.defs.gates import IN_FORCE, ROW_DECISIONS, VERDICTS
from orchestration.defs.places import MATCHES
from orchestration.gates import read_fates
from orchestration.release import current_release
from orchestration.stewardship import record_decision
from orchestration.stewardship.decisions.recording import revoke
from tests import scenario
from tests.conftest import EvidenceBase

# S5 has no date that can be read, so its lag counts from the day it came; by then S7 is old enough, too.
LATER = scenario.AS_OF + timedelta(days=40)
ROWS = scenario.ROWS | {"current": 19, "embargoed": 0}


def refreshed(base: EvidenceBase) -> dict[str, Any]:
    ended = base.refresh()
    assert ended.error is None, ended.error
    release = current_release(base.settings)
    assert release is not None
    return release.manifest


def passed(base: EvidenceBase) -> set[str]:
    return {place for (place,) in base.ask("select distinct from_place_id from marts.fct_movement_legs")}


def test_rows_and_agreements_follow_what_stewards_decide_and_take_back(evidence_base: EvidenceBase) -> None:
    base = evidence_base.at(LATER)
    before = refreshed(base)
    assert before["rows"] == ROWS
    passed_before = passed(base)
    keys = load_keys(base.settings.keys)
    s5, s9 = (
        shown_record(keys.record_id("swala_post", f"swala_post_cases|{reference}"))
        for reference in ("S5", "S9")
    )

    def decide(kind: str, **payload: Any) -> str:
        made = record_decision(base.settings, kind, "A. Fixture", "partner wrote", LATER, **payload)
        return str(made["id"])

    decided = [
        decide("row_release", record=s5),
        decide("row_exclude", record=s9),
        decide(
            "agreement_change",
            partner="swala_post",
            contract="swala_post_cases",
            terms={"finest_place": "county"},
        ),
    ]
    after = refreshed(base)
    assert after["rows"] == ROWS | {"quarantined": 1, "withdrawn": 1}
    released, excluded = (int(name[2:], 16) for name in (s5, s9))
    told = {
        movement % (1 << 64): rest
        for movement, *rest in base.ask(
            "select movement_id, departed_month, annotation_codes, origin_place_id from marts.fct_movements"
        )
    }
    assert excluded not in told
    month, notes, origin = told[released]
    assert (month, origin) == (None, "KE040")
    assert "date_invalid" in notes
    assert "bp-ken-malaba" in passed_before
    assert "bp-ken-malaba" not in passed(base), "of swala_post's places no more than counties are told"

    for decision in decided:
        revoke(base.settings, decision, "A. Fixture", "it was a test", LATER)
    again = refreshed(base)
    assert again["rows"] == ROWS
    assert again["content_hash"] == before["content_hash"]


def test_an_agreement_that_a_steward_ended_holds_what_comes_after_its_last_day(
    evidence_base: EvidenceBase,
) -> None:
    base = evidence_base.at(LATER)
    record_decision(
        base.settings, "agreement_change", "A. Fixture", "ended by letter", LATER, partner="kobe_post",
        contract="kobe_post_cases", terms={"valid_to": LATER.date() - timedelta(days=1)},
    )  # fmt: skip
    base.deliver("kobe_post", "kobe_3.csv", scenario.KOBE_SECOND.replace("K2", "K4"))
    partners, tables = scenario.PARTNERS, typing.TYPED_TABLES
    until_fates_are_settled = [
        *(landing_key(partner) for partner in partners), *(typed_key(table) for table in tables),
        MATCHES, VERDICTS, IN_FORCE, ROW_DECISIONS,
    ]  # fmt: skip
    ended = base.refresh(steps=until_fates_are_settled)
    assert ended.error is None, ended.error
    fates = [
        (fate.fate, fate.reason) for fate in read_fates(base.settings).values() if fate.partner == "kobe_post"
    ]
    assert sorted(fates, key=str) == [("held", "agreement_is_valid"), ("in_force", None), ("in_force", None)]
