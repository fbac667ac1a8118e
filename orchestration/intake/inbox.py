"""List the files of the inbox, and add files to it, complete by rename. `taking_in` takes them out.

Symbolic links and special files are listed with a sentence and never opened or followed; that holds for a
partner's folder too.
"""

from __future__ import annotations

import filecmp
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import product
from pathlib import Path

from orchestration.contracts import load_contracts
from orchestration.core import NAIROBI, PARTIAL, Settings, UsageError, sha256_of
from orchestration.intake.claim import (
    CLAIMED,
    COMPLETE,
    OWN_FOLDERS,
    has_writer,
    inbox_place,
    is_file,
    is_folder,
    is_still,
    is_unfinished,
    kept_and_due,
    own_files,
    placing,
    why_it_waits,
)
from orchestration.intake.shown_names import extract_name, shown_file


def is_taken_in(path: Path) -> bool:
    """Return whether a path is an ordinary file: no copy in progress, office lock or hidden file."""
    return is_file(path) and not path.name.startswith((".", "~$")) and not is_unfinished(path)


def partner_folders(settings: Settings) -> list[Path]:
    return [path for path in _entries(settings) if is_folder(path) and not path.name.startswith(".")]


def inbox_files(settings: Settings) -> dict[str, list[Path]]:
    """Return the files to take in by partner; `''` holds those outside any partner's folder.

    A partner's claimed and placed files come first.
    """
    files = {
        folder.name: [*own_files(folder), *filter(is_taken_in, sorted(folder.iterdir()))]
        for folder in partner_folders(settings)
    }
    if outside := list(filter(is_taken_in, _entries(settings))):
        files[""] = outside
    return files


def listed_name(partner: str, path: Path) -> str:
    """Return the name by which lists call a file of the inbox: partner, day of its last write, and id."""
    status = path.stat()
    day = datetime.fromtimestamp(status.st_mtime, NAIROBI).date().isoformat()
    return extract_name(partner or "inbox", day, _id_of(path, status.st_size, status.st_mtime_ns))


@lru_cache(1024)
def _id_of(path: Path, size: int, modified: int) -> str:
    """Return the hash of a file; of its name where it cannot be read. Another size or time hashes it anew."""
    try:
        return sha256_of(path)
    except OSError:
        return hashlib.sha256(path.name.encode(errors="surrogateescape")).hexdigest()


def names_in_inbox(settings: Settings) -> dict[tuple[str, str], str]:
    """Return the shown name of each file of the inbox, by partner and the name by which lists call it."""
    names = {}
    for folder, files in inbox_files(settings).items():
        for partner, path in product({folder, shown_file(folder)}, files):
            with suppress(FileNotFoundError):  # taken meanwhile
                names[partner, listed_name(partner, path)] = shown_file(path.name)
    return names


def files_ready(settings: Settings) -> list[Path]:
    """Return the files of all partners that a refresh would take now, without those that wait."""
    by_partner = inbox_files(settings).items()
    return [path for partner, files in by_partner if partner for path in files if why_it_waits(path) is None]


def marks_of_files_ready(settings: Settings) -> set[str]:
    """Return a hash of partner, name, size and time of each: another mark after it was written again."""
    marks = set()
    for path in files_ready(settings):
        with suppress(FileNotFoundError):  # taken meanwhile
            status, place = path.stat(), inbox_place(path)
            mark = f"{place.parent.name}/{place.name}|{status.st_size}|{status.st_mtime_ns}"
            marks.add(hashlib.sha256(mark.encode(errors="surrogateescape")).hexdigest())
    return marks


def files_waiting(settings: Settings) -> bool:
    """Return whether the inbox holds any file for a refresh, even one that waits or is due to be cleared."""
    return any(inbox_files(settings).values()) or any(map(kept_and_due, partner_folders(settings)))


@dataclass(frozen=True)
class NotTaken:
    """An entry of the inbox that is not taken; `file` is a shown name, `reason` a sentence."""

    partner: str
    file: str
    reason: str
    outcome: str = "left alone"


def still_written(settings: Settings) -> list[NotTaken]:
    return [
        NotTaken(shown_file(partner), shown_file(path.name), f"The file {reason}", "waits")
        for partner, files in inbox_files(settings).items()
        if partner
        for path in files
        if (reason := why_it_waits(path))
    ]


