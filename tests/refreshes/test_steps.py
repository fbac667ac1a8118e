"""Each step stands on its own: done alone, skipped while its artifact stands, done anew where that does not."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys

import dagster as dg
import pytest

from orchestration import linkage
from orchestration.core import NjiaError, Settings, read_json, refreshes
from orchestration.defs.resources import evidence_base as definitions_of
from orchestration.refresh import Runs, extracts, releasing, tables
from orchestration.stewardship import record_decision
from tests import scenario, steps
from tests.evidence_base import EvidenceBase

STATISTICS = [dg.AssetKey("statistics")]


def notes(base: EvidenceBase) -> dict[str, int]:
    """When each artifact was noted, in nanoseconds."""
    folder = base.settings.work / "artifacts"
    return {path.stem: path.stat().st_mtime_ns for path in folder.glob("*.json")}


def made_since(base: EvidenceBase, before: dict[str, int]) -> set[str]:
    return {name for name, time in notes(base).items() if before.get(name) != time}


def new_extract(base: EvidenceBase) -> None:
    case = "K4;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    base.deliver("kobe_post", "kobe_3.csv", scenario.CASE_HEADER + case)


def test_one_asset_is_made_alone_and_is_no_refresh(evidence_base: EvidenceBase) -> None:
    before, ended_before = notes(evidence_base), refreshes.last(evidence_base.settings)
    (evidence_base.settings.work / "artifacts" / "measure.json").unlink()
    ended = evidence_base.run_job(STATISTICS)
    assert ended.error is None, ended.error
    assert made_since(evidence_base, before) == {"measure"}
    assert refreshes.last(evidence_base.settings) == ended_before


def test_step_is_skipped_while_its_artifact_stands(evidence_base: EvidenceBase) -> None:
    before = notes(evidence_base)
    for step in (
        extracts.type_extracts,
        extracts.locate,
        extracts.judge_extracts,
        tables.link,
        tables.measure,
    ):
        steps.do(evidence_base.settings, step)
    assert made_since(evidence_base, before) == set()


def test_one_partner_is_taken_in_alone(evidence_base: EvidenceBase) -> None:
    new_extract(evidence_base)
    evidence_base.deliver("swala_post", "swala_9.csv", scenario.SWALA)
    ended = evidence_base.run_job([dg.AssetKey(["landing", "kobe_post"])])
    assert ended.error is None, ended.error
    waiting = [path.name for path in evidence_base.settings.inbox.glob("*/*.csv")]
    assert waiting == ["swala_9.csv"]


@pytest.mark.parametrize("damage", ["cut short", "gone", "of another version"])
def test_damaged_artifact_is_rebuilt_with_a_warning(
    evidence_base: EvidenceBase, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    work = evidence_base.settings.work
    table, note = work / "statistics" / "hotspots.parquet", work / "artifacts" / "measure.json"
    whole = table.read_bytes()
    if damage == "of another version":
        note.write_text('{"layout": 0}')
    elif damage == "gone":
        table.unlink()
    else:
        table.write_bytes(whole[: len(whole) // 2])
    with caplog.at_level(logging.WARNING, "njia"):
        steps.do(evidence_base.settings, tables.measure)
    assert table.read_bytes() == whole
    said = [one for one in caplog.messages if "measure" in one]
    assert len(said) == (0 if damage == "of another version" else 1)


def test_step_without_its_inputs_says_what_to_do(evidence_base: EvidenceBase) -> None:
    shutil.rmtree(evidence_base.settings.work)
    with pytest.raises(NjiaError, match=r"The step counts has not been done.*njia refresh"):
        steps.do(evidence_base.settings, tables.measure)


def test_refresh_without_changes_imports_no_dbt_and_is_shown_as_a_run(
    evidence_base: EvidenceBase,
) -> None:
    settings = evidence_base.settings
    ask = (
        "import sys; from orchestration.defs.refresh import run_refresh; "
        "from orchestration.core.settings import Settings; "
        "ended = run_refresh(Settings.from_environment()); "
        "print(ended.outcome, sorted({'dbt', 'dagster_dbt', 'great_expectations'} & set(sys.modules)))"
    )
    environment = {
        **os.environ,
        "NJIA_HOME": str(settings.home),
        "NJIA_PARTNERS": str(settings.partners),
        "NJIA_AS_OF": scenario.AS_OF.isoformat(),
    }
    answer = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True)
    assert answer.stdout.strip() == "unchanged []", answer.stderr
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        (run,) = instance.get_runs()
        published = dg.AssetKey(["release", "published"])
        (confirmed,) = instance.fetch_materializations(published, limit=2).records
    assert (run.job_name, run.status) == ("refresh", dg.DagsterRunStatus.SUCCESS)
    assert run.tags["njia/outcome"] == "unchanged"
    assert confirmed.run_id == run.run_id


def test_candidate_of_outdated_inputs_is_refused(evidence_base: EvidenceBase) -> None:
    settings = evidence_base.settings
    swala = next((settings.landing / "swala_post").glob("*.json")).stem
    record_decision(settings, "row_exclude", "A. Steward", "a test", scenario.AS_OF, record=f"{swala}:2")
    with pytest.raises(NjiaError, match="has changed which extracts are in force"):
        steps.do(settings, releasing.stage)


def refresh_job() -> dg.JobDefinition:
    """As Dagster's own run worker loads it, of the home that the environment names."""
    return definitions_of(Runs(Settings.from_environment())).resolve_job_def("refresh")


def test_failed_run_is_resumed_where_it_failed(
    evidence_base: EvidenceBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refresh with a new extract, which a fault in the linkage step has stopped."""
    base = evidence_base
    new_extract(base)

    def fault(*_: object) -> None:
        raise ValueError("Testperson")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(linkage, "link_records", fault)
        ended = base.run_job()
    assert "The step linkage failed: ValueError" in str(ended.error)
    assert "Testperson" not in str(ended.error)
    before = notes(base)
    for name, value in {
        "NJIA_HOME": base.settings.home,
        "NJIA_PARTNERS": base.settings.partners,
        "NJIA_AS_OF": scenario.AS_OF.isoformat(),
        "DAGSTER_HOME": base.settings.dagster_home,
    }.items():
        monkeypatch.setenv(name, str(value))
    with dg.DagsterInstance.from_config(str(base.settings.dagster_home)) as instance:
        (failed,) = instance.get_runs()
        result = dg.execute_job(
            dg.reconstructable(refresh_job),
            instance=instance,
            reexecution_options=dg.ReexecutionOptions.from_failure(failed.run_id, instance),
        )
        assert result.success
        resumed = instance.get_run_by_id(result.run_id)
    assert resumed is not None and resumed.tags["njia/outcome"] == "published"
    assert "take_in" not in (resumed.step_keys_to_execute or [])
    assert not made_since(base, before) & {"type", "locate", "judge_extracts"}
    last = refreshes.last(base.settings)
    assert last is not None and (last.outcome, last.run_id) == ("published", resumed.run_id)
    name = read_json(steps.newest_note(base.settings, "kobe_post"))["file"]
    (receipt,) = [
        page
        for page in (base.settings.receipts / "kobe_post").glob("*/receipt.html")
        if name in page.read_text(encoding="utf-8")
    ]
    assert receipt.is_file()
