"""Publishing: only what a verdict for exactly these files lets pass; readers keep reading."""

import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import NjiaError, ReleaseRefused, Settings, policies, read_json, write_json
from orchestration.release import Release, current_release, list_releases, publishing, rollback
from orchestration.release.candidate import read_candidate
from orchestration.release.publishing import publish, refresh_summary
from orchestration.release.releases import changed_files, file_hashes, open_edition
from orchestration.stewardship import Decisions, active_decisions, record_decision
from orchestration.stewardship.decisions.recording import revoke
from tests.fixtures import release_world
from tests.fixtures.release_world import PASSED, START, publish_one, stage_candidate, write_verdict

NEXT_DAY = START + timedelta(days=1)
FAILED = {
    **PASSED, "name": "quarantine_is_normal", "outcome": "failed",
    "steward_action": "Open quality.quarantine_summary.",
}  # fmt: skip


@dataclass(frozen=True)
class Home:
    """A home with a release, and a candidate of the next day that no gate has judged."""

    settings: Settings
    candidate: Release

    @property
    def current(self) -> str:
        current = current_release(self.settings)
        assert current is not None
        return current.release_id

    def publish(self, days: int = 1, *decisions: Decisions) -> Any:
        return publish(self.settings, START + timedelta(days=days), *decisions)

    def refuses(self, words: str, days: int = 1, *decisions: Decisions) -> None:
        with pytest.raises(ReleaseRefused, match=words):
            self.publish(days, *decisions)

    def roll_back(self, to: str) -> None:
        rollback(self.settings, to, "A. Fixture", "wrong counts", START)

    def waived(self) -> dict[str, Any]:
        """A failed check, and its waiver for three days."""
        waiver = record_decision(
            self.settings, "check_waiver", "A. Fixture", "a partner joined", START, check=FAILED["name"],
            scope="release", expires=(START + timedelta(days=3)).date(),
        )  # fmt: skip
        return {**FAILED, "outcome": "waived", "waived_by": waiver["id"]}

    def revoke(self, waived: dict[str, Any]) -> None:
        revoke(self.settings, waived["waived_by"], "A. Fixture", "a mistake", START)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Home:
    settings = release_world.settings_in(tmp_path_factory.mktemp("built"))
    publish_one(settings)
    return Home(settings, stage_candidate(settings, NEXT_DAY))


@pytest.fixture
def home(built: Home, tmp_path: Path) -> Home:
    home = Path(shutil.copytree(built.settings.home, tmp_path / "home", symlinks=True))
    path = home / "releases" / built.candidate.path.name
    return Home(Settings(home, home / "partners", home / "keys"), replace(built.candidate, path=path))


def test_a_passed_candidate_becomes_current_and_is_whole(home: Home) -> None:
    write_verdict(home.candidate)
    published = home.publish()
    current = current_release(home.settings)
    assert current is not None and current.is_current
    assert current.release_id == published.release_id == home.candidate.release_id
    assert current.path == home.settings.releases / published.release_id
    assert not home.settings.current.readlink().is_absolute()
    assert changed_files(current.path, file_hashes(current.manifest)) == []
    assert current.manifest["release_gate"] == [PASSED]
    found = {path.name for path in current.path.iterdir()}
    assert found == {"manifest.json", "manifest.sig", "members", "public"}
    assert read_json(home.settings.review / "last_verdict.json")["outcome"] == "published"


@pytest.mark.parametrize(("checks", "changes", "words"), [
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
])  # fmt: skip
def test_a_verdict_that_is_not_a_yes_to_exactly_this_refuses(
    home: Home, checks: list[dict[str, Any]], changes: dict[str, Any], words: str
) -> None:
    before = home.current
    write_verdict(home.candidate, *checks, **changes)
    home.refuses(words)
    assert home.current == before
    is_kept = changes.get("verdict") == "refused"
    assert home.candidate.path.exists() == is_kept, "only the gate's own verdict stands"
    kept = read_json(home.settings.review / "last_verdict.json")
    assert kept["outcome"] == "refused" and kept["candidate"] == home.candidate.release_id
    assert (home.settings.review / "history" / f"{home.candidate.release_id}.json").is_file()
    if is_kept:  # to publish alone afterwards says why nothing is published
        home.refuses(f"was refused.+{words}")


def test_a_failed_warning_does_not_refuse_and_a_waiver_lets_pass(home: Home) -> None:
    write_verdict(home.candidate, {**FAILED, "severity": "warn"}, home.waived())
    assert home.publish().release_id == home.candidate.release_id


@pytest.mark.parametrize("is_revoked", [True, False])
def test_a_waiver_that_ended_after_the_verdict_does_not_let_pass(home: Home, is_revoked: bool) -> None:
    waived = home.waived()
    write_verdict(home.candidate, waived)
    if is_revoked:
        home.revoke(waived)
    home.refuses("waiver is not in force", days=1 if is_revoked else 9)


@pytest.mark.parametrize("change", ["edited", "added", "removed", "manifest"])
def test_files_changed_after_the_verdict_refuse(home: Home, change: str) -> None:
    before = home.current
    write_verdict(home.candidate)
    parquet = home.candidate.path / "members/parquet/marts.fct_movements.parquet"
    if change == "edited":
        parquet.chmod(0o644)
        parquet.write_bytes(b"other bytes")
    elif change == "added":
        (home.candidate.path / "members" / "notes.txt").write_text("more")
    elif change == "removed":
        parquet.unlink()
    else:
        write_json(home.candidate.path / "manifest.json", {**home.candidate.manifest, "files": {}})
    home.refuses("changed after")
    assert home.current == before


