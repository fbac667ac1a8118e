"""The candidate: a staged release, and its verdict.

At most one exists: a folder of `releases` that is not published yet."""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from expectations.checks import CHECKS, is_waivable
from expectations.release_gate import WHOLE
from orchestration.core import NjiaError, Settings, durable, sha256_of, write_json
from orchestration.release.lineage import lineage_of
from orchestration.release.releases import (
    CANDIDATE,
    MANIFEST,
    Release,
    changed_files,
    file_hashes,
    read_object,
    remove_folder,
)


def release_id(as_of: datetime, inputs_hash: str, taken: Collection[str] = ()) -> str:
    """Name a release by its UTC time and the first 8 hex digits of its inputs' hash.

    A name in `taken` is avoided by adding a second.
    """
    moment = as_of.astimezone(UTC)
    while (name := f"{moment:%Y%m%dT%H%M%SZ}-{inputs_hash[:8]}") in taken:
        moment += timedelta(seconds=1)
    return name


def candidate_folder(settings: Settings) -> Path | None:
    """Return the candidate's folder, complete or not; raise NjiaError if there are several."""
    folders = sorted(settings.releases.glob(f"{CANDIDATE}*"))
    if len(folders) > 1:
        raise NjiaError(
            f"There are {len(folders)} candidates in {settings.releases}. Run `njia refresh`: it clears them."
        )
    return folders[0] if folders else None


def read_candidate(settings: Settings) -> Release | None:
    """Read the candidate from disk; None if there is none or it is incomplete.

    Complete: it has its manifest, every file has the size noted there, and its lineage exists. Hashes are
    compared later, when the candidate is judged and when it is published.
    """
    folder = candidate_folder(settings)
    manifest = manifest_of(folder) if folder else None
    if folder is None or manifest is None or is_half_published(manifest):
        return None
    name = folder.name.removeprefix(CANDIDATE)
    is_complete = manifest.get("release_id") == name and all(
        (folder / path).is_file() and (folder / path).stat().st_size == file["bytes"]
        for path, file in manifest["files"].items()
    )
    return Release(name, folder, manifest) if is_complete and lineage_of(settings, name).is_dir() else None


def manifest_of(folder: Path) -> dict[str, Any] | None:
    """Read a candidate's manifest, which is written last; None if it is missing or unreadable."""
    manifest = read_object(folder / MANIFEST)
    return manifest if manifest and "files" in manifest else None


def is_half_published(manifest: dict[str, Any]) -> bool:
    """Return whether publishing was interrupted: then the manifest is not the one that was judged."""
    return "published_at" in manifest


def discard_candidate(settings: Settings) -> None:
    """Remove the candidate and its lineage, where there is one: nothing is left to decide about it."""
    for folder in settings.releases.glob(f"{CANDIDATE}*"):
        durable.remove_folder(lineage_of(settings, folder.name.removeprefix(CANDIDATE)))
        remove_folder(folder)


LAST_VERDICT = "last_verdict.json"
OUTCOMES = ("passed", "failed", "waived")
GATE_STAGE = "release_gate"
# The fields of a check that the manifest holds; the rest of a verdict stays in `review/`.
CHECK_FIELDS = (
    "name", "stage", "subject", "severity", "outcome", "observed", "expected", "waived_by", "why",
    "steward_action",
)  # fmt: skip

# What the history says of a check that passed: of each extract that ever landed there are thirty.
_IN_SHORT = {"name", "stage", "subject", "outcome", "observed"}


def objections(
    folder: Path, manifest: dict[str, Any], verdict: dict[str, Any], active_waivers: Collection[str]
) -> list[str]:
    """List every reason, as a sentence, why this verdict does not allow publishing this candidate."""
    reasons = []
    judged = Path(str(verdict.get("candidate", ""))).name.removeprefix(CANDIDATE)
    if judged != manifest["release_id"]:
        reasons.append(f"The verdict is on another candidate ({judged or 'unnamed'}).")
    files = dict(verdict.get("files") or {})
    if MANIFEST in files and files.pop(MANIFEST) != sha256_of(folder / MANIFEST):
        reasons.append(f"{MANIFEST} was changed after the verdict.")
    for hashes, since in ((files, "the verdict"), (file_hashes(manifest), "staging")):
        if changed := changed_files(folder, hashes):
            reasons.append(f"Files were changed after {since}: {', '.join(changed[:3])}.")
    checks = verdict.get("checks") or []
    if not checks:
        reasons.append("The verdict holds no checks.")
    for check in checks:
        if problem := _problem(check, active_waivers):
            subject = check.get("subject")
            of = f" of {subject}" if subject and subject != "release" else ""
            reasons.append(f"{check.get('name', 'a check without a name')}{of}: {problem}")
    if verdict.get("verdict") != "passed" and not reasons:
        reasons += [str(reason) for reason in verdict.get("reasons") or ["The verdict is not `passed`."]]
    return reasons


def _problem(check: dict[str, Any], active_waivers: Collection[str]) -> str | None:
    outcome = check.get("outcome")
    if outcome not in OUTCOMES:
        return "did not finish."
    if check.get("severity") == "warn":
        return None
    is_waived = outcome == "waived" or bool(check.get("waived_by"))
    if is_waived and not is_waivable(str(check.get("name", ""))):
        return "cannot be waived."
    if is_waived and check.get("waived_by") not in active_waivers:
        return "its waiver is not in force."
    if outcome == "failed" and not is_waived:
        finding = f" {found}." if (found := check.get("finding")) else ""
        return f"failed.{finding} {check.get('steward_action') or ''}".strip()
    return None


def manifest_checks(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the release gate's results for the manifest; earlier checks are in quality.check_results.

    No partner's name leaves the work folder.
    """
    return [
        {name: check[name] for name in CHECK_FIELDS if name in check}
        | ({"subject": WHOLE} if check["name"] in CHECKS and CHECKS[check["name"]].names_others else {})
        for check in verdict["checks"]
        if check.get("stage") == GATE_STAGE
    ]


def count_checks(checks: list[dict[str, Any]]) -> dict[str, int]:
    """Count checks that passed, only warned, failed and were waived."""
    results: Counter[Any] = Counter()
    for check in checks:
        only_warns = check.get("outcome") == "failed" and check.get("severity") == "warn"
        results["waived" if check.get("waived_by") else "warned" if only_warns else check.get("outcome")] += 1
    return {name: results[name] for name in ("passed", "warned", "failed", "waived")}


def keep_verdict(
    settings: Settings,
    manifest: dict[str, Any],
    verdict: dict[str, Any],
    outcome: str,
    reasons: list[str],
    now: datetime,
) -> None:
    """Keep the verdict in `review/`, as the last one and in the history."""
    entry = {
        **verdict,
        "candidate": manifest["release_id"],
        "content_hash": manifest["content_hash"],
        "outcome": outcome,
        "time": now.isoformat(),
        "refused_because": reasons,
        "rows": manifest["rows"],
        "movements": manifest["movements"],
        "checks_before_staging": manifest["checks"],
    }
    short = [
        {name: check[name] for name in check if check.get("outcome") != "passed" or name in _IN_SHORT}
        for check in verdict.get("checks") or []
    ]
    write_json(settings.review / "history" / f"{manifest['release_id']}.json", {**entry, "checks": short})
    write_json(settings.review / LAST_VERDICT, entry)


def last_verdict(settings: Settings) -> dict[str, Any] | None:
    """Read the verdict on the last candidate that was published or refused, or that waits."""
    return read_object(settings.review / LAST_VERDICT)
