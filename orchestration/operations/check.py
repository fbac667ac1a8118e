"""Walk a home and prove its files, kind by kind; one that cannot be checked never stops the others."""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.contracts import contract_files
from orchestration.core import NjiaError, Settings, escaped, kind_and_place
from orchestration.intake import shown_file
from orchestration.operations.file_kinds import INBOX, KINDS, REVIEW_LISTS, UNKNOWN, Kind, kind_of
from orchestration.operations.proofs import Look
from orchestration.stewardship import review

NIGHTS = 28
ELSEWHERE = ("keys/", "partners/")  # may lie outside the home
READ_EACH_NIGHT = 1 << 20  # bytes: files up to this size are read whole every night


@dataclass(frozen=True)
class Fault:
    """One damaged or missing file: what was found, what that means and what mends it."""

    kind: str
    path: str
    found: str
    means: str
    mend: str


@dataclass
class Found:
    """The result of a check. `files`: number and bytes by kind."""

    files: dict[str, tuple[int, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        outcome = "damaged" if self.faults else "whole"
        kinds = {
            kind.name: {"files": files, "bytes": size}
            for kind in KINDS
            for files, size in [self.files.get(kind.name, (0, 0))]
        }
        return {
            "outcome": outcome,
            "faults": [asdict(fault) for fault in self.faults],
            "unknown": self.unknown,
            "kinds": kinds,
        }


def kept_files(settings: Settings, folder: str | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the name of every file and link, which is its path below the home, and where it lies.

    With a folder of the home, only of that. Keys and contracts may lie elsewhere; their names begin with
    `keys/` and `partners/` all the same.
    """
    for path in sorted(settings.home.iterdir()) if settings.home.is_dir() else ():
        if folder not in (None, path.name):
            continue
        if path.is_dir() and path != settings.current:  # a folder of the home may be a link to another disk
            yield from _below(settings, path)
        else:
            yield path.name, path
    if folder is not None:
        return
    if not settings.keys.is_relative_to(settings.home):
        yield from _below(settings, settings.keys)
    if not settings.has_sample_partners and not settings.partners.is_relative_to(settings.home):
        for partner in sorted(settings.partners.glob("[!.]*/")):
            yield from ((name_of(settings, path), path) for path in contract_files(partner))


def place_of(settings: Settings, name: str) -> Path:
    """Return where a file of this name lies."""
    first, _, rest = name.partition("/")
    return {"keys": settings.keys, "partners": settings.partners}.get(first, settings.home / first) / rest


def name_of(settings: Settings, path: Path) -> str:
    """Return the name of what lies there."""
    if path.is_relative_to(settings.keys):
        return (Path("keys") / path.relative_to(settings.keys)).as_posix()
    if path.is_relative_to(settings.home):
        return path.relative_to(settings.home).as_posix()
    return (Path("partners") / path.relative_to(settings.partners)).as_posix()


def _below(settings: Settings, folder: Path) -> Iterator[tuple[str, Path]]:
    for parent, folders, files in os.walk(folder, onerror=_stop):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        inside = name_of(settings, Path(parent))
        for name in sorted([*files, *links]):
            yield f"{inside}/{name}", Path(parent) / name
        folders.sort()


def _stop(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a folder may go while it is walked
        raise error


def check_files(
    settings: Settings,
    night: date | None = None,
    say: Callable[[str], None] = lambda kind: None,
    kinds: Sequence[Kind] = KINDS,
    folder: str | None = None,
) -> Found:
    """Check a home: every file of some kinds and of a folder, or what the sample of a `night` takes.

    Each night reads small files and a 28th of the large ones, so that four weeks read all. `say` takes the
    kind that is being checked.
    """
    by_kind: dict[str, list[Path]] = defaultdict(list)
    found = Found()
    for name, path in kept_files(settings, folder):
        kind = kind_of(name)
        by_kind[kind.name].append(path)
        if kind is UNKNOWN:
            found.unknown.append(name)
    look = Look(settings, lambda path: night is None or _is_of(night, path))
    for kind in kinds:
        files = by_kind.get(kind.name, [])
        found.files[kind.name] = len(files), sum(path.lstat().st_size for path in files if path.exists())
        if files:
            say(kind.name)
        named = {fault.path for fault in found.faults}
        found.faults += [fault for fault in _faults(kind, look, files) if fault.path not in named]
    return found


def files_not_read(settings: Settings) -> list[str]:
    """Return the files of the inbox, by their shown names, and those that Njia did not write."""
    names = (Path(name) for name, _ in kept_files(settings) if kind_of(name) in (INBOX, UNKNOWN))
    return [(name.parent / shown_file(name.name)).as_posix() for name in names]


def note_damage(settings: Settings, night: date) -> None:
    """Check the sample of a night, and keep what it found for `njia status`, messages and the desk."""
    review.write_damaged_files(settings, check_files(settings, night).as_dict())


def are_lists_whole(settings: Settings) -> bool:
    """Return whether the stewards' lists are what the last refresh wrote."""
    return not check_files(settings, kinds=[REVIEW_LISTS], folder="review").faults


def _is_of(night: date, path: Path) -> bool:
    is_small = path.is_file() and path.stat().st_size <= READ_EACH_NIGHT
    return is_small or zlib.crc32(path.name.encode()) % NIGHTS == night.toordinal() % NIGHTS


def _faults(kind: Kind, look: Look, files: list[Path]) -> list[Fault]:
    faults = []
    try:
        for path, what in kind.proof(look, files):
            faults.append(_fault(kind, look.settings, path, what))
    except (NjiaError, OSError, ValueError, KeyError, TypeError) as error:
        what = (
            str(error) if isinstance(error, NjiaError) else f"it cannot be checked ({kind_and_place(error)})"
        )
        faults.append(_fault(kind, look.settings, look.settings.home / kind.patterns[0].split("*")[0], what))
    return faults


def _fault(kind: Kind, settings: Settings, path: Path, what: str) -> Fault:
    where = path.relative_to(settings.home).as_posix() if path.is_relative_to(settings.home) else str(path)
    mend = kind.mend.format(partner=path.parent.name, extract=path.stem)
    return Fault(kind.name, escaped(where), what, kind.means, mend)
