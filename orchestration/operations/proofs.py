"""How the files of one kind are shown to be whole; `file_kinds.csv` names the proof of each kind.

A proof takes the files of its kind and yields each damaged or missing one with what was found. It compares
content with what was noted when it was written; it opens nothing that is sealed and shows no content.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import intake, release, stewardship
from orchestration.core import (
    OWN_SUM,
    RELEASE_PUB,
    Damaged,
    Keys,
    NjiaError,
    Settings,
    check_home,
    installed_public_key,
    is_whole,
    key_faults,
    load_keys,
    load_public_key,
    parsed,
    read_artifact,
    read_json,
    refreshes,
    sha256_of,
    summed_files,
)
from orchestration.stewardship import audit

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CHANGED, MISSING, NO_SUM = "its content does not match its sum", "it is missing", "its sum is missing"
ADDED, DAMAGED = "it was added", "SQLite finds it damaged"
NOT_WRITTEN = (NO_SUM, ADDED)  # found in files that somebody else put there
Findings = Iterator[tuple[Path, str]]


@dataclass(frozen=True)
class Look:
    """The home that is checked; `takes` says of a file whether its content is read this time."""

    settings: Settings
    takes: Callable[[Path], bool] = lambda path: True


def sums(look: Look, files: Sequence[Path]) -> Findings:
    """JSON objects and lines hold their own sum; that of any other file stands in `.sums.json` beside it."""
    for path in files:
        try:
            if path.suffix == ".jsonl":
                for number, line in enumerate(path.read_bytes().splitlines(), start=1):
                    parsed(line, path, f"line {number}")
            elif path.suffix == ".json":
                read_json(path)
        except (Damaged, OSError) as error:
            yield path, _why(error)
    for folder in sorted({path.parent for path in files}):
        try:
            noted = summed_files(folder)
        except Damaged as fault:
            yield fault.path, fault.found
            continue
        for path in (folder / name for name in noted):
            if not path.is_file():
                yield path, MISSING
            elif look.takes(path) and sha256_of(path) not in noted[path.name]:
                yield path, CHANGED
        for path in files:
            is_summed = path.suffix in OWN_SUM or path.name in noted or path.name.startswith(".")
            if path.parent == folder and not is_summed:
                yield path, NO_SUM


def _why(error: Damaged | OSError) -> str:
    return error.found if isinstance(error, Damaged) else f"it cannot be read ({error.strerror})"


def layout(look: Look, files: Sequence[Path]) -> Findings:
    """`home.json` names the layout of the home, also where the file is lost."""
    try:
        check_home(look.settings)
    except Damaged as fault:
        yield fault.path, fault.found


def keys(look: Look, files: Sequence[Path]) -> Findings:
    """`home.json` has a check value of each key."""
    yield from ((fault.path, fault.found) for fault in key_faults(look.settings))


def landing(look: Look, files: Sequence[Path]) -> Findings:
    """A landing note holds its own sum and those of cells and texts.

    After a kill while cells are rewritten, the waiting note describes them: the next refresh takes it.
    """
    for note in (path for path in files if path.suffix == ".json"):
        try:
            waiting = note.with_suffix(".next")
            notes = [read_json(path) for path in (note, waiting) if path == note or path.exists()]
        except (Damaged, OSError) as error:
            yield note, _why(error)
            continue
        for suffix, name in ((".parquet", "parquet_sha256"), (".texts", "texts_sha256")):
            path = note.with_suffix(suffix)
            if not path.is_file():
                yield path, MISSING
            elif look.takes(path) and sha256_of(path) not in [entry.get(name) for entry in notes]:
                yield path, CHANGED
    yield from ((note, MISSING) for note in refreshes.lost_landings(look.settings))


def originals(look: Look, files: Sequence[Path]) -> Findings:
    """The sums stand beside the originals; a landing note says whether there is one."""
    yield from sums(look, files)
    for note in sorted(look.settings.landing.glob("*/[!.]*.json")):
        sealed = intake.sealed_path(look.settings.sealed, note.parent.name, note.stem)
        with suppress(Damaged):  # said of the note
            if not sealed.is_file() and not read_json(note).get("original"):
                yield sealed, MISSING


def forgotten(look: Look, files: Sequence[Path]) -> Findings:
    """The marks are whole; no landed extract holds a forgotten record or landed with another record key."""
    yield from marks(look, files)
    with suppress(NjiaError):  # said of the keys
        keys = load_keys(look.settings)
        for partner in sorted({note.parent.name for note in look.settings.landing.glob("*/[!.]*.json")}):
            with suppress(NjiaError, OSError, ValueError):  # said of the list, the landing note or the cells
                yield from _not_forgotten(look.settings, keys, partner)


def marks(look: Look, files: Sequence[Path]) -> Findings:
    """Marks of forgotten records hold their sums; the audit log names the partners that have some."""
    yield from sums(look, files)
    lines: list[dict[str, Any]] = []
    with suppress(Damaged):  # said of `njia.db`
        lines = audit.read(look.settings).lines
    for partner in sorted({line["what"] for line in lines if line["action"] == "forgot"}):
        path = look.settings.forgotten / f"{partner}.json"
        if not path.exists():
            yield path, MISSING


def lost_marks(settings: Settings) -> list[str]:
    """Return the damaged and missing files of marks of forgotten records."""
    files = sorted(settings.forgotten.glob("*.json"))  # their list of sums, too
    return sorted({path.name for path, _ in marks(Look(settings), files)})


def _not_forgotten(settings: Settings, keys: Keys, partner: str) -> Findings:
    """Yield the landed extracts with forgotten records, or in which these are not recognised."""
    from orchestration.core import tombstones_of  # numpy, and `njia status` reads this module

    for extract_id, note in intake.read_register(settings.landing, partner).items():
        if has_another_record_key(note, keys.ids["record"]):
            path = settings.landing / partner / f"{extract_id}.json"
            yield path, "it landed with another record key, so forgotten records in it are not recognised"
    tombstones = tombstones_of(settings, keys, partner)
    for held in intake.held_of_forgotten(settings, tombstones) if tombstones.marks else ():
        path = settings.landing / partner / f"{held.extract_id}.json"
        yield path, f"{len(held.records):,} of its records were forgotten and have landed again"


def has_another_record_key(note: Mapping[str, Any], key_id: str) -> bool:
    """Return whether an extract, by its note, landed with another record key than that of this id."""
    return bool(note.get("key_ids", {}).get("record", key_id) != key_id)


def decisions(look: Look, files: Sequence[Path]) -> Findings:
    """SQLite checks the file. Each entry holds its sum, and the audit log the hash of each entry.

    Each line of the log holds the hash of the one before, and `audit/head` that of the last.
    """
    settings = look.settings
    if settings.database in files and sqlite_answer(settings.database, check="integrity_check") != "ok":
        yield settings.database, DAMAGED
        return
    try:
        stewardship.read_entries(settings)
        stewardship.read_accounts(settings)
        stewardship.settled_since_refresh(settings)
        log = audit.read(settings)
    except Damaged as damage:
        yield damage.path, damage.found
        return
    head = settings.audit / "head"
    for fault in log.faults:
        yield head if fault.startswith(str(head)) else settings.database, fault.removesuffix(".")
    for gap, ids in audit.gaps(settings).items():
        if ids:
            yield settings.database, f"decisions {audit.GAPS[gap]}: {', '.join(ids)}"


def releases(look: Look, files: Sequence[Path]) -> Findings:
    """The signed manifest of a release has the hash of each of its files; `current` names a release."""
    settings = look.settings
    own = [path.relative_to(settings.releases) for path in files if path.is_relative_to(settings.releases)]
    folders = sorted({settings.releases / path.parts[0] for path in own})
    current = settings.current.resolve() if settings.current.is_symlink() else None
    if current and current not in folders:
        yield settings.current, f"it names the release {current.name}, which is missing"
    elif folders and not current:
        yield settings.current, MISSING
    key = _public_key(settings) if folders else None
    for folder in folders:
        if not (folder / release.MANIFEST).is_file():
            yield folder / release.MANIFEST, MISSING
        elif key and (folder == current or look.takes(folder)):
            verified = release.verify(folder, key, folder.name)
            if verified.signature != "holds":
                what = "is missing" if verified.signature == "missing" else verified.signature
                yield folder / release.MANIFEST, f"its signature {what}"
            yield from ((folder / name, CHANGED) for name in verified.changed)
            yield from ((folder / name, MISSING) for name in verified.missing)
            yield from ((folder / name, ADDED) for name in verified.added)


def _public_key(settings: Settings) -> Ed25519PublicKey | None:
    """Return the key that proves releases, unproven where keys or home.json are damaged, which they show."""
    with suppress(NjiaError):
        return installed_public_key(settings)
    with suppress(NjiaError):
        return load_public_key(settings.keys / RELEASE_PUB)
    return None


def lineage(look: Look, files: Sequence[Path]) -> Findings:
    """The sums stand beside the tables; each release has a folder of them."""
    yield from sums(look, files)
    for manifest in look.settings.releases.glob(f"[!.]*/{release.MANIFEST}"):
        folder = release.lineage_of(look.settings, manifest.parent.name)
        if not folder.is_dir():
            yield folder, MISSING


def history(look: Look, files: Sequence[Path]) -> Findings:
    """Each line or object holds its sum; a home that ended a refresh has a journal of them."""
    yield from sums(look, files)
    journal = look.settings.review / "history" / refreshes.HISTORY
    has_ended = (look.settings.review / refreshes.LAST).is_file()
    is_empty = not journal.is_file() or not journal.stat().st_size
    if has_ended and is_empty and refreshes.under_way(look.settings) is None:
        yield journal, "it is empty or missing"


def sqlite(look: Look, files: Sequence[Path]) -> Findings:
    """SQLite checks its own pages."""
    for path in files:
        if path.suffix == ".db" and look.takes(path) and sqlite_answer(path) != "ok":
            yield path, DAMAGED


def sqlite_answer(path: Path, option: str = "mode=ro", check: str = "quick_check") -> str:
    """Return `ok`, or the name of the error that SQLite's own check of a file ends with."""
    try:
        with closing(sqlite3.connect(f"file:{path}?{option}", uri=True, timeout=30)) as database:
            is_whole = database.execute(f"pragma {check}(1)").fetchone()[0] == "ok"
            return "ok" if is_whole and path.stat().st_size else "SQLITE_CORRUPT"
    except (sqlite3.Error, UnicodeDecodeError) as error:  # its message holds what it read
        name: str = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
        # In a folder that cannot be written there is no write-ahead log to open.
        if option == "mode=ro" and name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            return sqlite_answer(path, "mode=ro&immutable=1", check)
        return name


def steps(look: Look, files: Sequence[Path]) -> Findings:
    """The note of a step has the hash of each of its files."""
    for note in (path for path in files if path.parent.name == "artifacts" and path.suffix == ".json"):
        artifact = read_artifact(look.settings.work, note.stem)
        if artifact is None:
            yield note, "it cannot be read"
        elif look.takes(note) and not is_whole(look.settings.work, artifact):
            yield note, "a file of this step was changed or is missing"


def nothing(look: Look, files: Sequence[Path]) -> Findings:
    """There is nothing to compare with."""
    yield from ()