def left_alone(settings: Settings) -> list[NotTaken]:
    """List what no refresh takes: links, special and hidden files, office locks, folders, stopped copies."""
    entries = []
    for entry in _entries(settings):
        is_partner = is_folder(entry) and not entry.name.startswith(".")
        partner = shown_file(entry.name) if is_partner else ""
        paths = sorted(entry.iterdir()) if is_partner else [entry]
        entries += [left for path in paths if (left := _left_alone(partner, path))]
    return entries


def _entries(settings: Settings) -> Iterator[Path]:
    yield from sorted(settings.inbox.iterdir()) if settings.inbox.is_dir() else ()


def _left_alone(partner: str, path: Path) -> NotTaken | None:
    name = shown_file(path.name)
    if path.is_symlink():
        return NotTaken(partner, name, "A symbolic link, and Njia follows none. Put what it leads to here.")
    if is_folder(path):
        if path.name in OWN_FOLDERS:
            return None
        files = sum(is_file(below) for below in path.rglob("*"))
        inside = f"inbox/{partner}/ itself" if partner else "the folder of its partner"
        return NotTaken(partner, f"{name}/", f"A folder with {files} file(s). Move them into {inside}.")
    if not is_file(path):
        return NotTaken(partner, name, "A pipe, a socket or a device, and no file. Remove it.")
    if is_unfinished(path) or path.name.startswith(PARTIAL):
        if not is_still(path):
            return None
        if has_writer(path):
            return NotTaken(partner, name, "A copy in progress: a program has it open. Let it finish.")
        return NotTaken(
            partner,
            name,
            "A copy that was not finished, and no program writes it. Send the file again, and remove this.",
        )
    if path.name.startswith("~$"):
        return NotTaken(partner, name, "An office program has the file of this name open. Close it there.")
    if path.name.startswith("."):
        return NotTaken(partner, name, "A hidden file. Rename it without the leading dot, or remove it.")
    return None


def add_to_inbox(settings: Settings, partner: str, files: Iterable[Path]) -> list[Path]:
    """Copy files into a partner's inbox. The next refresh takes them without waiting."""
    known = sorted(path.name for path in settings.partners.iterdir() if path.is_dir())
    if partner not in known:
        raise UsageError(
            f"No partner {partner!r} in {settings.partners}. Partners: {', '.join(known) or 'none'}."
        )
    folder = settings.inbox / partner
    if folder.is_symlink():
        raise UsageError(f"{folder} is a symbolic link, and Njia follows none. Make it a folder.")
    added = []
    for file in files:
        places = (folder / file.name, folder / COMPLETE / file.name, folder / CLAIMED / file.name)
        there = next(filter(is_file, places), None)
        if there and not filecmp.cmp(there, file, shallow=False):
            raise UsageError(
                f"The inbox of {partner} already holds another {shown_file(file.name)}. Refresh first, or "
                "rename one."
            )
        if there is None:
            with placing(folder, file.name) as partial:
                shutil.copyfile(file, partial)
        added.append(there or folder / COMPLETE / file.name)
    return added


def fitted_by_no_contract(settings: Settings, partner: str, files: Iterable[Path]) -> list[str]:
    contracts = load_contracts(settings.partners).valid.get(partner, [])
    return [
        shown_file(file.name)
        for file in files
        if not any(contract.reads(file.name) for contract in contracts)
    ]


def add_samples(settings: Settings) -> list[Path]:
    """Copy the synthetic samples, `extracts/` beside every contract, into the inbox, except those landed."""
    from orchestration.intake.landing.landing import EXTRACT_ID_LENGTH, register_path  # loads pyarrow

    added = []
    for folder in sorted(settings.partners.glob("*/extracts")):
        partner = folder.parent.name
        new = [
            path
            for path in sorted(folder.iterdir())
            if path.is_file()
            and not path.name.startswith(".")
            # An earlier full extract that comes again would be the newest, and so a change.
            and not register_path(settings.landing, partner, sha256_of(path)[:EXTRACT_ID_LENGTH]).is_file()
        ]
        added += add_to_inbox(settings, partner, new)
    return added
