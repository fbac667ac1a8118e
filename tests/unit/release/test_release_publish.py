"""Publishing: only what a verdict for exactly these files lets pass; readers keep reading."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import NjiaError, ReleaseRefused, Settings, history_policy, read_json, write_json
from orchestration.release import current_release, list_releases, publishing, rollback
from orchestration.release.candidate import Candidate, read_candidate
from orchestration.release.current import open_edition
from orchestration.release.manifest import changed_files, file_hashes
from orchestration.release.publishing import publish
from orchestration.release.summary import refresh_summary
from orchestration.stewardship import active_decisions, record_decision
from orchestration.stewardship.decisions.recording import revoke
from tests.fixtures import release_world
from tests.fixtures.release_world import (
    PASSED,
    START,
    build_warehouse,
    publish_one,
    stage_candidate,
    write_verdict,
)

NEXT_DAY = START + timedelta(days=1)
FAILED = {
    **PASSED, "name": "quarantine_is_normal", "outcome": "failed",
    "steward_action": "Open quality.quarantine_summary.",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Candidate]:
    """A home with a release, and a candidate of the next day that no gate has judged. Read only."""
    settings = release_world.settings_in(tmp_path_factory.mktemp("built"))
    publish_one(settings)
    return settings, stage_candidate(settings, NEXT_DAY)


@pytest.fixture
def settings(built: tuple[Settings, Candidate], tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    shutil.copytree(built[0].home, home, symlinks=True)
    return Settings(home, home / "partners", home / "keys")


@pytest.fixture
def candidate(built: tuple[Settings, Candidate], settings: Settings) -> Candidate:
    return replace(built[1], path=settings.releases / built[1].path.name)


def current_id(settings: Settings) -> str:
    current = current_release(settings)
    assert current is not None
    return current.release_id


def waive(settings: Settings, check: str) -> dict[str, Any]:
    """Waive a check; what it says then."""
    waiver = record_decision(
        settings, "check_waiver", "A. Fixture", "a partner joined", START, check=check, scope="release",
        expires=(START + timedelta(days=3)).date(),
    )  # fmt: skip
    return {**FAILED, "name": check, "outcome": "waived", "waived_by": waiver["id"]}


def test_a_passed_candidate_becomes_current_and_is_whole(settings: Settings, candidate: Candidate) -> None:
    write_verdict(candidate)
    published = publish(settings, NEXT_DAY)
    current = current_release(settings)
    assert current is not None and current.is_current
    assert current.release_id == published.release_id == candidate.release_id
    assert current.path == settings.releases / published.release_id
    assert not settings.current.readlink().is_absolute()
    assert changed_files(current.path, file_hashes(current.manifest)) == []
    assert current.manifest["release_gate"] == [PASSED]
    found = {path.name for path in current.path.iterdir()}
    assert found == {"manifest.json", "manifest.sig", "members", "public"}
    assert read_json(settings.review / "last_verdict.json")["outcome"] == "published"


@pytest.mark.parametrize(
    ("checks", "changes", "words"),
    [
        ([PASSED, FAILED], {"verdict": "refused"}, "is_normal: failed. Open quality.quarantine_summary."),
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
    settings: Settings,
    candidate: Candidate,
    checks: list[dict[str, Any]],
    changes: dict[str, Any],
    words: str,
) -> None:
    before = current_id(settings)
    write_verdict(candidate, *checks, **changes)
    with pytest.raises(ReleaseRefused) as told:
        publish(settings, NEXT_DAY)
    assert words in str(told.value)
    assert current_id(settings) == before
    is_kept = changes.get("verdict") == "refused"
    assert candidate.path.exists() == is_kept, "only the gate's own verdict stands"
    kept = read_json(settings.review / "last_verdict.json")
    assert kept["outcome"] == "refused" and kept["candidate"] == candidate.release_id
    assert (settings.review / "history" / f"{candidate.release_id}.json").is_file()
    if is_kept:  # to publish alone afterwards says why nothing is published
        with pytest.raises(ReleaseRefused, match=r"was refused.+(is_normal: failed|The gate said no)"):
            publish(settings, NEXT_DAY)


def test_a_failed_warning_does_not_refuse_and_a_waiver_lets_pass(
    settings: Settings, candidate: Candidate
) -> None:
    write_verdict(candidate, {**FAILED, "severity": "warn"}, waive(settings, "quarantine_is_normal"))
    assert publish(settings, NEXT_DAY).release_id == candidate.release_id


@pytest.mark.parametrize("is_revoked", [True, False])
def test_a_waiver_that_expired_or_was_revoked_after_the_verdict_does_not_let_pass(
    settings: Settings, candidate: Candidate, is_revoked: bool
) -> None:
    waived = waive(settings, "quarantine_is_normal")
    write_verdict(candidate, waived)
    if is_revoked:
        revoke(settings, waived["waived_by"], "A. Fixture", "a mistake", START)
    with pytest.raises(ReleaseRefused, match="waiver is not in force"):
        publish(settings, NEXT_DAY if is_revoked else START + timedelta(days=9))


@pytest.mark.parametrize("change", ["edited", "added", "removed", "manifest"])
def test_files_changed_after_the_verdict_refuse(
    settings: Settings, candidate: Candidate, change: str
) -> None:
    before = current_id(settings)
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
        write_json(candidate.path / "manifest.json", {**candidate.manifest, "files": {}})
    with pytest.raises(ReleaseRefused, match="changed after"):
        publish(settings, NEXT_DAY)
    assert current_id(settings) == before


def test_publishing_without_a_judged_candidate_is_refused(settings: Settings, candidate: Candidate) -> None:
    with pytest.raises(ReleaseRefused, match="has not judged"):
        publish(settings, NEXT_DAY)
    shutil.rmtree(candidate.path)  # it was kept
    with pytest.raises(NjiaError, match="no candidate is staged"):
        publish(settings, NEXT_DAY)


def test_a_candidate_is_read_back_from_the_disk_only_while_it_is_whole(
    settings: Settings, candidate: Candidate
) -> None:
    assert read_candidate(settings) is None  # its lineage is not written yet
    (settings.lineage / candidate.release_id).mkdir(parents=True)
    assert read_candidate(settings) == candidate
    (candidate.path / "members/parquet/marts.fct_movements.parquet").unlink()
    assert read_candidate(settings) is None
    shutil.rmtree(candidate.path)
    assert read_candidate(settings) is None


def test_staging_the_same_inputs_again_replaces_the_candidate_and_its_verdict(
    settings: Settings, candidate: Candidate
) -> None:
    write_verdict(candidate)
    again = stage_candidate(settings, NEXT_DAY)
    assert (again.release_id, again.path) == (candidate.release_id, candidate.path)
    assert again.manifest["content_hash"] == candidate.manifest["content_hash"]
    with pytest.raises(ReleaseRefused, match="has not judged"):
        publish(settings, NEXT_DAY)


def test_a_candidate_whose_publishing_was_stopped_is_staged_again_and_not_refused(
    settings: Settings, candidate: Candidate
) -> None:
    write_verdict(candidate)
    (settings.lineage / candidate.release_id).mkdir(parents=True)
    write_json(candidate.path / "manifest.json", {**candidate.manifest, "published_at": START.isoformat()})
    assert read_candidate(settings) is None
    with pytest.raises(NjiaError, match="was interrupted") as told:
        publish(settings, NEXT_DAY)
    assert not isinstance(told.value, ReleaseRefused)
    write_verdict(stage_candidate(settings, NEXT_DAY))
    assert publish(settings, NEXT_DAY).release_id == candidate.release_id


def test_a_candidate_compared_with_another_current_release_is_refused(
    settings: Settings, candidate: Candidate
) -> None:
    first = current_id(settings)
    write_verdict(candidate)
    publish(settings, NEXT_DAY)
    write_verdict(stage_candidate(settings, START + timedelta(days=2)))
    rollback(settings, first, "A. Fixture", "wrong counts", START)
    with pytest.raises(ReleaseRefused, match="changed after the candidate was staged"):
        publish(settings, START + timedelta(days=2))


def test_a_reader_holding_the_old_release_keeps_reading_during_a_switch(settings: Settings) -> None:
    question = "select sum(person_count) from marts.fct_movements"
    with open_edition(settings, "members") as reader:
        assert reader.execute(question).fetchone() == (6,)
        publish_one(settings, 1, counts=(3, 1, 20))
        with open_edition(settings, "members") as second:
            assert second.execute(question).fetchone() == (24,)
        assert reader.execute(question).fetchone() == (6,)
        with pytest.raises(duckdb.Error):
            reader.execute("delete from marts.fct_movements")


def test_the_newest_are_kept_with_the_current_and_those_a_decision_names(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history_policy.kept("releases") == 12
    first, second = current_id(settings), publish_one(settings, 1).release_id
    rollback(settings, first, "A. Fixture", "wrong counts", START)
    monkeypatch.setattr(publishing, "kept", lambda what: 3 if what == "releases" else 20)
    published = [publish_one(settings, day).release_id for day in range(2, 7)]
    kept = [release.release_id for release in list_releases(settings)]
    assert kept[:3] == published[:1:-1]
    assert set(kept[3:]) == {first, second}
    assert not list(settings.releases.glob(".tmp-*"))
    assert active_decisions(settings, START).rollback is not None


def test_the_summary_has_the_agreed_shape(settings: Settings, candidate: Candidate) -> None:
    write_verdict(candidate)
    published = publish(settings, NEXT_DAY)
    summary = refresh_summary(settings, [], published.manifest, 1.26, "published")
    assert summary == {
        "outcome": "published", "release_id": published.release_id, "extracts": [],
        "rows": {
            "landed": 4, "current": 3, "superseded": 0, "quarantined": 1, "withdrawn": 0, "held": 0, "embargoed": 0,
        },
        "movements": 3, "alerts": 0, "checks": {"passed": 2, "warned": 1, "failed": 0, "waived": 0}, "seconds": 1.3,
    }  # fmt: skip
    unchanged = refresh_summary(settings, [], published.manifest, 1.26, "unchanged")
    assert unchanged == {**summary, "outcome": "unchanged"}


def test_summary_of_a_refused_candidate_has_rows_and_checks(settings: Settings, candidate: Candidate) -> None:
    write_verdict(candidate, FAILED, PASSED, verdict="refused")
    with pytest.raises(ReleaseRefused):
        publish(settings, NEXT_DAY)
    settings.current.unlink()  # as before the first release
    summary = refresh_summary(settings, [], candidate.manifest, 2, "refused")
    assert summary["release_id"] is None and summary["rows"]["landed"] == 4
    assert summary["checks"] == {"passed": 2, "warned": 1, "failed": 1, "waived": 0}


def test_decisions_made_during_a_refresh_do_not_affect_it(settings: Settings) -> None:
    waived = waive(settings, "quarantine_is_normal")
    at_the_start = active_decisions(settings, START)
    write_verdict(stage_candidate(settings, NEXT_DAY, waivers=at_the_start.waivers), waived)
    revoke(settings, waived["waived_by"], "A. Fixture", "a mistake", START)
    assert publish(settings, NEXT_DAY, at_the_start).manifest["waivers"] == [waived["waived_by"]]


def test_a_rollback_while_a_refresh_runs_is_not_undone_by_it(settings: Settings) -> None:
    first, bad = current_id(settings), publish_one(settings, 1, counts=(3, 1, 9))
    at_the_start = active_decisions(settings, START)
    rollback(settings, first, "A. Fixture", "wrong counts", START)
    build_warehouse(settings, (3, 1, 9))
    moment = START + timedelta(days=2)
    again = stage_candidate(settings, moment, inputs_hash="0000002f" * 8)
    write_verdict(again)
    assert again.manifest["content_hash"] == bad.manifest["content_hash"]
    with pytest.raises(ReleaseRefused, match="equals a release that a steward rolled back"):
        publish(settings, moment, at_the_start)
