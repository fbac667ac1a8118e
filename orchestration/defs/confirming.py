"""What is told of the release in force when it was published, and when a refresh found nothing new for it.

Both are a materialisation of the published release: it says that the release holds what there was to know at
that time. So its freshness policy goes red when no refresh came to its end, and not when nothing was sent.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from orchestration import outputs, release
from orchestration.defs.ending import checks_in_numbers, summed_up, tell_end
from orchestration.defs.workplace import Refresh, Workplace, step
from orchestration.stewardship import refreshes

PUBLISHED = dg.AssetKey(["release", "published"])
FRESH = dg.FreshnessPolicy.time_window(warn_window=refreshes.FRESH_FOR, fail_window=refreshes.LATE_AFTER)


def confirm_unchanged(context: dg.AssetExecutionContext, workplace: Workplace) -> None:
    """The release in force holds all there is to know, or a steward wants no other."""
    metadata = step(context, workplace, lambda refresh: _unchanged(workplace, refresh))
    if metadata:
        context.log_event(dg.AssetMaterialization(PUBLISHED, metadata=metadata))
    tell_end(workplace, context.instance, context.run_id, refreshes.UNCHANGED)


def of_published(workplace: Workplace, refresh: Refresh) -> dict[str, Any]:
    """What the run that published shows: the release, its sums, what is new in it, and where to read on."""
    published: release.Published = refresh.found["published"]
    manifest = published.manifest
    kept = {one.release_id: one.manifest for one in release.list_releases(workplace.settings)}
    before = kept.get(str(manifest["previous_release"]))
    drawn = outputs.corridor_map(published.path)
    return {
        **_of_release("published", published.path, manifest),
        **({"corridors": dg.MetadataValue.md(drawn)} if drawn else {}),
        **checks_in_numbers(summed_up(workplace, refresh, "published")),
        **release.extracts_since(manifest, before),
        "seconds": round(refresh.seconds, 1),
        "since": str(manifest["previous_release"] or "the first release"),
        "tables": dg.MetadataValue.table(
            [dg.TableRecord(table) for table in release.tables_since(manifest, before)]
        ),
    }


def _unchanged(workplace: Workplace, refresh: Refresh) -> dict[str, Any]:
    current = release.current_release(workplace.settings)
    if current is None:
        return {}
    outcome = "rolled back" if refresh.found["rolled_back"] else "unchanged"
    return {
        **_of_release(outcome, current.path, current.manifest),
        **checks_in_numbers(summed_up(workplace, refresh, "unchanged")),
        "seconds": round(refresh.seconds, 1),
    }


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
