"""Each gate refusing, and how far that reaches: a row, an extract, a release, and nothing else."""

from __future__ import annotations

import dagster as dg
import pytest

from orchestration.errors import ReleaseRefused
from orchestration.release import current_release
from orchestration.stewardship import record_decision
from tests import scenario
from tests.conftest import EvidenceBase

PUBLISH_ALONE = [dg.AssetKey(["release", "published"])]


def deliver_half_of_swala(base: EvidenceBase) -> None:
    """A full extract that lost more than a fifth of its rows: a filter left on, more often than a correction."""
    lines = scenario.SWALA.splitlines(keepends=True)
    base.deliver("swala_post", "swala_2026-03.csv", "".join(lines[:5]))


def test_a_held_extract_leaves_the_last_good_one_in_force_and_all_others_go_on(
    evidence_base: EvidenceBase,
) -> None:
    deliver_half_of_swala(evidence_base)
    evidence_base.deliver(
        "kobe_post",
        "kobe_3.csv",
        scenario.CASE_HEADER + "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n",
    )
    ended = evidence_base.refresh()
    assert ended.error is None
    in_force = ended.refresh.found["in_force"]
    held = [fate for fate in in_force.fates if fate.fate == "held"]
    assert [(fate.partner, fate.reason) for fate in held] == [("swala_post", "row_volume_is_plausible")]
    assert in_force.partners_stale == ("swala_post",)
    release = current_release(evidence_base.settings)
    assert release is not None
    assert release.manifest["rows"] == scenario.ROWS | {"landed": 27, "current": 19, "held": 4}


def test_a_steward_can_accept_a_held_extract(evidence_base: EvidenceBase) -> None:
    deliver_half_of_swala(evidence_base)
    held = next(
        fate for fate in evidence_base.refresh().refresh.found["in_force"].fates if fate.fate == "held"
    )
    record_decision(
        evidence_base.settings, "extract_accept", "data steward", "the partner confirmed the removals",
        scenario.AS_OF, partner="swala_post", extract_id=held.extract_id,
    )  # fmt: skip
    assert evidence_base.refresh().error is None
    release = current_release(evidence_base.settings)
    assert release is not None
    # S1-S4 come from the new extract, the older copies are superseded, and the other nine rows are withdrawn.
    assert release.manifest["rows"] == {
        "landed": 26, "current": 12, "superseded": 5, "quarantined": 0,
        "withdrawn": 9, "held": 0, "embargoed": 0,
    }  # fmt: skip


def flood_with_unreadable_dates(base: EvidenceBase) -> None:
    """Seven of eight rows without a readable date: too few to hold the extract, too many for the release."""
    row = "K{0};31/02/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    good = row.format(10).replace("31/02", "12/05")
    unreadable = "".join(row.format(number) for number in range(11, 18))
    base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER + good + unreadable)


def test_a_refused_candidate_leaves_the_current_release(evidence_base: EvidenceBase) -> None:
    before = evidence_base.release_id()
    flood_with_unreadable_dates(evidence_base)
    ended = evidence_base.refresh()
    assert isinstance(ended.error, ReleaseRefused)
    assert "quarantine_is_normal" in str(ended.error)
    assert evidence_base.release_id() == before
    assert not list(evidence_base.settings.releases.glob(".candidate-*"))


def test_publishing_alone_after_a_refusal_publishes_nothing_and_says_why(evidence_base: EvidenceBase) -> None:
    before = evidence_base.release_id()
    flood_with_unreadable_dates(evidence_base)
    evidence_base.refresh()
    alone = evidence_base.refresh(steps=PUBLISH_ALONE)
    assert isinstance(alone.error, ReleaseRefused)
    assert "was refused" in str(alone.error)
    assert evidence_base.release_id() == before


def test_a_waiver_opens_the_gate_once_and_is_printed(evidence_base: EvidenceBase) -> None:
    flood_with_unreadable_dates(evidence_base)
    for check in ("quarantine_is_normal", "quarantine_is_as_last_time"):
        record_decision(
            evidence_base.settings, "check_waiver", "data steward", "the partner mends its dates",
            scenario.AS_OF, check=check, scope="release",
            expires=scenario.AS_OF.date().replace(month=4),
        )  # fmt: skip
    ended = evidence_base.refresh()
    assert ended.error is None, ended.error
    printed = evidence_base.ask("select check_name, reason from quality.waivers order by check_name")
    assert printed == [
        ("quarantine_is_as_last_time", "the partner mends its dates"),
        ("quarantine_is_normal", "the partner mends its dates"),
    ]


def test_reconciliation_cannot_be_waived(evidence_base: EvidenceBase) -> None:
    from orchestration.errors import UsageError

    with pytest.raises(UsageError):
        record_decision(
            evidence_base.settings, "check_waiver", "data steward", "please", scenario.AS_OF,
            check="reconciliation_is_exact", scope="release",
            expires=scenario.AS_OF.date().replace(month=4),
        )  # fmt: skip


def test_rolling_back_is_not_undone_by_the_next_refresh(evidence_base: EvidenceBase) -> None:
    from orchestration.release import rollback

    first = evidence_base.release_id()
    evidence_base.deliver(
        "kobe_post",
        "kobe_3.csv",
        scenario.CASE_HEADER + "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n",
    )
    assert evidence_base.refresh().error is None
    second = evidence_base.release_id()
    assert second != first
    assert first is not None
    rollback(evidence_base.settings, first, "data steward", "K4 was a test", scenario.AS_OF)
    ended = evidence_base.refresh()
    assert ended.error is None
    assert evidence_base.release_id() == first
