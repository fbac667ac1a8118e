"""Restore: put back what is missing or damaged in a home. What is whole in the home stays.

Files that belong together come back together where they changed since: the cells of an extract with its note,
codes and original, and the tables of a release with its lineage. What was forgotten since stays forgotten:
the marks of the home and of all lists are united before anything else is written, and then what they mark is
erased from what came back. A mark in the home keeps refreshes out until all files are back, and makes the
next refresh erase what a restore without keys could not.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from orchestration import intake, release
from orchestration.core import (
    KEY_FILES,
    LAYOUT_VERSION,
    OWN_SUM,
    RECORD_KEY,
    RELEASE_PUB,
    SUMS,
    Damaged,
    NjiaError,
    PublicKey,
    Settings,
    UsageError,
    durable,
    forget_work,
    installed_public_key,
    load_keys,
    note_sums,
    parsed,
    partners_with_tombstones,
    read_json,
    replacing,
    set_sums,
    sha256_of,
    unite,
    write_bytes,
    write_json,
)
from orchestration.operations import forget
from orchestration.operations.backup.moment import BESIDE_SQLITE, RESTORED, is_sqlite, stamp_of
from orchestration.operations.backup.store import (
    BackupDamaged,
    Entry,
    FileList,
    Progress,
    Store,
    is_below,
    naming_a_full_disk,
    shown,
)
from orchestration.operations.check.checking import check_files

_EDITIONS = ("members/", "partner/")
_FORGOTTEN = "forgotten/"
KeyFiles = dict[str, tuple[int, bytes]]


@dataclass(frozen=True)
class Plan:
    """What a restore would do.

    `back`: paths that come back, with whether they replace a file of the home. `newer`: whole files of the
    home that differ from the list and stay. `left`: what stays in the backup, by reason. `unmended`: damaged
    paths of the home that the list does not mend. `current`: the release to put in force, where none is.
    `keys`: missing files of keys. `lost`: files that the backup holds damaged.
    """

    chosen: FileList
    back: dict[str, bool]
    newer: list[str]
    left: dict[str, list[str]]
    unmended: list[str]
    current: str | None
    goes_on: bool
    keys: KeyFiles = field(repr=False)
    lost: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.back or self.current or self.keys or self.goes_on)

    @property
    def releases(self) -> list[str]:
        """Return the ids of releases that come back whole."""
        return sorted(name.split("/")[1] for name in self.back if _is_manifest(name))


def choose_list(
    settings: Settings, store: Store, name: str | None, private_key: str | None, given: PublicKey | None
) -> tuple[FileList, list[FileList], PublicKey]:
    """Return the newest list, or the one named; all lists, newest first; and the key that signed it.

    What was forgotten is read from all: a mark can only take records away, and the release key may have been
    rotated since.

    The signature is checked with the `given` key, that of the installation or, where there is none, the one
    among the encrypted keys. Raises UsageError or BackupDamaged where the list cannot be used.
    """
    if not store.names():
        raise UsageError(f"{store.folder} holds no backup. `njia backup {store.folder}` makes one.")
    names = [one for one in store.names() if name is None or one.startswith(name)]
    if not names:
        raise UsageError(
            f"{store.folder} holds no list {name}. `njia restore {store.folder} --list` shows what it holds."
        )
    if name and len(names) > 1 and name not in names:
        raise UsageError(f"More than one list begins with {name}: {', '.join(names)}.")
    chosen = store.read(names[0])
    if chosen is None:
        raise _damaged(store, [f"The list {names[0]} is damaged, or of a later version of Njia."], names[0])
    if chosen.layout > LAYOUT_VERSION:
        raise UsageError(
            f"The list {chosen.name} was made by Njia {chosen.njia} from a home of layout {chosen.layout}; "
            f"this version reads layout {LAYOUT_VERSION}. Use that version, or a later one."
        )
    key = given or _public_key(settings, store, chosen, private_key)
    if not chosen.is_signed([key]):
        raise _damaged(
            store,
            [
                f"The list {chosen.name} is not signed by the key {key.id}: it was changed, or it is of "
                f"another key ({chosen.signed_by}); give its release.pub with --release-pub."
            ],
            chosen.name,
        )
    return chosen, store.lists(), key


def plan_restore(
    settings: Settings, store: Store, chosen: FileList, private_key: str | None, say: Callable[[str], None]
) -> Plan:
    """Compare a list with the home, in which a check finds what is damaged; `say` takes what it checks."""
    left: dict[str, list[str]] = {}
    back: dict[str, bool] = {}
    differing = {path for path in chosen.files if _differs(settings, chosen, path)}
    # An empty folder has nothing to check.
    found = (
        check_files(settings, say=say).faults if any(_lies(settings, path) for path in chosen.files) else ()
    )
    faults = [fault.path for fault in found]
    failing = {one for path in faults for one in _failing(settings, store, chosen, differing, path)}
    # The disk has damaged what differs although nothing wrote it.
    failing |= {path for path in differing if chosen.files[path].stamp == stamp_of(settings.home / path)}
    # Where the sums of a folder are damaged, nothing proves its files.
    unproven = {f"{one.removesuffix(SUMS)}" for one in failing if one.endswith(f"/{SUMS}")}
    failing |= {
        path for path in differing if path[: path.rfind("/") + 1] in unproven and not path.endswith(OWN_SUM)
    }
    for path, entry in chosen.files.items():
        if _lies(settings, path) and path not in failing:
            continue
        if reason := _why_left(settings, path, entry, private_key):
            left.setdefault(reason, []).append(path)
        else:
            back[path] = path in failing
    for path in list(back):
        back |= dict.fromkeys(_belonging(settings, chosen, path, back, differing), True)
    current = None if (settings.current / release.MANIFEST).is_file() else chosen.current
    if current and f"{current}/{release.MANIFEST}" not in chosen.files:
        current = None
    keys: KeyFiles = {}
    if private_key is not None:
        held = _opened_keys(store, chosen, private_key)
        shut = {name for name in held if (settings.keys / name).is_file()}
        bad = {name for name in shut if {f"keys/{name}", str(settings.keys / name)} & set(faults)}
        keys = {name: file for name, file in held.items() if name not in shut or name in bad}
    mended = {
        *back,
        *(["current"] if current else []),
        *(f"keys/{name}" for name in keys),
        *(str(settings.keys / name) for name in keys),
    }
    unmended = [
        path for path in faults if path not in mended and not any(one.startswith(path) for one in back)
    ]
    goes_on = (settings.home / RESTORED).is_file()
    newer = sorted(differing - back.keys())
    return Plan(chosen, back, newer, left, unmended, current, goes_on, keys)


def list_with_others(made: Plan, lists: Sequence[FileList]) -> str | None:
    """Return the newest list that has another content of what the chosen one does not mend."""
    for one in lists:
        for path, entry in one.files.items():
            is_wanted = any(path == bad or path.startswith(f"{bad}/") for bad in made.unmended)
            if is_wanted and entry.sha256 != made.chosen.files.get(path, entry).sha256:
                return one.name
    return None


def without_damaged(store: Store, made: Plan, lists: Sequence[FileList], progress: Progress) -> Plan:
    """Return the plan without files whose object is damaged or missing in the backup: they are `lost`.

    Raises BackupDamaged where that is a mark of forgotten records.
    """
    marks = {
        entry.sha256: f"{path} of the list {one.name}"
        for one in lists
        for path, entry in one.files.items()
        if path.startswith(_FORGOTTEN)
    }
    needed = {path: made.chosen.files[path].sha256 for path in made.back if Path(path).name != SUMS}
    objects = sorted({*needed.values(), *marks})
    bad = set()
    for number, digest in enumerate(objects, start=1):
        progress(number, len(objects))
        if not store.is_whole(digest):
            bad.add(digest)
    if faults := [f"{marks[digest]} is damaged." for digest in bad & marks.keys()]:
        raise _damaged(store, faults, made.chosen.name)
    lost = sorted(path for path, digest in needed.items() if digest in bad)
    back = {path: replaces for path, replaces in made.back.items() if path not in lost}
    return replace(made, back=back, lost=lost)


def put_back(
    settings: Settings,
    store: Store,
    made: Plan,
    lists: Sequence[FileList],
    private_key: str | None,
    progress: Progress = lambda done, of: None,
) -> list[forget.Erased]:
    """Write what is planned, then erase what was forgotten; return what was erased.

    The caller holds the refresh lock and has called `without_damaged`. A kill is harmless: refreshes wait
    until the same command has been run again.
    """
    chosen, mark = made.chosen, settings.home / RESTORED
    with naming_a_full_disk(settings.home):
        write_json(mark, {"list": chosen.name, "backup": str(store.folder), "is_whole": False})
        sums = {path for path in made.back if Path(path).name == SUMS}
        for path in sums:  # made again from the files that lie there in the end
            durable.remove(settings.home / path)
        _unite_marks(settings, store, made, lists)
        _make_folders(settings, chosen, made)
        _set_aside_logs(settings, made)
        newer = _whole_lines(settings, made)
        paths = [path for path in made.back if path not in sums and not path.startswith(_FORGOTTEN)]
        # Notes, manifests and the link last: whatever else reads the home meets whole extracts and releases.
        for number, path in enumerate(sorted(paths, key=lambda path: (_is_note(path), path)), start=1):
            progress(number, len(paths))
            _write(settings, store, path, chosen.files[path], private_key)
        for path, lines in newer.items():
            known = (settings.home / path).read_bytes().splitlines()
            more = [line for line in lines if line not in known]
            write_bytes(settings.home / path, b"".join(line + b"\n" for line in (*known, *more)))
        _note_sums(settings, chosen, paths, sums)
        _write_keys(settings, made)
        if made.current:
            with release.switching(settings):
                release.switch_current(settings, Path(made.current).name)
        forget_work(settings)
        write_json(mark, {"list": chosen.name, "backup": str(store.folder), "is_whole": True})
    if not (settings.keys / RECORD_KEY).is_file():  # the next refresh erases
        return []
    try:
        return finish_restore(settings, settings.as_of(), private_key)
    except UsageError as error:
        raise UsageError(
            f"The files are restored, and records among them that were forgotten are not erased yet. {error} "
            "Several keys may stand in one file, a line each: run the same command with it before the next "
            "refresh, which destroys these originals."
        ) from None


def finish_restore(settings: Settings, now: datetime, private_key: str | None = None) -> list[forget.Erased]:
    """Erase forgotten records from what a restore brought back. The caller holds the refresh lock.

    Raises NjiaError where the restore was interrupted: a refresh would publish what is back, without the
    rest.
    """
    mark = settings.home / RESTORED
    if not mark.is_file():
        return []
    noted = read_json(mark)
    if not noted["is_whole"]:
        raise NjiaError(
            f"A restore of {noted['list']} was interrupted, so this home is not complete. Run "
            f"`njia restore {noted['backup']} --at {noted['list']}` again; it goes on from there."
        )
    erased = forget.erase_again(settings, load_keys(settings.keys), private_key, now)
    durable.remove(mark)
    return erased


def _public_key(settings: Settings, store: Store, chosen: FileList, private_key: str | None) -> PublicKey:
    try:
        return installed_public_key(settings.keys)
    except UsageError:
        if private_key is None:
            raise UsageError(
                f"{settings.keys} has no release key, so the signature of the list cannot be checked. Give "
                "the stewards' private key with --key: it opens the keys in the backup. Or give release.pub "
                "with --release-pub; then set NJIA_KEYS to the folder of your keys before the next refresh."
            ) from None
    held = _opened_keys(store, chosen, private_key)
    try:
        return PublicKey(cast(Ed25519PublicKey, load_pem_public_key(held[RELEASE_PUB][1])))
    except (KeyError, ValueError):
        raise BackupDamaged(
            f"The keys of the list {chosen.name} have no {RELEASE_PUB}. Give it with --release-pub."
        ) from None


def _opened_keys(store: Store, chosen: FileList, private_key: str) -> KeyFiles:
    digest, of_content = chosen.keys
    try:
        content = pyrage.decrypt(store.object(digest).read_bytes(), intake.identities_of(private_key))
    except FileNotFoundError:
        content = b""
    except pyrage.DecryptError as error:
        if "No matching keys" in str(error):
            raise UsageError(
                f"The key given with --key does not open the keys of the list {chosen.name}: they are "
                "encrypted to another key of the stewards."
            ) from None
        content = b""
    if sha256(content).hexdigest() != of_content or not all(map(is_below, json.loads(content))):
        raise _damaged(
            store, [f"The object of the keys, {digest[:12]}…, is missing or damaged."], chosen.name
        )
    return {name: (mode, base64.b64decode(text)) for name, (mode, text) in json.loads(content).items()}


def _damaged(store: Store, faults: list[str], name: str) -> BackupDamaged:
    others = [one for one in store.names() if one != name]
    more = f" And {len(faults) - 5} more." if len(faults) > 5 else ""
    other = f" Another list: --at {others[0]}." if others else ""
    return BackupDamaged(
        f"The backup is damaged; nothing was restored. {' '.join(faults[:5])}{more} "
        f"`njia backup {store.folder} --verify` names all damage.{other}"
    )


def _lies(settings: Settings, path: str) -> bool:
    return (settings.home / path).is_file()


def _failing(
    settings: Settings, store: Store, chosen: FileList, differing: set[str], fault: str
) -> Iterable[str]:
    """Yield the files of the list that stand for a fault that a check of the home has found at a path."""
    manifest = f"/{release.MANIFEST}"
    if fault.endswith(manifest):  # or its signature
        of_release = fault.removesuffix(manifest)
        yield from (path for path in differing if path.startswith(f"{of_release}/"))
    elif fault in ("audit", "decisions"):  # a chain: what the home has beyond the list is no damage
        logs = {path for path in differing if path.startswith(f"{fault}/") and path.endswith(".jsonl")}
        cut = {
            path
            for path in logs
            if not _continues(settings.home / path, store.object(chosen.files[path].sha256))
        }
        lost = {path for path in chosen.files if path.startswith(f"{fault}/") and not _lies(settings, path)}
        yield from cut
        if cut or lost:
            yield "audit/head"
    elif fault in differing or is_sqlite(fault) or fault.startswith(_FORGOTTEN):
        yield fault


def _continues(log: Path, earlier: Path) -> bool:
    """Whether a file begins with all of an earlier one."""
    return earlier.is_file() and log.read_bytes().startswith(earlier.read_bytes())


def _differs(settings: Settings, chosen: FileList, path: str) -> bool:
    """Whether the home has a file of other content at this path. SQLite files always differ."""
    entry = chosen.files[path]
    if is_sqlite(path) or not _lies(settings, path):
        return False
    return sha256_of(settings.home / path) != (entry.sealed or entry.sha256)


def _why_left(settings: Settings, path: str, entry: Entry, private_key: str | None) -> str | None:
    """Say why a missing file does not come back."""
    parts = path.split("/")
    if parts[0] == "inbox":
        extract = str(entry.sealed)[: intake.EXTRACT_ID_LENGTH]
        if any(settings.landing.glob(f"*/{extract}.json")):
            return "files of the inbox that have landed since"
        return None if private_key else "files of the inbox, encrypted: give --key"
    is_of_edition = parts[0] == "releases" and "/".join(parts[2:]).startswith(_EDITIONS)
    if is_of_edition and (settings.releases / parts[1] / "erasure.json").is_file():
        return "tables of releases that held a record forgotten since"
    if parts[0] == "sealed" and len(parts) == 3:
        note = _note_of(settings, parts[1], Path(path).stem)
        if note and note.get("original") and note["original_sha256"] is None:
            return "originals that were destroyed for a forgotten record"
    return None


def _note_of(settings: Settings, partner: str, extract: str) -> dict[str, Any] | None:
    """Return the note of an extract in the home; None where there is none that can be read."""
    try:
        note: dict[str, Any] = read_json(settings.landing / partner / f"{extract}.json")
    except (OSError, ValueError):
        return None
    return note


def _belonging(
    settings: Settings, chosen: FileList, path: str, back: Collection[str], differing: Collection[str]
) -> Iterable[str]:
    """Yield what must come back with a file, because the home's own changed since."""
    parts = path.split("/")
    if parts[0] in ("landing", "link_codes", "sealed") and len(parts) == 3:
        partner, extract = parts[1], Path(path).stem
        unit = [
            f"landing/{partner}/{extract}.parquet", f"landing/{partner}/{extract}.texts",
            f"landing/{partner}/{extract}.json", f"link_codes/{partner}/{extract}.parquet",
            f"sealed/{partner}/{extract}.age",
        ]  # fmt: skip
        note = None if unit[2] in back else _note_of(settings, partner, extract)
        cells = chosen.files.get(unit[0])
        if note and cells and note.get("parquet_sha256") == cells.sha256:
            return []  # the extract is as it was
        return [one for one in unit if one in chosen.files and one not in back]
    if parts[0] == "releases" and "/".join(parts[2:]).startswith(_EDITIONS):
        lineage = f"lineage/{parts[1]}/"
        return [one for one in differing if one.startswith(lineage) and one not in back]
    return []


