"""What a candidate is staged with: inputs, checks and waivers of this run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestration import extracts, gates, outputs, release
from orchestration.defs.receipts import tell_partners
from orchestration.defs.workplace import Refresh, Workplace
from orchestration.disclosure import load_publication_policy
from orchestration.errors import NjiaError


def stage_candidate(workplace: Workplace, refresh: Refresh, manifest: Path) -> release.Candidate | None:
    """None where the candidate would bring back what a rollback left behind: it is removed again."""
    settings = workplace.settings
    in_force = refresh.found.get("in_force")
    if in_force is None:
        raise NjiaError("Only the whole job can stage a candidate: its inputs are settled in the same run.")
    inputs: dict[str, Any] = {
        "inputs_hash": in_force.inputs_hash,
        "given_hash": in_force.given_hash,
        "as_of": refresh.as_of,
        "extracts": gates.printed_fates(settings, refresh.keys, in_force),
        "key_ids": refresh.keys.ids,
        "input_parts": gates.input_parts(refresh.keys, in_force),
        "decisions_hash": refresh.decisions.content_hash(),
        "decisions": [
            {"id": decision["id"], "kind": decision["kind"]} for decision in refresh.decisions.shaping
        ],
        "boundaries": refresh.county_boundaries.record(),
        "is_synthetic": settings.has_sample_partners,
        "policy": load_publication_policy().for_manifest(),
        "carried": refresh.found["carried"],
        "agreements_ending": [
            {
                "partner_code": refresh.keys.partner_code(ending.partner),
                "ends_on": ending.ends_on.isoformat(),
            }
            for ending in extracts.agreements_ending(refresh.contracts, refresh.as_of.date())
        ],
    }
    earlier = [one.manifest for one in reversed(release.list_releases(settings))]
    before = release.current_release(settings)

    def write_pages(folder: Path, found: Mapping[str, Any]) -> None:
        outputs.write_quality_of_release(folder, found, earlier)
        outputs.write_reports(
            folder, found, refresh.county_boundaries, (before.path, before.manifest) if before else None
        )
        outputs.write_map_pages(folder, found, refresh.county_boundaries)
        outputs.write_exports(folder, found, manifest)

    staged = release.stage(
        settings,
        manifest,
        inputs,
        gates.check_results(settings),
        refresh.decisions.waivers,
        write_pages,
    )
    if release.is_left_behind(settings, refresh.decisions, staged.manifest["content_hash"]):
        release.discard(staged)
        refresh.found |= {"rolled_back": True, "unchanged": True}
        tell_partners(workplace, refresh, "unchanged")
        return None
    release.write_lineage(settings, staged.release_id)
    refresh.found["candidate"] = staged
    return staged
