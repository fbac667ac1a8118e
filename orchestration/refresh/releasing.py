"""Stage the candidate, judge it, publish it, and give partners their receipts."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from orchestration import gates, linkage, outputs, release
from orchestration.contracts import agreements_ending
from orchestration.core import (
    Artifact,
    NjiaError,
    ReleaseWaits,
    Settings,
    code_of,
    fingerprint_of,
    forget_artifact,
    load_publication_policy,
    note_artifact,
    read_artifact,
)
from orchestration.refresh.extracts import CARRY, IN_FORCE, drift_of, settle_again, settled_of, taken_of
from orchestration.refresh.run import Run, artifact_of
from orchestration.refresh.tables import LINK, nodes_of, stop_if_broken
from orchestration.warehouse import Part, manifest_path

CANDIDATE, RELEASE_GATE = "candidate", "release_gate"
_FACTS = ("release_id", "content_hash", "movements", "rows", "checks")


def stage(run: Run) -> Artifact | None:
    """Write the candidate, unless one for the same inputs is complete.

    Returns None, and removes it, if it would bring back the release that a steward rolled back from.
    """
    settings = run.settings
    settle_again(run)
    settled = settled_of(settings)
    for part in Part:
        stop_if_broken(nodes_of(artifact_of(settings, part)))
    current = release.current_release(settings)
    fingerprint = fingerprint_of(
        [artifact_of(settings, name).fingerprint for name in (IN_FORCE, *Part)],
        code_of("orchestration/outputs", "orchestration/release", "typst==", "xlsxwriter=="),
        current.release_id if current else None,
        run.decisions["check_waiver"],
        run.county_boundaries.record(),
    )
    noted = read_artifact(settings.work, CANDIDATE)
    if noted and noted.fingerprint == fingerprint:
        candidate = release.read_candidate(settings)
        if candidate and candidate.release_id == noted.facts["release_id"]:
            return noted
    forget_artifact(settings.work, CANDIDATE)
    staged = _stage(run, settled, current)
    if release.is_left_behind(settings, run.decisions, staged.manifest["content_hash"]):
        release.discard_candidate(settings)
        return None
    release.write_lineage(settings, staged.manifest)
    facts = {name: staged.manifest[name] for name in _FACTS}
    facts["in_force"] = artifact_of(settings, IN_FORCE).fingerprint
    return note_artifact(settings.work, CANDIDATE, fingerprint, [], facts)


def free_room(run: Run) -> None:
    """Remove what a run wrote that a full disk made useless: spilled rows, and the candidate of this run."""
    settings = run.settings
    shutil.rmtree(settings.spill, ignore_errors=True)
    standing = release.read_candidate(settings)
    if standing is None or standing.manifest["as_of"] == run.as_of.isoformat():
        with suppress(OSError):
            release.discard_candidate(settings)


def candidate_of(settings: Settings) -> Mapping[str, Any] | None:
    """Return the manifest facts of the candidate for the extracts in force, even if it was refused."""
    noted, in_force = read_artifact(settings.work, CANDIDATE), read_artifact(settings.work, IN_FORCE)
    if noted and in_force and noted.facts["in_force"] == in_force.fingerprint:
        return noted.facts
    return None


def _stage(run: Run, settled: gates.InForce, current: release.Release | None) -> release.Release:
    settings = run.settings
    manifest = manifest_path(settings)
    inputs: dict[str, Any] = {
        "inputs_hash": settled.inputs_hash,
        "given_hash": settled.given_hash,
        "as_of": run.as_of,
        "extracts": gates.manifest_extracts(settings, run.keys, settled),
        "key_ids": run.keys.ids,
        "input_parts": gates.input_parts(run.keys, settled),
        "decisions_hash": run.decisions.content_hash(),
        "decisions": sorted(
            ({"id": decision["id"], "kind": decision["kind"]} for decision in run.decisions.shaping),
            key=lambda decision: str(decision["id"]),
        ),
        "boundaries": run.county_boundaries.record(),
        "is_synthetic": settings.has_sample_partners,
        "policy": load_publication_policy().for_manifest(),
        "agreements_ending": [
            {"partner_code": run.keys.partner_code(ending.partner), "ends_on": ending.ends_on.isoformat()}
            for ending in agreements_ending(run.contracts, run.as_of.date())
        ],
    }

    def write_pages(folder: Path, found: Mapping[str, Any]) -> None:
        outputs.write_quality_of_release(folder, found)
        outputs.write_reports(
            folder, found, run.county_boundaries, (current.path, current.manifest) if current else None
        )
        outputs.write_map_pages(folder, found, run.county_boundaries)
        outputs.write_exports(folder, found)

    return release.stage(
        settings,
        manifest,
        inputs,
        gates.check_results(settings),
        run.decisions["check_waiver"],
        release.Carried(**artifact_of(settings, CARRY).facts),
        write_pages,
    )


def judge(run: Run) -> gates.ReleaseVerdict:
    """Judge the candidate. Beside its files lie the verdict, for exactly these, and what it would change."""
    settings = run.settings
    staged = release.read_candidate(settings)
    if staged is None:
        raise NjiaError("No candidate is staged. Materialise release/candidate first, or run the whole job.")
    release.write_changes(settings, staged, release.current_release(settings))
    verdict = gates.judge_candidate(settings, staged.path, run.as_of, run.decisions)
    facts = {"verdict": asdict(verdict)}
    note_artifact(settings.work, RELEASE_GATE, fingerprint_of(verdict.files, facts), [], facts)
    return verdict


def verdict_of(settings: Settings) -> gates.ReleaseVerdict:
    """Return the last verdict, even if its candidate was published or removed since."""
    return gates.verdict_of_facts(artifact_of(settings, RELEASE_GATE).facts["verdict"])


def publish(run: Run) -> release.Release | None:
    """Publish the candidate if its verdict allows it; ReleaseRefused otherwise, None if it waits for review.

    A run that was killed after it published has nothing left to do.
    """
    current, staged = release.current_release(run.settings), candidate_of(run.settings)
    if current and staged and current.release_id == staged["release_id"]:
        published: release.Release | None = current
    else:
        settle_again(run)
        published = release.publish(run.settings, run.as_of, run.decisions)
    if published is None:
        return None
    linkage.destroy_codes(run.settings, artifact_of(run.settings, LINK).facts["codes_unneeded"])
    return published


def why_it_waits(settings: Settings) -> ReleaseWaits:
    """Return what a refresh ends with whose candidate passed and is not signed yet."""
    signatures = "1 steward" if settings.signatures == 1 else f"{settings.signatures} stewards"
    candidate = (candidate_of(settings) or {}).get("release_id", "")
    return ReleaseWaits(
        f"The candidate {candidate} passed the release gate and waits for review; the current release stays. "
        f"{settings.desk_url}/releases shows what it would change. When {signatures} signed it there or with "
        "`njia decide sign-candidate`, the next `njia refresh` publishes it."
    )


def write_receipts(
    run: Run, kind: Literal["published", "refused", "waits", "unchanged"], is_rolled_back: bool = False
) -> int:
    """Write each partner's receipt; return how many."""
    taken = taken_of(run.settings)
    if kind == "unchanged" and not taken:  # a receipt is for who sent a file
        return 0
    current = release.current_release(run.settings)
    receipts = outputs.gather_receipts(
        run.settings,
        run.contracts,
        taken,
        run.as_of,
        run.run_id,
        outputs.Outcome(kind, current.release_id if current else None, is_rolled_back),
        drift_of(run),
        run.decisions["value_correction"],
    )
    return len(outputs.write_receipts(run.settings, receipts))