def _unite_marks(settings: Settings, store: Store, made: Plan, lists: Sequence[FileList]) -> None:
    copies: dict[str, list[Path]] = {partner: [] for partner in partners_with_tombstones(settings)}
    for one in lists:
        for path, entry in one.files.items():
            if path.startswith(_FORGOTTEN) and Path(path).name != SUMS:
                copies.setdefault(Path(path).stem, []).append(store.object(entry.sha256))
    restored = {Path(path).stem for path in made.back if path.startswith("landing/")}
    for partner, pages in copies.items():
        unite(settings, partner, dict.fromkeys(pages), restored)


def _set_aside_logs(settings: Settings, made: Plan) -> None:
    """Keep an audit log that is replaced: its last lines may be the only ones of their time."""
    for path in (settings.home / path for path, replaces in made.back.items() if replaces):
        if path.parent == settings.audit and path.suffix == ".jsonl" and path.is_file():
            durable.rename(path, path.with_name(f"{path.stem}.damaged-{sha256_of(path)[:8]}"))


def _whole_lines(settings: Settings, made: Plan) -> dict[str, list[bytes]]:
    """Return the whole lines of files of decisions that are replaced: they may be newer than the list."""
    found: dict[str, list[bytes]] = {}
    for path in (path for path, replaces in made.back.items() if replaces and path.startswith("decisions/")):
        file = settings.home / path
        found[path] = [line for line in file.read_bytes().splitlines() if _is_whole(line, file)]
    return found


