"""What is removed of the past at the end of a refresh, and what stays."""

import json
import re
from pathlib import Path

import dagster as dg
import pytest

from orchestration.core import NjiaError, Settings, policies, refreshes
from orchestration.defs.history import delete_old_runs
from orchestration.intake import read_register
from orchestration.operations import trim_history
from orchestration.stewardship import messages
from orchestration.stewardship.desk.drawings import trend_of
from tests.evidence_base import EvidenceBase
from tests.fixtures.dagster_home import instance, settings

__all__ = ["instance", "settings"]
FEW = {"refreshes": 20, "verdicts": 3, "changes": 2, "receipts": 2, "messages": 20, "runs": 3}


@pytest.fixture
def keeps_few(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = policies.history_policy() | FEW
    monkeypatch.setattr(policies, "history_policy", lambda: policy)


@pytest.mark.parametrize(("name", "keep", "said"), [
    ("verdicts", "3", "a whole number from 20"),
    ("audit", "400", "expected all"),
    ("runs", "", "found nothing"),
])  # fmt: skip
def test_a_policy_that_keeps_too_little_is_refused(tmp_path: Path, name: str, keep: str, said: str) -> None:
    changed = tmp_path / policies.HISTORY_SEED.name
    text = policies.HISTORY_SEED.read_text(encoding="utf-8")
    changed.write_text(re.sub(rf"^{name},\w+", f"{name},{keep}", text, flags=re.MULTILINE), encoding="utf-8")
    with pytest.raises(NjiaError, match=f"history_policy.csv, line [0-9]+, row {name}.*{said}"):
        policies.history_policy(changed)


def test_of_a_few_lists_the_oldest_go_and_the_newest_stay(
    evidence_base: EvidenceBase, keeps_few: None, caplog: pytest.LogCaptureFixture
) -> None:
    settings = evidence_base.settings
    verdicts, changes = settings.review / "history", settings.review / "changes"
    receipts = settings.receipts / "swala_post"
    changes.mkdir(exist_ok=True)
    [newest] = [path.name for path in receipts.iterdir()]
    earlier = [f"2025010{day}T060000Z-00000000" for day in range(1, 8)]
    for name in earlier:
        (receipts / name).mkdir()
        for file in (verdicts / f"{name}.json", changes / f"{name}.json", receipts / name / "receipt.html"):
            file.write_text("{}")
    decisions = (settings.audit, settings.sealed, settings.landing)
    before = [sorted(folder.rglob("*")) for folder in decisions]

    trim_history(settings)

    assert {path.name for path in receipts.iterdir()} == {earlier[-1], newest}
    kept = sorted(path.stem for path in verdicts.glob("*Z-*.json"))
    assert kept == [*earlier[-2:], evidence_base.release_id()]
    assert sorted(path.stem for path in changes.glob("*.json")) == earlier[-2:]
    assert before == [sorted(folder.rglob("*")) for folder in decisions]
    assert "verdicts 5, changes 5, receipts 6" in caplog.text


def test_the_short_history_of_verdicts_gives_the_trend_of_a_check(published_world: EvidenceBase) -> None:
    settings = published_world.settings
    [verdict] = (settings.review / "history").glob("*Z-*.json")
    assert verdict.stat().st_size < (settings.review / "last_verdict.json").stat().st_size * 0.6
    extract = next(iter(read_register(settings.landing, "swala_post")))
    [(seen, _)] = trend_of(settings, "row_volume_is_plausible", extract)
    assert seen["outcome"] == "passed"


def test_half_a_receipt_of_a_kill_pushes_none_out(evidence_base: EvidenceBase, keeps_few: None) -> None:
    of_partner = evidence_base.settings.receipts / "swala_post"
    [whole] = of_partner.iterdir()
    for day in range(1, 5):
        (of_partner / f"2027010{day}T060000Z-00000000").mkdir()
    trim_history(evidence_base.settings)
    assert whole.is_dir()


def test_the_journal_keeps_the_last_confirmed_release(settings: Settings, keeps_few: None) -> None:
    outcomes = [refreshes.PUBLISHED, refreshes.UNCHANGED, refreshes.REFUSED, *[refreshes.CRASHED] * 40]
    for number, outcome in enumerate(outcomes):
        refreshes.end(settings, refreshes.End(f"run-{number}", "2026-01-01T00:00:00+00:00"), outcome)
    in_a_row = len(refreshes.crashes_in_a_row(settings))
    trim_history(settings)
    kept = [one["run_id"] for one in refreshes.history(settings)]
    assert kept == ["run-1", "run-2", *(f"run-{number}" for number in range(23, 43))]
    whole = refreshes.last_whole(settings)
    assert whole and whole["run_id"] == "run-2"
    assert in_a_row == 40 and len(refreshes.crashes_in_a_row(settings)) == 20


def test_a_message_of_what_still_holds_is_sent_once(evidence_base: EvidenceBase, keeps_few: None) -> None:
    settings = evidence_base.settings
    evidence_base.deliver("nobody_knows", "a.csv", "a;b\n")
    evidence_base.refresh()
    assert messages.send_due(settings)
    ledger = settings.notices / "ledger.json"
    content = json.loads(ledger.read_text())
    sent = content["notices"]["sent"]
    sent |= {f"crashed#{number}": f"2099-01-{number:02}T00:00:00+00:00" for number in range(1, 29)}
    content.pop("sum", None)
    ledger.write_text(json.dumps(content))
    for number in range(30):
        (settings.notices / f"20250101T0000{number:02}Z-00000000.txt").write_text("")

    trim_history(settings)

    assert len(list(settings.notices.glob("*.txt"))) == 20
    assert len(json.loads(ledger.read_text())["notices"]["sent"]) < 28
    assert messages.send_due(settings) == []


@dg.asset
def often() -> None: ...


@dg.asset
def once() -> None: ...


@dg.asset_check(asset="often")
def check() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


DEFINED = dg.Definitions(
    assets=[often, once],
    asset_checks=[check],
    jobs=[dg.define_asset_job("all"), dg.define_asset_job("some", selection=["often"])],
    executor=dg.in_process_executor,
)


def test_dagsters_oldest_runs_go_with_their_files_and_the_last_result_of_an_asset_stays(
    instance: dg.DagsterInstance, keeps_few: None
) -> None:
    def run(job: str) -> str:
        return DEFINED.resolve_job_def(job).execute_in_process(instance=instance).run_id

    dropped, with_once = run("all"), run("all")
    for _ in range(6):
        run("some")
    newest = [run("some") for _ in range(3)]
    folder = Path(instance.root_directory) / "history" / "runs"
    delete_old_runs(instance)
    assert {record.run_id for record in instance.get_runs()} == {with_once, *newest}
    assert {path.name.partition(".")[0] for path in folder.iterdir()} == {"index", with_once, *newest}
    assert instance.get_latest_materialization_event(dg.AssetKey("once"))
    assert instance.get_run_by_id(dropped) is None
    key = dg.AssetCheckKey(dg.AssetKey("often"), "check")
    assert len(instance.event_log_storage.get_asset_check_execution_history(key, limit=100)) == 4
    run("some")
    assert instance.get_runs_count() == 5
