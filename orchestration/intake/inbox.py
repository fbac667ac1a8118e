"""List the files of the inbox, and add files to it atomically. `taking_in` takes them out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from orchestration.contracts import load_contracts
from orchestration.core import PARTIAL, Settings, UsageError, sync
from orchestration.intake.claim import CLAIMED, claimed_files, is_still, mark_complete
from orchestration.intake.shown_names import shown_file


def is_taken_in(path: Path) -> bool:
    """Return whether a path is an ordinary file: no copy in progress, office lock, hidden file or folder."""
    return (
        path.is_file()
        and not path.name.startswith((".", PARTIAL, "~$"))
        and path.suffix.casefold() != ".part"
    )


def waiting_files(folder: Path) -> list[Path]:
    """Return a partner's files to take in; those that an earlier refresh claimed come first."""
    return [*claimed_files(folder), *(path for path in sorted(folder.iterdir()) if is_taken_in(path))]


def inbox_files(settings: Settings) -> dict[str, list[Path]]:
    """Return the files to take in by partner; `''` holds those outside any partner's folder."""
    files: dict[str, list[Path]] = {}
    for entry in sorted(settings.inbox.iterdir()) if settings.inbox.is_dir() else ():
        if entry.is_dir() and not entry.name.startswith("."):
            files[entry.name] = waiting_files(entry)
        elif is_taken_in(entry):
            files.setdefault("", []).append(entry)
    return files


def files_ready(settings: Settings) -> list[Path]:
    """Return the files of all partners that a refresh would take now, without those still being written."""
    by_partner = inbox_files(settings).items()
    return [path for partner, files in by_partner if partner for path in files if is_still(path)]


def files_waiting(settings: Settings) -> bool:
    """Return whether the inbox holds any file for a refresh, even one still being written."""
    return any(inbox_files(settings).values())


@dataclass(frozen=True)
class LeftAlone:
    """An entry of the inbox that no refresh takes; `file` is a shown name, `reason` a sentence."""

    partner: str
    file: str
    reason: str


def left_alone(settings: Settings) -> list[LeftAlone]:
    """List hidden files, office locks and folders inside a partner's folder, but no copies in progress."""
    entries = []
    for entry in sorted(settings.inbox.iterdir()) if settings.inbox.is_dir() else ():
        if entry.is_dir() and not entry.name.startswith("."):
            partner = shown_file(entry.name)
            entries += [left for path in sorted(entry.iterdir()) if (left := _left_alone(partner, path))]
        elif left := _left_alone("", entry):
            entries.append(left)
    return entries


def _left_alone(partner: str, path: Path) -> LeftAlone | None:
    name = shown_file(path.name)
    if path.name.startswith(PARTIAL) or path.suffix.casefold() == ".part" or path.name == CLAIMED:
        return None
    if path.is_dir():
        files = sum(below.is_file() for below in path.rglob("*"))
        inside = f"inbox/{partner}/ itself" if partner else "the folder of its partner"
        return LeftAlone(partner, f"{name}/", f"A folder with {files} file(s). Move them into {inside}.")
    if path.name.startswith("~$"):
        return LeftAlone(partner, name, "An office program has the file of this name open. Close it there.")
    if path.name.startswith("."):
        return LeftAlone(partner, name, "A hidden file. Rename it without the leading dot, or remove it.")
    return None


def add_to_inbox(settings: Settings, partner: str, files: Iterable[Path]) -> list[Path]:
    """Copy files into a partner's inbox; a refresh ignores the `.part` files written meanwhile.

    The copies count as complete, so the next refresh takes them without waiting.
    """
    known = sorted(path.name for path in settings.partners.iterdir() if path.is_dir())
    if partner not in known:
        raise UsageError(
            f"No partner {partner!r} in {settings.partners}. Partners: {', '.join(known) or 'none'}."
        )
    folder = settings.inbox / partner
    folder.mkdir(parents=True, exist_ok=True)
    added = []
    for file in files:
        if (folder / file.name).exists() and (folder / file.name).read_bytes() != file.read_bytes():
            raise UsageError(
                f"The inbox of {partner} already holds another {file.name}. Refresh first, or rename one."
            )
        partial = folder / f"{file.name}.part"
        shutil.copyfile(file, partial)
        mark_complete(partial)
        sync(partial)
        added.append(partial.rename(folder / file.name))
    sync(folder)
    return added


def fitted_by_no_contract(settings: Settings, partner: str, files: Iterable[Path]) -> list[str]:
    """Return the names of files that none of the partner's contracts reads."""
    contracts = load_contracts(settings.partners).valid.get(partner, [])
    return [
        shown_file(file.name)
        for file in files
        if not any(contract.reads(file.name) for contract in contracts)
    ]


def add_samples(settings: Settings) -> list[Path]:
    """Copy the synthetic samples, `extracts/` beside every contract, into the inbox."""
    added = []
    for folder in sorted(settings.partners.glob("*/extracts")):
        files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
        added += add_to_inbox(settings, folder.parent.name, files)
    return added
