"""Publish the candidate if the verdict on exactly its files allows it, and sum up the refresh.

There is no force flag.
"""

import stat
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from orchestration.core import (
    NjiaError,
    ReleaseRefused,
    Settings,
    durable,
    load_release_key,
    number_kept,
    write_json,
)
from orchestration.intake import TakenExtract
from orchestration.release.candidate import (
    candidate_folder,
    count_checks,
    is_half_published,
    keep_verdict,
    last_verdict,
    manifest_checks,
    manifest_of,
    objections,
)
from orchestration.release.earlier import erase_editions, is_left_behind
from orchestration.release.lineage import sweep_lineage
from orchestration.release.releases import (
    CANDIDATE,
    CHANGES,
    MANIFEST,
    ROW_SUMS,
    VERDICT,
    Release,
    alert_count,
    changed_files,
    current_release,
    file_hashes,
    list_releases,
    read_object,
    remove_folder,
    switch_current,
    switching,
)
from orchestration.release.signature import manifests_of, sign
from orchestration.stewardship import Decisions, active_decisions

REASONS_SHOWN = 6


def publish(settings: Settings, now: datetime, decisions: Decisions | None = None) -> Release | None:
    """Publish the candidate, or raise ReleaseRefused: then the current release stays.

    None if it passed and waits for a signature (`Settings.publishes_after_review`). A candidate that
    waits, or that the gate refused, is kept until it is decided or a newer one replaces it.

    `decisions` are those the refresh read at its start, so that all its steps use the same ones. Rollbacks
    and signatures are read again, because they act at once.
    """
    with switching(settings):
        key = load_release_key(settings)
        newest = active_decisions(settings, now)
        folder, manifest = _candidate(settings)
        verdict = read_object(folder / VERDICT)
        if verdict is None:
            raise ReleaseRefused(
                f"The candidate {manifest['release_id']} has no verdict: the release gate has not judged it. "
                "Run `njia refresh`, which judges before it publishes."
            )
        reasons = objections(
            folder, manifest, verdict, {waiver["id"] for waiver in (decisions or newest)["check_waiver"]}
        )
        current = current_release(settings)
        if (current.release_id if current else None) != manifest["previous_release"]:
            reasons.append(
                "The current release changed after the candidate was staged, so the candidate was compared "
                "with the wrong one. Run `njia refresh` again."
            )
        if is_left_behind(settings, newest, manifest["content_hash"]):
            reasons.append(
                "Its content equals a release that a steward rolled back. Correct the cause, or revoke the "
                "rollback (`njia decide list`, `njia decide revoke`)."
            )
        if reasons:
            keep_verdict(settings, manifest, verdict, "refused", reasons, now)
            if verdict.get("verdict") != "refused" or changed_files(folder, file_hashes(manifest)):
                remove_folder(folder)  # it is not the gate's verdict on exactly these files that refused it
            raise ReleaseRefused(
                f"The candidate {manifest['release_id']} was refused; the current release stays. "
                f"{_shown(reasons)} All checks are in review/last_verdict.json; the desk shows what it would "
                f"change: {settings.desk_url}/releases"
            )
        if settings.publishes_after_review and not _is_signed(settings, newest, manifest["content_hash"]):
            keep_verdict(settings, manifest, verdict, "waits", [], now)
            return None
        release = settings.releases / manifest["release_id"]
        manifest |= {"release_gate": manifest_checks(verdict), "published_at": now.isoformat()}
        write_json(folder / MANIFEST, manifest)
        for signed in manifests_of(folder):
            sign(signed.parent, MANIFEST, signed.read_bytes(), key)
        for restricted in (VERDICT, CHANGES):  # they may name partners; the stewards' copies are in review
            durable.remove(folder / restricted)
        # Until now it was closed to readers.
        durable.set_mode(folder, stat.S_IMODE(settings.releases.stat().st_mode))
        durable.rename(folder, release)
        switch_current(settings, manifest["release_id"])
        keep_verdict(settings, manifest, verdict, "published", [], now)
        erase_editions(settings, now.date())
        _prune(
            settings,
            {
                name
                for entry in newest["rollback"][-number_kept("rollbacks") :]
                for name in (entry["from_release"], entry["to_release"])
            },
        )
    return Release(manifest["release_id"], release, manifest, is_current=True)