def test_publishing_without_a_judged_candidate_is_refused(home: Home) -> None:
    home.refuses("has not judged")
    shutil.rmtree(home.candidate.path)  # it was kept
    with pytest.raises(NjiaError, match="no candidate is staged"):
        home.publish()


def test_a_candidate_is_read_back_from_the_disk_only_while_it_is_whole(home: Home) -> None:
    assert read_candidate(home.settings) is None  # its lineage is not written yet
    (home.settings.lineage / home.candidate.release_id).mkdir(parents=True)
    assert read_candidate(home.settings) == home.candidate
    (home.candidate.path / "members/parquet/marts.fct_movements.parquet").unlink()
    assert read_candidate(home.settings) is None
    shutil.rmtree(home.candidate.path)
    assert read_candidate(home.settings) is None


def test_staging_the_same_inputs_again_replaces_the_candidate_and_its_verdict(home: Home) -> None:
    write_verdict(home.candidate)
    again = stage_candidate(home.settings, NEXT_DAY)
    assert (again.release_id, again.path) == (home.candidate.release_id, home.candidate.path)
    assert again.manifest["content_hash"] == home.candidate.manifest["content_hash"]
    home.refuses("has not judged")


def test_a_candidate_of_a_stopped_publication_is_staged_again(home: Home) -> None:
    write_verdict(home.candidate)
    (home.settings.lineage / home.candidate.release_id).mkdir(parents=True)
    half_published = {**home.candidate.manifest, "published_at": START.isoformat()}
    write_json(home.candidate.path / "manifest.json", half_published)
    assert read_candidate(home.settings) is None
    with pytest.raises(NjiaError, match="was interrupted") as told:
        home.publish()
    assert not isinstance(told.value, ReleaseRefused)
    write_verdict(stage_candidate(home.settings, NEXT_DAY))
    assert home.publish().release_id == home.candidate.release_id


def test_a_candidate_compared_with_another_current_release_is_refused(home: Home) -> None:
    first = home.current
    write_verdict(home.candidate)
    home.publish()
    write_verdict(stage_candidate(home.settings, START + timedelta(days=2)))
    home.roll_back(first)
    home.refuses("changed after the candidate was staged", days=2)


def test_a_reader_holding_the_old_release_keeps_reading_during_a_switch(home: Home) -> None:
    question = "select sum(person_count) from marts.fct_movements"
    with open_edition(home.settings, "members") as reader:
        assert reader.execute(question).fetchone() == (6,)
        publish_one(home.settings, 1, counts=(3, 1, 20))
        with open_edition(home.settings, "members") as second:
            assert second.execute(question).fetchone() == (24,)
        assert reader.execute(question).fetchone() == (6,)
        with pytest.raises(duckdb.Error):
            reader.execute("delete from marts.fct_movements")


def test_the_newest_and_those_decided_on_are_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    assert policies.number_kept("releases") == 12
    first, second = home.current, publish_one(home.settings, 1).release_id
    home.roll_back(first)
    monkeypatch.setattr(publishing, "number_kept", lambda what: 3 if what == "releases" else 20)
    published = [publish_one(home.settings, day).release_id for day in range(2, 7)]
    kept = [release.release_id for release in list_releases(home.settings)]
    assert kept[:3] == published[:1:-1]
    assert set(kept[3:]) == {first, second}
    assert not list(home.settings.releases.glob(".tmp-*"))
    assert active_decisions(home.settings, START)["rollback"]


def test_the_summary_has_the_agreed_shape(home: Home) -> None:
    write_verdict(home.candidate)
    published = home.publish()
    summary = refresh_summary(home.settings, [], published.manifest, 1.26, "published")
    assert summary == {
        "outcome": "published", "release_id": published.release_id, "extracts": [],
        "rows": {
            "landed": 4, "current": 3, "superseded": 0, "quarantined": 1, "withdrawn": 0, "held": 0, "embargoed": 0,
        },
        "movements": 3, "alerts": 0, "checks": {"passed": 2, "warned": 1, "failed": 0, "waived": 0}, "seconds": 1.3,
    }  # fmt: skip
    unchanged = refresh_summary(home.settings, [], published.manifest, 1.26, "unchanged")
    assert unchanged == {**summary, "outcome": "unchanged"}


def test_summary_of_a_refused_candidate_has_rows_and_checks(home: Home) -> None:
    write_verdict(home.candidate, FAILED, PASSED, verdict="refused")
    home.refuses("quarantine_is_normal")
    home.settings.current.unlink()  # as before the first release
    summary = refresh_summary(home.settings, [], home.candidate.manifest, 2, "refused")
    assert summary["release_id"] is None and summary["rows"]["landed"] == 4
    assert summary["checks"] == {"passed": 2, "warned": 1, "failed": 1, "waived": 0}


def test_decisions_made_during_a_refresh_do_not_affect_it(home: Home) -> None:
    waived = home.waived()
    at_the_start = active_decisions(home.settings, START)
    write_verdict(stage_candidate(home.settings, NEXT_DAY, waivers=at_the_start["check_waiver"]), waived)
    home.revoke(waived)
    assert home.publish(1, at_the_start).manifest["waivers"] == [waived["waived_by"]]


def test_a_rollback_while_a_refresh_runs_is_not_undone_by_it(home: Home) -> None:
    first, bad = home.current, publish_one(home.settings, 1, counts=(3, 1, 9))
    at_the_start = active_decisions(home.settings, START)
    home.roll_back(first)
    release_world.build_warehouse(home.settings, (3, 1, 9))
    again = stage_candidate(home.settings, START + timedelta(days=2), inputs_hash="0000002f" * 8)
    write_verdict(again)
    assert again.manifest["content_hash"] == bad.manifest["content_hash"]
    home.refuses("equals a release that a steward rolled back", 2, at_the_start)
