"""Build the current release again without one decision, and compare the two.

The build has its own home below `work/`, with the same landed extracts, the same `as_of` and the other
decisions that held then. Nothing is published, and the home is removed again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from orchestration.core import (
    TEXTS_SUFFIX,
    NjiaError,
    Settings,
    UsageError,
    adopt_home,
    building_beside,
    load_keys,
    parsed,
    read_json,
    write_text,
)
from orchestration.release import Release, ReleaseDiff, compare, find_release
from orchestration.stewardship import refresh_since

# Inputs that a decision itself changes: fates of extracts, and what the day decides about them.
CHANGED_BY_DECISIONS = {"decisions", "extracts", "time"}


@dataclass(frozen=True)
class WithoutDecision:
    """The release without the decision (`diff.before`) beside the current one (`diff.after`).

    `also_differs`: inputs that have changed since the current release was made.
    """

    decision_id: str
    diff: ReleaseDiff
    also_differs: list[str]


def compare_without_decision(
    settings: Settings, decision_id: str, build: Callable[[Settings], NjiaError | None]
) -> WithoutDecision:
    """Build the current release without a decision, which takes as long as a refresh that builds every table.

    `build` runs the steps up to the candidate in a home and returns the error that stopped them. Raises
    UsageError if the current release was not made with the decision, or a refresh is running.
    """
    current = find_release(settings, "current")
    decided = {decision["id"] for decision in current.manifest.get("decisions", [])}
    if decision_id not in decided:
        raise UsageError(
            f"The current release was not made with a decision {decision_id}. It was made with: "
            f"{', '.join(sorted(decided)) or 'none'}."
        )
    if refresh_since(settings):
        raise UsageError("A refresh is running. Try again when it has ended.")
    with _scratch(settings, datetime.fromisoformat(current.manifest["as_of"])) as scratch:
        adopt_home(scratch)
        _fill(settings, scratch, current)
        _decide(settings, scratch, decided, decision_id)
        candidate = _built(scratch, build)
        found = compare(settings, candidate, current)
        differing = [part for part in found.inputs_changed if part not in CHANGED_BY_DECISIONS]
        if _cells(candidate) != _cells(current):
            differing.append("extracts")
    return WithoutDecision(decision_id, found, differing)


@contextmanager
def _scratch(settings: Settings, as_of: datetime) -> Iterator[Settings]:
    """Yield a home below `work/` that only this account can read; remove it at the end."""
    with building_beside(settings) as home:
        yield replace(settings, home=home, fixed_as_of=as_of)


def _fill(settings: Settings, scratch: Settings, current: Release) -> None:
    """Link the extracts of the current release into the home, with what is typed of them."""
    keys = load_keys(settings)
    wanted = {(extract["partner_code"], extract["extract_id"]) for extract in current.manifest["extracts"]}
    notes = [
        note
        for note in settings.landing.glob("*/[!.]*.json")
        if (keys.partner_code(note.parent.name), note.stem) in wanted
    ]
    if len(notes) < len(wanted):
        raise UsageError(
            f"{len(wanted) - len(notes)} extracts of the current release are no longer landed, so it cannot "
            "be built again."
        )
    for note in notes:
        for folder in (settings.landing, settings.link_codes):
            for name in (note.name, f"{note.stem}.parquet", f"{note.stem}{TEXTS_SUFFIX}"):
                _link(
                    folder / note.parent.name / name, getattr(scratch, folder.name) / note.parent.name / name
                )
    for typed in ("typed", "artifacts/typed"):
        for path in (settings.work / typed).rglob("*"):
            if path.is_file():
                _link(path, scratch.work / path.relative_to(settings.work))


def _decide(settings: Settings, scratch: Settings, decided: set[str], left_out: str) -> None:
    """Write the decisions that held then, without one, and with those that it had overruled."""
    files = {
        path: [parsed(line.decode("utf-8-sig"), path) for line in path.read_bytes().splitlines()]
        for path in settings.decisions.glob("*.jsonl")
    }
    entries = [entry for found in files.values() for entry in found]
    revoked = {entry.get("revokes") for entry in entries}
    gone = next(entry for entry in entries if entry["id"] == left_out)
    overruled = {
        entry["id"]
        for entry in entries
        if "extract_id" in gone
        and (entry.get("partner"), entry.get("extract_id")) == (gone["partner"], gone["extract_id"])
        and entry["time"] < gone["time"]
        and entry["id"] not in revoked
    }
    kept = (decided | overruled) - {left_out}
    for path, found in files.items():
        chosen = [entry for entry in found if entry["id"] in kept or entry.get("confirms") in kept]
        write_text(scratch.decisions / path.name, "".join(f"{json.dumps(entry)}\n" for entry in chosen))


def _link(source: Path, target: Path) -> None:
    """Link a file. That is safe, because writers of these folders replace files and never change them."""
    with suppress(FileNotFoundError):  # an extract without link codes
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # a file system without hard links
            shutil.copy2(source, target)


def _built(scratch: Settings, build: Callable[[Settings], NjiaError | None]) -> Release:
    """Build the candidate, without asking the release gate."""
    if error := build(scratch):
        raise NjiaError(f"The release could not be built without it. {error}")
    (folder,) = scratch.releases.glob(".candidate-*")
    manifest = read_json(folder / "manifest.json")
    return Release("without it", folder, manifest, is_current=False)


def _cells(release: Release) -> set[tuple[str, str, str | None]]:
    return {
        (extract["partner_code"], extract["extract_id"], extract.get("parquet_sha256"))
        for extract in release.manifest["extracts"]
    }
