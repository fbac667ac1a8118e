"""Check a home: each file by the proof of its kind. The kinds stand in `file_kinds.csv`, one a row.

The first kind whose pattern fits a file is its kind. A file that cannot be checked never stops the others.
"""

import csv
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from orchestration.contracts import contract_files
from orchestration.core import NjiaError, Settings, escaped, kind_and_place, write_json
from orchestration.intake import shown_file
from orchestration.operations import proofs
from orchestration.stewardship import review

NIGHTS = 28
READ_EACH_NIGHT = 1 << 20  # bytes: files up to this size are read whole every night
RESTORE = "Copy it from a backup: `njia restore REPOSITORY FOLDER` brings the last one into a new folder."


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    `files`: patterns of the path below the home, where `*` also stands for `/`. `proof`: a function of
    `proofs`. `means`, `mend`: what damage means and what mends it.
    """

    kind: str
    files: str
    proof: str
    in_backup: str
    means: str
    mend: str


with Path(__file__).with_name("file_kinds.csv").open(encoding="utf-8", newline="") as _lines:
    KINDS = [Kind(**row) for row in csv.DictReader(_lines)]
UNKNOWN = Kind("unknown", "*", "nothing", "no", "Njia did not write this file.", "Move it out of the home.")


def kind_of(name: str) -> Kind:
    """Return the kind of a file by its path below the home."""
    fits = (kind for kind in KINDS if any(fnmatchcase(name, pattern) for pattern in kind.files.split()))
    return next(fits, UNKNOWN)


@dataclass(frozen=True)
class Fault:
    """One damaged or missing file: what was found, what that means and what mends it."""

    kind: str
    path: str
    found: str
    means: str
    mend: str


@dataclass
class Checked:
    """The result of a check. `kinds`: number of files and bytes by kind."""

    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {"outcome": "damaged" if self.faults else "whole", **asdict(self)}


def place_of(settings: Settings, name: str) -> Path:
    """Return where a file lies by its name, the path below the home; keys and contracts may lie elsewhere."""
    first, _, rest = name.partition("/")
    elsewhere = {} if settings.has_sample_partners else {"partners": settings.partners}
    return {"keys": settings.keys, **elsewhere}.get(first, settings.home / first) / rest


def files_of(settings: Settings, only: Collection[str] = ()) -> Iterator[tuple[str, Path]]:
    """Yield the name and place of every file and link of a home, or of some of its files and folders.

    Of contracts that lie elsewhere, their folder may hold more than contracts.
    """
    names = {path.name for path in settings.home.glob("*")} | {"keys", "partners"}
    for name in sorted(only or names):
        place = place_of(settings, name)
        if name == "partners" and not place.is_relative_to(settings.home):
            contracts = (path for partner in sorted(place.glob("[!.]*/")) for path in contract_files(partner))
            yield from ((f"partners/{path.relative_to(place).as_posix()}", path) for path in contracts)
        elif place.is_dir() and place != settings.current:
            for parent, folders, files in os.walk(place, onerror=_stop):
                folders.sort()
                links = (folder for folder in folders if Path(parent, folder).is_symlink())
                for path in (Path(parent, file) for file in sorted([*files, *links])):
                    yield f"{name}/{path.relative_to(place).as_posix()}", path
        elif os.path.lexists(place):
            yield name, place


def _stop(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):  # a folder may go while it is walked
        raise error


def check_files(
    settings: Settings,
    night: date | None = None,
    say: Callable[[str], None] = lambda kind: None,
    only: str | None = None,
) -> Checked:
    """Check every file of a home, or what the sample of a `night` takes, or the files of one kind `only`.

    Each night reads small files and a 28th of the large ones, so that four weeks read all. `say` takes the
    kind that is being checked.
    """
    kinds = [kind for kind in KINDS if only in (None, kind.kind)]
    folders = {pattern.partition("/")[0] for pattern in kinds[0].files.split()} if only else set()
    paths: dict[str, list[Path]] = defaultdict(list)
    checked = Checked()
    for name, path in files_of(settings, folders):
        kind = kind_of(name)
        paths[kind.kind].append(path)
        if kind is UNKNOWN:
            checked.unknown.append(name)
    look = proofs.Look(settings, lambda path: night is None or _is_of(night, path))
    for kind in kinds:
        files = paths[kind.kind]
        size = sum(path.lstat().st_size for path in files if path.exists())
        checked.kinds[kind.kind] = {"files": len(files), "bytes": size}
        if files:
            say(kind.kind)
        named = {fault.path for fault in checked.faults}
        checked.faults += [fault for fault in _faults(kind, look, files) if fault.path not in named]
    return checked


def note_damage(settings: Settings, night: date) -> None:
    """Check the sample of a night, and keep what it found for `njia status`, messages and the desk."""
    write_json(settings.review / review.DAMAGED_FILES, check_files(settings, night).as_dict())


def are_lists_whole(settings: Settings) -> bool:
    """Return whether the stewards' lists are what the last refresh wrote."""
    return not check_files(settings, only="review lists").faults


def files_not_read(settings: Settings) -> list[str]:
    """Return the files of the inbox, by their shown names, and those that Njia did not write.

    Of `work/` and `keys/` none are named: the one is deleted at any time, the other is the operator's.
    """
    inbox = [name for name, _ in files_of(settings) if kind_of(name).kind == "files to take in"]
    checked = check_files(settings)
    strays = [fault.path for fault in checked.faults if fault.found in proofs.NOT_WRITTEN]
    names = map(Path, sorted({*inbox, *checked.unknown, *strays}))
    return [(name.parent / shown_file(name.name)).as_posix() for name in names]


def _is_of(night: date, path: Path) -> bool:
    is_small = path.is_file() and path.stat().st_size <= READ_EACH_NIGHT
    return is_small or zlib.crc32(path.name.encode()) % NIGHTS == night.toordinal() % NIGHTS


def _faults(kind: Kind, look: proofs.Look, files: list[Path]) -> list[Fault]:
    found: list[tuple[Path, str]] = []
    try:
        found.extend(getattr(proofs, kind.proof)(look, files))
    except (NjiaError, OSError, ValueError, KeyError, TypeError) as error:
        why = f"it cannot be checked ({kind_and_place(error)})"
        place = look.settings.home / kind.files.split()[0].split("*")[0]
        found.append((place, str(error) if isinstance(error, NjiaError) else why))
    faults = []
    for path, what in dict.fromkeys(found):
        home = look.settings.home
        where = path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)
        mend = kind.mend.format(restore=RESTORE, partner=path.parent.name, extract=path.stem)
        faults.append(Fault(kind.kind, escaped(where), what, kind.means, mend))
    return faults