def _is_whole(line: bytes, file: Path) -> bool:
    try:
        return isinstance(parsed(line, file), dict)
    except Damaged:
        return False


def _note_sums(settings: Settings, chosen: FileList, paths: Iterable[str], sums: Collection[str]) -> None:
    written: dict[str, dict[str, str]] = {path.removesuffix(SUMS): {} for path in sums}
    for path in paths:
        folder, name = path[: path.rfind("/") + 1], Path(path).name
        if f"{folder}{SUMS}" in chosen.files and not name.endswith(OWN_SUM):
            written.setdefault(folder, {})[name] = chosen.files[path].sha256
    for folder, digests in written.items():
        if f"{folder}{SUMS}" in sums:
            note_sums(settings.home / folder)
        else:
            set_sums(settings.home / folder, digests)


def _write_keys(settings: Settings, made: Plan) -> None:
    if not made.keys:
        return
    durable.make_folder(settings.keys, 0o700)
    if SUMS in made.keys:
        durable.remove(settings.keys / SUMS)
    for name, (mode, content) in made.keys.items():
        if name != SUMS:
            write_bytes(settings.keys / name, content, mode)
    own = {name: content for name, (_, content) in made.keys.items() if name in KEY_FILES}
    set_sums(settings.keys, {name: sha256(content).hexdigest() for name, content in own.items()})
    note_sums(settings.keys, KEY_FILES)


