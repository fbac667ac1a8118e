"""A steward's decisions on rows and agreements, through a whole refresh and revoked again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orchestration.core import load_keys, shown_record
from orchestration.gates import read_fates
from orchestration.release import current_release
from orchestration.stewardship import record_decision
from orchestration.stewardship.decisions.recording import revoke
from tests import scenario, steps
from tests.evidence_base import EvidenceBase

# S5 has no date that can be read, so its lag counts from the day it came; by then S7 is old enough, too.
LATER = scenario.AS_OF + timedelta(days=40)
ROWS = scenario.ROWS | {"current": 19, "embargoed": 0}


def passed(base: EvidenceBase) -> set[str]:
    return {place for (place,) in base.ask("select distinct from_place_id from marts.fct_movement_legs")}


def test_decisions_on_rows_and_agreements_apply_and_can_be_revoked(evidence_base: EvidenceBase) -> None:
    base = evidence_base.at(LATER)
    before = current_release(base.settings)
    assert before is not None
    passed_before = passed(base)
    keys = load_keys(base.settings)
    s5, s9 = (
        shown_record(keys.record_id("swala_post", f"swala_post_cases|{reference}"))
        for reference in ("S5", "S9")
    )

    def decide(kind: str, **payload: Any) -> str:
        made = record_decision(base.settings, kind, "A. Fixture", "partner wrote", scenario.AS_OF, **payload)
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
    ended = base.refresh()
    assert ended.error is None, ended.error
    after = current_release(base.settings)
    assert after is not None
    assert after.manifest["rows"] == ROWS | {"quarantined": 1, "withdrawn": 1}
    released, excluded = (int(name[2:], 16) for name in (s5, s9))
    told = {
        movement % (1 << 64): rest
        for movement, *rest in base.ask(
            "select movement_id, event_month, annotation_codes, start_place_id from marts.fct_movements"
        )
    }
    assert excluded not in told
    month, notes, origin = told[released]
    assert (month, origin) == (None, "KE040")
    assert "date_invalid" in notes
    finer = {"bp-ken-malaba", "tn-uga-kampala"}
    assert finer <= passed_before
    assert {"KE040", "KE042"} <= passed(base) and not finer & passed(base), (
        "of swala_post's places no more than counties are told"
    )

    for decision in decided:
        revoke(base.settings, decision, "A. Fixture", "it was a test", scenario.AS_OF)
    assert steps.candidate(evidence_base.settings) == before.manifest["content_hash"]


def test_ended_agreement_holds_later_extracts(
    evidence_base: EvidenceBase,
) -> None:
    base = evidence_base.at(LATER)
    record_decision(
        base.settings, "agreement_change", "A. Fixture", "ended by letter", LATER, partner="kobe_post",
        contract="kobe_post_cases", terms={"valid_to": LATER.date() - timedelta(days=1)},
    )  # fmt: skip
    base.deliver("kobe_post", "kobe_3.csv", scenario.KOBE_SECOND.replace("K2", "K4"))
    steps.do(base.settings, steps.settle_inbox)
    fates = [
        (fate.fate, fate.reason) for fate in read_fates(base.settings).values() if fate.partner == "kobe_post"
    ]
    assert sorted(fates, key=str) == [("held", "agreement_is_valid"), ("in_force", None), ("in_force", None)]
