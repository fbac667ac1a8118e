"""Pull: from partners' servers into the inbox, each night before the refresh."""

import re
from collections.abc import Iterator

import dagster as dg

from orchestration import intake
from orchestration.contracts import Contracts
from orchestration.core import NjiaError
from orchestration.defs.boundary import OWNER, Stopped, spec
from orchestration.operations import next_run
from orchestration.refresh import Runs

HOUR, MINUTE = 1, 30
# What Dagster takes as an owner's e-mail; any other address would stop it from loading.
EMAIL = re.compile(r"\w[\w.%+-]*@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}", re.ASCII)


def pulled_key(partner: str) -> dg.AssetKey:
    return dg.AssetKey(["pulled", partner])


def keys(contracts: Contracts) -> list[dg.AssetKey]:
    """Return an asset for each partner that Njia fetches extracts of."""
    partners = {contract.partner.code for contract, _ in intake.with_source(contracts)}
    return [pulled_key(partner) for partner in sorted(partners)]


def owners(contracts: Contracts, partner: str) -> list[str]:
    """Return the partner's stewards as its contracts name them, by e-mail; the operators where none does."""
    stewards = {contract.partner.steward for contract in contracts.valid.get(partner, [])}
    return sorted(filter(EMAIL.fullmatch, stewards)) or [OWNER]


def is_pulled(key: dg.AssetKey) -> bool:
    return key.path[0] == "pulled"


def is_pull(run: dg.DagsterRun) -> bool:
    """Whether a run only pulls: the job, or some of its assets by hand."""
    asked = run.asset_selection or ()
    return run.job_name == next_run.PULL or (bool(asked) and all(map(is_pulled, asked)))


def assets(contracts: Contracts) -> list[dg.AssetsDefinition]:
    """Return the assets of pulling; none where no contract names a source."""
    if not keys(contracts):
        return []

    @dg.multi_asset(
        name=next_run.PULL,
        can_subset=True,
        specs=[
            spec(
                key,
                "extracts",
                "The partner's extracts as its server gives them, in the inbox: nothing new is placed where "
                "nothing changed. A source that fails stops neither the others nor the refresh.",
                owners=owners(contracts, key.path[-1]),
                kinds={"file"},
            )
            for key in keys(contracts)
        ],
    )
    def pull(
        context: dg.AssetExecutionContext, runs: dg.ResourceParam[Runs]
    ) -> Iterator[dg.MaterializeResult]:
        """Fetch each source whole, and place what is new in the inbox, complete by rename."""
        asked = sorted(key.path[-1] for key in context.selected_asset_keys)
        try:
            # All of them without names: a source that is gone since the UI started stops no other.
            ended = intake.pull(runs.settings, [] if len(asked) == len(keys(contracts)) else asked)
        except NjiaError as error:
            raise Stopped(str(error), {}) from None
        failed = [str(source.reason) for source in ended if source.outcome == "failed"]
        for partner in asked:
            sources = [source for source in ended if source.partner == partner]
            if sources and all(source.outcome != "failed" for source in sources):
                yield dg.MaterializeResult(asset_key=pulled_key(partner), metadata=_counts(sources))
        if failed:
            raise Stopped("\n".join(failed), {"failed": dg.MetadataValue.int(len(failed))})

    return [pull]


def schedules(contracts: Contracts, time_zone: str) -> list[dg.ScheduleDefinition]:
    """Return the schedule of the job; none where no contract names a source."""
    if not keys(contracts):
        return []
    job = dg.define_asset_job(
        next_run.PULL,
        selection=dg.AssetSelection.assets(*keys(contracts)),
        description="Fetch partners' extracts from their servers into the inbox.",
        executor_def=dg.in_process_executor,
    )
    nightly_pull = dg.ScheduleDefinition(
        name="nightly_pull",
        job=job,
        cron_schedule=f"{MINUTE} {HOUR} * * *",
        execution_timezone=time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Pull every night at {HOUR:02}:{MINUTE:02} ({time_zone}), before the refresh.",
    )
    return [nightly_pull]


def _counts(sources: list[intake.PulledSource]) -> dict[str, int]:
    return {
        "files": sum(source.outcome == "fetched" for source in sources),
        "unchanged": sum(source.outcome == "unchanged" for source in sources),
        "records": sum(source.records or 0 for source in sources),
        "bytes": sum(source.bytes or 0 for source in sources),
    }
