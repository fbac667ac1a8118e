"""Pulling in Dagster: a job and a schedule of its own, which fail without the refresh."""

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from orchestration.core import prepare_home
from orchestration.defs.killed_runs import end_killed_runs
from orchestration.defs.resources import evidence_base
from orchestration.intake import pull_lock
from orchestration.operations.next_run import read_next_run
from orchestration.refresh import Runs
from tests.fixtures.form_servers import log_in_page
from tests.fixtures.pull_world import KOBO, ODK, PullWorld, pulls

__all__ = ["pulls"]
KEYS = {dg.AssetKey(["pulled", KOBO]), dg.AssetKey(["pulled", ODK])}


@dg.job
def pull() -> None:
    pass


def run_pull(pulls: PullWorld) -> dg.ExecuteInProcessResult:
    job = evidence_base(Runs(pulls.settings)).resolve_job_def("pull")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False)


def test_pull_is_a_job_of_its_own_before_the_nightly_refresh(pulls: PullWorld) -> None:
    pulls.kobo(), pulls.odk()
    definitions = evidence_base(Runs(pulls.settings))
    repository = definitions.get_repository_def()
    assert {one.name: one.cron_schedule for one in repository.schedule_defs} == {
        "nightly": "0 2 * * *",
        "nightly_pull": "30 1 * * *",
    }
    assert definitions.resolve_job_def("pull").asset_layer.selected_asset_keys == KEYS
    assert not definitions.resolve_job_def("refresh").asset_layer.selected_asset_keys & KEYS
    graph = definitions.resolve_asset_graph()
    for key in KEYS:
        assert [one.to_user_string() for one in graph.get(key).child_keys] == [f"landing/{key.path[-1]}"]


def test_run_shows_counts_alone(pulls: PullWorld) -> None:
    pulls.kobo(6), pulls.odk()
    ended = run_pull(pulls)
    assert ended.success
    (made,) = ended.asset_materializations_for_node("pull")[:1]
    assert {name: value.value for name, value in made.metadata.items()} == {
        "files": 1,
        "unchanged": 0,
        "records": 6,
        "bytes": pulls.inbox(KOBO)[0].stat().st_size,
    }


def test_failed_source_fails_the_run_with_its_sentence_after_the_others(pulls: PullWorld) -> None:
    kobo, _ = pulls.kobo(), pulls.odk()
    kobo.faults = [log_in_page]
    ended = run_pull(pulls)
    assert not ended.success
    made = ended.asset_materializations_for_node("pull")
    assert [one.asset_key and one.asset_key.path[-1] for one in made] == [ODK]
    (failure,) = ended.get_step_failure_events()
    assert "sends a web page" in str(failure.event_specific_data) and len(pulls.inbox(ODK)) == 1


@pytest.mark.parametrize("is_alive", [True, False])
def test_only_a_dead_run_of_pulling_is_ended(
    pulls: PullWorld, monkeypatch: pytest.MonkeyPatch, is_alive: bool
) -> None:
    prepare_home(pulls.settings)
    monkeypatch.setattr(dg.DagsterInstance, "run_monitoring_start_timeout_seconds", 0)
    with dg.DagsterInstance.from_config(str(pulls.settings.dagster_home)) as instance:
        run_id = instance.create_run_for_job(pull, status=dg.DagsterRunStatus.STARTED).run_id
        later = datetime.now(UTC) + timedelta(hours=1)
        if is_alive:
            with pull_lock(pulls.settings):
                end_killed_runs(pulls.settings)
                obstacles = read_next_run(pulls.settings, later)["obstacles"]
            assert not [one for one in obstacles if run_id[:8] in one]
        else:
            assert any(run_id[:8] in one for one in read_next_run(pulls.settings, later)["obstacles"])
            end_killed_runs(pulls.settings)
        run = instance.get_run_by_id(run_id)
    assert run and run.status.value == ("STARTED" if is_alive else "FAILURE")
