"""The definitions of one installation, and what starts by itself: pull, refresh, messages.

Dagster itself reads only this file of the folder.
"""

from datetime import UTC, datetime

import dagster as dg

from orchestration.contracts import Contracts, load_contracts
from orchestration.core import NjiaError, Settings, check_home, clear_work_left_behind
from orchestration.defs import extracts, gates, pulled, release, warehouse
from orchestration.defs.boundary import QUIET_LOGS, REFRESH, STARTED_BY
from orchestration.defs.killed_runs import end_killed_runs
from orchestration.operations import next_run
from orchestration.refresh import Runs
from orchestration.release import MEMBERS_SCHEMAS
from orchestration.stewardship import messages, refresh_since
from orchestration.warehouse import manifest_path

UNDER_WAY = dg.RunsFilter(
    job_name=REFRESH,
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ],
)


def evidence_base(runs: Runs) -> dg.Definitions:
    """Return the definitions of one installation, for its partners and its home."""
    contracts = load_contracts(runs.settings.partners)
    manifest = manifest_path(runs.settings)
    automatic = automation(runs.settings, contracts)
    tables = warehouse.assets(manifest)
    published = [key for part in tables for key in part.keys if key.path[0] in MEMBERS_SCHEMAS]
    return dg.Definitions(
        assets=[
            *pulled.assets(contracts),
            *extracts.assets(contracts),
            gates.extract_gate,
            gates.in_force,
            gates.carry(manifest),
            *tables,
            *release.assets(published),
        ],
        asset_checks=gates.checks(contracts),
        # One process, because it holds the refresh lock; also for assets materialised from the lineage page.
        executor=dg.in_process_executor,
        resources={"runs": runs},
        schedules=automatic.schedules,
        sensors=automatic.sensors,
    )


def automation(settings: Settings, contracts: Contracts) -> dg.Definitions:
    """Return the jobs by their schedules and sensors; dagster.yaml limits the queue to one run.

    Pulling is a job of its own, so that a server that fails keeps no refresh from running.
    """
    job = dg.define_asset_job(
        REFRESH,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*pulled.keys(contracts)),
        description="Take in the inbox, pass both gates, publish a release.",
        executor_def=dg.in_process_executor,
        config=QUIET_LOGS,  # the history of runs holds each event; the terminal of `njia serve` none
    )

    @dg.schedule(
        name=next_run.SCHEDULE,
        job=job,
        cron_schedule=f"0 {next_run.HOUR} * * *",
        execution_timezone=next_run.TIME_ZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Start a refresh every night at {next_run.HOUR:02}:00 ({next_run.TIME_ZONE}).",
    )
    def nightly() -> dg.RunRequest:
        end_killed_runs(settings)  # the sensors may be switched off
        return dg.RunRequest()

    @dg.sensor(
        name=next_run.SENSOR,
        job=job,
        minimum_interval_seconds=next_run.SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Start a refresh for what no refresh has considered: files in the inbox, extracts that "
        "landed outside a refresh, decisions, or a request from the desk.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        end_killed_runs(settings)
        # A request now would use up the run key of these files, for a run that gets no lock or finds nothing.
        if refresh_since(settings) or context.instance.get_runs_count(UNDER_WAY):
            return dg.SkipReason("A refresh is running or queued. What waits starts another after it.")
        waiting = next_run.waiting(settings)
        if waiting.key is None:
            nothing = "Nothing waits: a refresh has considered every file, landed extract and decision."
            return dg.SkipReason(f"{waiting.in_words} wait for the night." if waiting.in_words else nothing)
        if waiting.not_before and datetime.now(UTC) < waiting.not_before:
            crashes = f" after {waiting.crashes} crashes" if waiting.crashes else ""
            return dg.SkipReason(
                f"Waiting: {waiting.in_words}. The next refresh{crashes} starts at {waiting.not_before}."
            )
        return dg.RunRequest(run_key=waiting.key, tags={STARTED_BY: waiting.in_words})

    @dg.sensor(
        name="messages",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Send stewards and operators a message for each refused release, held extract, file not "
        "taken, overdue partner and failed refresh.",
    )
    def send_messages() -> dg.SkipReason:
        end_killed_runs(settings)
        if refresh_since(settings):
            return dg.SkipReason("A refresh is running. Messages about it are sent after it.")
        clear_work_left_behind(settings)  # the process of a run from the UI ends without clearing its work
        try:
            sent = messages.send_due(settings)
        except NjiaError as error:
            return dg.SkipReason(f"Messages cannot be sent: {error}")
        return dg.SkipReason(" ".join(map(str, sent)) or "No message is due.")

    return dg.Definitions(
        schedules=[nightly, *pulled.schedules(contracts, next_run.TIME_ZONE)], sensors=[inbox, send_messages]
    )


@dg.definitions
def njia() -> dg.Definitions:
    settings = Settings.from_environment()
    check_home(settings, "write to")
    return evidence_base(Runs(settings))