def _candidate(settings: Settings) -> tuple[Path, dict[str, Any]]:
    folder = candidate_folder(settings)
    if folder is None:
        raise NjiaError("There is nothing to publish: no candidate is staged. Run `njia refresh`.")
    manifest = manifest_of(folder)
    if manifest is None:
        name = folder.name.removeprefix(CANDIDATE)
        raise ReleaseRefused(f"The candidate {name} is incomplete. Run `njia refresh` again.")
    if is_half_published(manifest):
        raise NjiaError(
            f"Publishing {manifest['release_id']} was interrupted; the current release stays. "
            "Run `njia refresh`: it stages and judges it again."
        )
    return folder, manifest


def _is_signed(settings: Settings, decisions: Decisions, content_hash: str) -> bool:
    """Whether enough stewards signed this content, by the number of signatures asked for now."""
    return any(
        one["content_hash"] == content_hash and (one["needs_second"] or settings.signatures == 1)
        for one in decisions["candidate_signature"]
    )


def _shown(reasons: list[str]) -> str:
    more = len(reasons) - REASONS_SHOWN
    return " ".join([*reasons[:REASONS_SHOWN], *([f"And {more} more."] if more > 0 else [])])


def _prune(settings: Settings, named: set[str]) -> None:
    """Remove all but the newest releases, the current one and `named` ones; open readers keep reading."""
    for release in list_releases(settings)[number_kept("releases") :]:
        if not release.is_current and release.release_id not in named:
            remove_folder(release.path)
    sweep_lineage(settings)


Outcome = Literal["published", "unchanged", "refused", "waits"]


def refresh_summary(
    settings: Settings,
    taken: Iterable[TakenExtract],
    manifest: Mapping[str, Any],
    seconds: float,
    outcome: Outcome,
) -> dict[str, Any]:
    """Sum up a refresh. `manifest`: of the release it published, kept or refused; may be empty."""
    current = current_release(settings)
    fates = _fates(settings)
    return {
        "outcome": outcome,
        "release_id": current.release_id if current else None,
        "extracts": [_extract(extract, fates) for extract in taken],
        "rows": manifest.get("rows") or dict.fromkeys(ROW_SUMS),
        "movements": manifest.get("movements"),
        "alerts": alert_count(manifest),
        "checks": _checks(settings, manifest),
        "seconds": round(seconds, 1),
    }


def _extract(
    taken: TakenExtract, fates: dict[tuple[str, str | None], tuple[str, str | None, str]]
) -> dict[str, Any]:
    """Sum up one file; a landed extract that the gate holds is `held`, with the names of the checks."""
    fate, checks, finding = fates.get((taken.partner, taken.extract_id), ("", None, ""))
    is_held = taken.outcome == "landed" and fate == "held"
    held = (
        f"{taken.partner}: file {taken.file} is held by the extract gate ({checks}); an extract in force "
        "before it stays. review/failed_checks.csv shows what was expected and what to do."
    )
    return {
        "partner": taken.partner,
        "file": taken.file,
        "extract_id": taken.extract_id,
        "outcome": "held" if is_held else taken.outcome,
        "rows_read": taken.rows_read,
        "rows_landed": taken.rows_landed,
        "rows_refused": taken.rows_refused,
        "reason": f"{held} {finding}".rstrip() if is_held else taken.reason,
    }


def _fates(settings: Settings) -> dict[tuple[str, str | None], tuple[str, str | None, str]]:
    path = settings.work / "gates" / "in_force.parquet"
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    return {(row["partner"], row["extract_id"]): (row["fate"], row["reason"], row["finding"]) for row in rows}


def _checks(settings: Settings, manifest: Mapping[str, Any]) -> dict[str, int]:
    """Count the checks before staging and of the release gate by outcome."""
    gate = manifest.get("release_gate")
    if gate is None:
        last = last_verdict(settings)
        is_this = last is not None and last.get("candidate") == manifest.get("release_id")
        gate = manifest_checks(last) if last and is_this else []
    before, at_gate = manifest.get("checks", {}), count_checks(gate)
    return {name: before.get(name, 0) + at_gate[name] for name in at_gate}
