"""Publishing: only what a verdict for exactly these files lets pass; readers keep reading."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import NjiaError, ReleaseRefused, Settings, read_json, write_json
from orchestration.release import current_release, list_releases, rollback
from orchestration.release.candidate import read_candidate
from orchestration.release.current import open_edition
from orchestration.release.manifest import changed_files, file_hashes
from orchestration.release.publishing import publish
from orchestration.release.summary import refresh_summary
from orchestration.stewardship import active_decisions, record_decision
from orchestration.stewardship.decisions.recording import revoke
from tests.fixtures.release_world import (
    PASSED,
    START,
    build_warehouse,
    publish_one,
    settings_in,
    stage_candidate,
    write_verdict,
)

FAILED = {
    **PASSED,
    "name": "quarantine_is_normal",
    "outcome": "failed",
    "steward_action": "Open quality.quarantine_summary.",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = settings_in(tmp_path)
    build_warehouse(settings)
    return settings


def waive(settings: Settings, check: str) -> dict[str, Any]:
    return record_decision(
        settings,
        "check_waiver",
        "A. Fixture",
        "a partner joined",
        START,
        check=check,
        scope="release",
        expires=(START + timedelta(days=3)).date(),
    )


def test_a_passed_candidate_becomes_current_and_is_whole(settings: Settings) -> None:
    published = publish_one(settings)
    current = current_release(settings)
    assert current is not None and current.release_id == published.release_id and current.is_current
    assert current.path == settings.releases / published.release_id
    assert not settings.current.readlink().is_absolute()
    assert changed_files(current.path, file_hashes(current.manifest)) == []
    assert current.manifest["release_gate"] == [PASSED]
    found = {path.name for path in current.path.iterdir()}
    assert found == {"manifest.json", "manifest.sig", "members", "public"}
    assert read_json(settings.review / "last_verdict.json")["outcome"] == "published"


def refused(settings: Settings, *checks: dict[str, Any], **changes: Any) -> str:
    """Publish the first release, then a second candidate with this verdict: it must be refused."""
    before = publish_one(settings)
    candidate = stage_candidate(settings, START + timedelta(days=1))
    write_verdict(candidate, *checks, **changes)
    with pytest.raises(ReleaseRefused) as told:
        publish(settings, START + timedelta(days=1))
    current = current_release(settings)
    assert current is not None and current.release_id == before.release_id
    assert candidate.path.exists() == (changes.get("verdict") == "refused"), (
        "only the gate's own verdict stands"
    )
    kept = read_json(settings.review / "last_verdict.json")
    assert kept["outcome"] == "refused" and kept["candidate"] == candidate.release_id
    assert (settings.review / "history" / f"{candidate.release_id}.json").is_file()
    return str(told.value)


def test_failed_check_refuses_with_a_steward_action(settings: Settings) -> None:
    message = refused(settings, PASSED, FAILED, verdict="refused")
    assert "quarantine_is_normal: failed. Open quality.quarantine_summary." in message


@pytest.mark.parametrize(
    ("checks", "changes", "words"),
    [
        ([FAILED], {}, "failed"),
        ([{**PASSED, "outcome": "not_run"}], {}, "did not finish"),
        ([{**PASSED, "outcome": "error"}], {}, "did not finish"),
        ([{"name": "counties_are_known", "severity": "warn"}], {}, "did not finish"),
        ([PASSED], {"checks": []}, "no checks"),
        ([PASSED], {"candidate": "20200101T000000Z-00000000"}, "another candidate"),
        ([PASSED], {"files": {}}, "changed after the verdict"),
        ([PASSED], {"verdict": "refused", "reasons": ["The gate said no."]}, "The gate said no"),
        ([PASSED], {"verdict": None}, "not `passed`"),
        ([{**FAILED, "outcome": "waived", "waived_by": "aaaaaaaaaaaa"}], {}, "waiver is not in force"),
        ([{**FAILED, "name": "reconciliation_is_exact", "outcome": "waived"}], {}, "cannot be waived"),
    ],
)
def test_a_verdict_that_is_not_a_yes_to_exactly_this_refuses(
    settings: Settings, checks: list[dict[str, Any]], changes: dict[str, Any], words: str
) -> None:
    assert words in refused(settings, *checks, **changes)


def test_a_failed_warning_does_not_refuse_and_a_waiver_lets_pass(settings: Settings) -> None:
    waiver = waive(settings, "quarantine_is_normal")
    candidate = stage_candidate(settings)
    waived = {**FAILED, "outcome": "waived", "waived_by": waiver["id"]}
    write_verdict(candidate, {**FAILED, "severity": "warn"}, waived)
    assert publish(settings, START).release_id == candidate.release_id


def test_a_waiver_that_expired_or_was_revoked_after_the_verdict_does_not_let_pass(settings: Settings) -> None:
    waiver = waive(settings, "quarantine_is_normal")
    waived = {**FAILED, "outcome": "waived", "waived_by": waiver["id"]}
    write_verdict(stage_candidate(settings), waived)
    with pytest.raises(ReleaseRefused, match="waiver is not in force"):
        publish(settings, START + timedelta(days=9))
    revoke(settings, waiver["id"], "A. Fixture", "a mistake", START)
    write_verdict(stage_candidate(settings), waived)
    with pytest.raises(ReleaseRefused, match="waiver is not in force"):
        publish(settings, START)


@pytest.mark.parametrize("change", ["edited", "added", "removed", "manifest"])
def test_files_changed_after_the_verdict_refuse(settings: Settings, change: str) -> None:
    candidate = stage_candidate(settings)
    write_verdict(candidate)
    parquet = candidate.path / "members/parquet/marts.fct_movements.parquet"
    if change == "edited":
        parquet.chmod(0o644)
        parquet.write_bytes(b"other bytes")
    elif change == "added":
        (candidate.path / "members" / "notes.txt").write_text("more")
    elif change == "removed":
        parquet.unlink()
    else:
        manifest = {**candidate.manifest, "files": {}}
        write_json(candidate.path / "manifest.json", manifest)
    with pytest.raises(ReleaseRefused, match="changed after"):
        publish(settings, START)
    assert current_release(settings) is None


def test_publishing_alone_after_a_refused_gate_publishes_nothing_and_says_why(settings: Settings) -> None:
    refused(settings, FAILED, verdict="refused")
    with pytest.raises(ReleaseRefused, match=r"was refused.+quarantine_is_normal: failed"):
        publish(settings, START)


def test_publishing_without_a_judged_candidate_is_refused(settings: Settings) -> None:
    with pytest.raises(NjiaError, match="no candidate is staged"):
        publish(settings, START)
    candidate = stage_candidate(settings)
    with pytest.raises(ReleaseRefused, match="has not judged"):
        publish(settings, START)
    assert candidate.path.exists()


def test_a_candidate_is_read_back_from_the_disk_only_while_it_is_whole(settings: Settings) -> None:
    assert read_candidate(settings) is None
    staged = stage_candidate(settings)
    assert read_candidate(settings) is None  # its lineage is not written yet
    (settings.lineage / staged.release_id).mkdir(parents=True)
    found = read_candidate(settings)
    assert found is not None
    assert (found.release_id, found.path) == (staged.release_id, staged.path)
    assert found.manifest["content_hash"] == staged.manifest["content_hash"]
    (staged.path / "members/parquet/marts.fct_movements.parquet").unlink()
    assert read_candidate(settings) is None


def test_staging_the_same_inputs_again_replaces_the_candidate_and_its_verdict(settings: Settings) -> None:
    first = stage_candidate(settings)
    write_verdict(first)
    second = stage_candidate(settings)
    assert (second.release_id, second.path) == (first.release_id, first.path)
    assert second.manifest["content_hash"] == first.manifest["content_hash"]
    with pytest.raises(ReleaseRefused, match="has not judged"):
        publish(settings, START)


def test_a_candidate_whose_publishing_was_stopped_is_staged_again_and_not_refused(settings: Settings) -> None:
    candidate = stage_candidate(settings)
    write_verdict(candidate)
    (settings.lineage / candidate.release_id).mkdir(parents=True)
    write_json(candidate.path / "manifest.json", {**candidate.manifest, "published_at": START.isoformat()})
    assert read_candidate(settings) is None
    with pytest.raises(NjiaError, match="was interrupted") as told:
        publish(settings, START)
    assert not isinstance(told.value, ReleaseRefused)
    write_verdict(stage_candidate(settings))
    assert publish(settings, START).release_id == candidate.release_id


def test_a_candidate_compared_with_another_current_release_is_refused(settings: Settings) -> None:
    first, _ = publish_one(settings, 0), publish_one(settings, 1)
    write_verdict(stage_candidate(settings, START + timedelta(days=2)))
    rollback(settings, first.release_id, "A. Fixture", "wrong counts", START)
    with pytest.raises(ReleaseRefused, match="changed after the candidate was staged"):
        publish(settings, START + timedelta(days=2))


def test_a_reader_holding_the_old_release_keeps_reading_during_a_switch(settings: Settings) -> None:
    publish_one(settings, 0, counts=(3, 1, 2))
    old = current_release(settings)
    assert old is not None
    question = "select sum(person_count) from marts.fct_movements"
    with open_edition(settings, "members") as reader:
        assert reader.execute(question).fetchone() == (6,)
        publish_one(settings, 1, counts=(3, 1, 20))
        new = current_release(settings)
        assert new is not None
        with open_edition(settings, "members") as second:
            assert second.execute(question).fetchone() == (24,)
        assert reader.execute(question).fetchone() == (6,)
        with pytest.raises(duckdb.Error):
            reader.execute("delete from marts.fct_movements")


def test_the_newest_twelve_are_kept_with_the_current_and_those_a_decision_names(settings: Settings) -> None:
    first, second = publish_one(settings, 0), publish_one(settings, 1)
    rollback(settings, first.release_id, "A. Fixture", "wrong counts", START)
    published = [publish_one(settings, day) for day in range(2, 16)]
    kept = [release.release_id for release in list_releases(settings)]
    assert kept[:12] == [release.release_id for release in reversed(published)][:12]
    assert set(kept[12:]) == {first.release_id, second.release_id}
    assert not list(settings.releases.glob(".tmp-*"))
    assert active_decisions(settings, START).rollback is not None


def test_the_summary_has_the_agreed_shape(settings: Settings) -> None:
    published = publish_one(settings)
    summary = refresh_summary(settings, [], published.manifest, 1.26, "published")
    assert summary == {
        "outcome": "published",
        "release_id": published.release_id,
        "extracts": [],
        "rows": {
            "landed": 4,
            "current": 3,
            "superseded": 0,
            "quarantined": 1,
            "withdrawn": 0,
            "held": 0,
            "embargoed": 0,
        },
        "movements": 3,
        "alerts": 0,
        "checks": {"passed": 2, "warned": 1, "failed": 0, "waived": 0},
        "seconds": 1.3,
    }
    assert refresh_summary(settings, [], published.manifest, 1.26, "unchanged") == {
        **summary,
        "outcome": "unchanged",
    }


def test_summary_of_a_refused_candidate_has_rows_and_checks(settings: Settings) -> None:
    candidate = stage_candidate(settings)
    write_verdict(candidate, FAILED, PASSED, verdict="refused")
    with pytest.raises(ReleaseRefused):
        publish(settings, START)
    summary = refresh_summary(settings, [], candidate.manifest, 2, "refused")
    assert summary["release_id"] is None and summary["rows"]["landed"] == 4
    assert summary["checks"] == {"passed": 2, "warned": 1, "failed": 1, "waived": 0}


def test_decisions_made_during_a_refresh_do_not_affect_it(settings: Settings) -> None:
    waiver = waive(settings, "quarantine_is_normal")
    waived = {**FAILED, "outcome": "waived", "waived_by": waiver["id"]}
    at_the_start = active_decisions(settings, START)
    write_verdict(stage_candidate(settings, waivers=at_the_start.waivers), waived)
    revoke(settings, waiver["id"], "A. Fixture", "a mistake", START)
    assert publish(settings, START, at_the_start).manifest["waivers"] == [waiver["id"]]


def test_a_rollback_while_a_refresh_runs_is_not_undone_by_it(settings: Settings) -> None:
    first, bad = publish_one(settings, 0), publish_one(settings, 1, counts=(3, 1, 9))
    at_the_start = active_decisions(settings, START)
    rollback(settings, first.release_id, "A. Fixture", "wrong counts", START)
    build_warehouse(settings, (3, 1, 9))
    moment = START + timedelta(days=2)
    again = stage_candidate(settings, moment, inputs_hash="0000002f" * 8)
    write_verdict(again)
    assert again.manifest["content_hash"] == bad.manifest["content_hash"]
    with pytest.raises(ReleaseRefused, match="equals a release that a steward rolled back"):
        publish(settings, moment, at_the_start)