def _make_folders(settings: Settings, chosen: FileList, made: Plan) -> None:
    """Make missing folders with their modes; those of a release only where it comes back."""
    parents = {parent.as_posix() for path in made.back for parent in Path(path).parents}
    for name, mode in sorted(chosen.folders.items()):
        folder = settings.home / name
        if not folder.exists() and (name in parents or name.startswith("inbox")):
            durable.make_folder(folder)
            durable.set_mode(folder, mode)


def _write(settings: Settings, store: Store, path: str, entry: Entry, private_key: str | None) -> None:
    file, source = settings.home / path, store.object(entry.sha256)
    with replacing(file) as partial:
        if entry.sealed:
            pyrage.decrypt_file(str(source), str(partial), intake.identities_of(str(private_key)))
        else:
            shutil.copyfile(source, partial)
        if sha256_of(partial) != (entry.sealed or entry.sha256):
            raise BackupDamaged(
                f"{shown(path)}: its object changed while it was copied. Run the command again."
            )
        durable.set_mode(partial, entry.mode)
        if not is_sqlite(path):
            os.utime(partial, ns=(entry.stamp[1], entry.stamp[1]))
    if is_sqlite(path):
        for ending in BESIDE_SQLITE:
            durable.remove(file.with_name(file.name + ending))


def _is_manifest(path: str) -> bool:
    parts = path.split("/")
    return len(parts) == 3 and parts[0] == "releases" and parts[2] == release.MANIFEST


def _is_note(path: str) -> bool:
    return (
        _is_manifest(path) or path == "home.json" or (path.startswith("landing/") and path.endswith(".json"))
    )
