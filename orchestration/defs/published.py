"""The asset of the release in force: its metadata after a new release, and without new inputs.

Both materialise the asset, because both show that the release is up to date. So its freshness policy fails
when no refresh has ended, not when partners send nothing.
"""

from typing import Any

import dagster as dg

from orchestration import release
from orchestration.core import refreshes
from orchestration.defs.boundary import QUIET_LOGS, REFRESH, end, step
from orchestration.refresh import Run, Runs, artifact_of, extracts, releasing, run_outcome

PUBLISHED = dg.AssetKey(["release", "published"])
FRESH = dg.FreshnessPolicy.time_window(warn_window=refreshes.FRESH_FOR, fail_window=refreshes.LATE_AFTER)


def confirm_unchanged(context: dg.AssetExecutionContext, runs: Runs, is_rolled_back: bool) -> None:
    """End a run that publishes nothing, because nothing is new or a steward rolled back."""
    step(context, runs, lambda run: releasing.write_receipts(run, "unchanged", is_rolled_back))
    metadata = step(context, runs, lambda run: of_unchanged(run, is_rolled_back))
    if metadata:
        context.log_event(dg.AssetMaterialization(PUBLISHED, metadata=metadata))
    end(context.instance, runs, context.run_id, refreshes.UNCHANGED, is_rolled_back=is_rolled_back)


def end_unchanged(runs: Runs, run_id: str) -> bool:
    """End the run if the release in force is up to date; return whether it did.

    The UI shows such a run like any other, but the definitions are not loaded. After any error this returns
    False: the step that meets the error again shows it in the UI, without its text.
    """
    settings = runs.settings
    try:
        run = runs.begin(run_id, is_refresh=True)
        if not extracts.is_up_to_date(run):
            return False
        is_rolled_back = bool(artifact_of(settings, extracts.IN_FORCE).facts["is_rolled_back"])
        releasing.write_receipts(run, "unchanged", is_rolled_back)
    except Exception:
        return False

    @dg.op
    def confirm(context: dg.OpExecutionContext) -> None:
        if metadata := of_unchanged(run, is_rolled_back):
            context.log_event(dg.AssetMaterialization(PUBLISHED, metadata=metadata))
        end(context.instance, runs, run_id, refreshes.UNCHANGED, is_rolled_back=is_rolled_back)

    job = dg.GraphDefinition(name=REFRESH, node_defs=[confirm]).to_job()
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        job.execute_in_process(instance=instance, run_id=run_id, run_config=QUIET_LOGS)
    return True


def of_published(run: Run) -> dict[str, Any]:
    """Return the metadata of a new release: its sums, what is new in it, links to manifest and report."""
    published = release.current_release(run.settings)
    if published is None:
        return {}
    manifest = published.manifest
    kept = {past.release_id: past.manifest for past in release.list_releases(run.settings)}
    before = kept.get(str(manifest["previous_release"]))
    return {
        **_of_release("published", published.path, manifest),
        **_numbers(run, refreshes.PUBLISHED),
        **release.extracts_since(manifest, before),
        "seconds": round(run.seconds, 1),
        "since": str(manifest["previous_release"] or "the first release"),
        "tables": dg.MetadataValue.table(
            [dg.TableRecord(table) for table in release.tables_since(manifest, before)]
        ),
    }


def of_unchanged(run: Run, is_rolled_back: bool) -> dict[str, Any]:
    """Return the metadata of a run that changed nothing; empty before the first release."""
    current = release.current_release(run.settings)
    if current is None:
        return {}
    outcome = "rolled back" if is_rolled_back else "unchanged"
    return {
        **_of_release(outcome, current.path, current.manifest),
        **_numbers(run, refreshes.UNCHANGED),
        "seconds": round(run.seconds, 1),
    }


def _numbers(run: Run, outcome: str) -> dict[str, int]:
    """Return the counts of alerts and checks, with the same keys in every refresh: the UI plots them."""
    summary = run_outcome.summed_up(run.settings, outcome, run.seconds)
    return {"alerts": summary["alerts"]} | {f"checks_{name}": n for name, n in summary["checks"].items()}


def _of_release(outcome: str, path: Any, manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "outcome": outcome,
        "release_id": manifest["release_id"],
        "content_hash": manifest["content_hash"],
        "movements": manifest["movements"] or 0,
        "dagster/row_count": manifest["movements"] or 0,
        **{f"rows_{fate}": rows or 0 for fate, rows in manifest["rows"].items()},
        "movements_by_grain": dg.MetadataValue.table(
            [
                dg.TableRecord({"record_grain": grain, "movements": number})
                for grain, number in manifest["movements_by_grain"].items()
            ]
        ),
        "manifest": dg.MetadataValue.path(str(path / "manifest.json")),
        "quality_report": dg.MetadataValue.path(str(path / "members" / "report" / "quality.html")),
    }
