"""What a restore would do: open a list of a backup, and compare it with the home."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage

from orchestration import intake, release
from orchestration.core import (
    OWN_SUM,
    SUMS,
    Damaged,
    NjiaError,
    PublicKey,
    Settings,
    UsageError,
    installed_public_key,
    sha256_of,
)
from orchestration.operations.backup.store import (
    RESTORED,
    Entry,
    FileList,
    Store,
    entries_of,
    not_signed,
    stamp_of,
)
from orchestration.operations.check.checking import ELSEWHERE, check_files, name_of, place_of
from orchestration.operations.check.kinds import kind_of
from orchestration.operations.check.leaving import note_of_extract

FORGOTTEN, CURRENT = "forgotten/", "current"
ENCRYPTED = "keys and files of the inbox, encrypted: give --key"


class Lost(Exception):
    """An object of the backup is damaged or missing."""


@dataclass(frozen=True)
class Source:
    """An opened backup: the list to restore, all lists, newest first, and the key that signed the chosen.

    With the stewards' private key, `chosen.files` has the secret files too.
    """

    store: Store
    chosen: FileList
    lists: Sequence[FileList]
    signed_by: PublicKey
    private_key: str | None = None

    def copy(self, entry: Entry, to: Path) -> None:
        """Copy a file of the backup, decrypted where it is secret; raises Lost."""
        source = self.store.object(entry.sha256)
        try:
            if entry.plain:
                with source.open("rb") as encrypted, to.open("wb") as plain:
                    pyrage.decrypt_io(encrypted, plain, intake.identities_of(str(self.private_key)))
            else:
                shutil.copyfile(source, to)
        except (FileNotFoundError, pyrage.DecryptError):
            raise Lost from None
        if sha256_of(to) != entry.content:
            raise Lost

    def marks(self) -> Iterator[tuple[str, str]]:
        """Yield name and object of the marks of forgotten records in all lists.

        Also of lists that no key at hand has signed, since the release key may have been rotated: a mark can
        only take records away.
        """
        for one in self.lists:
            for name, entry in one.files.items():
                if name.startswith(FORGOTTEN) and Path(name).name != SUMS:
                    yield name, entry.sha256


@dataclass(frozen=True)
class Plan:
    """What a restore would do.

    `back`: names that come back, with whether they replace a file of the home. `newer`: whole files of the
    home that differ from the list and stay. `left`: how many stay in the backup, by reason. `unmended`:
    damaged files of the home that the list does not mend. `current`: the release to put in force, where none
    is. `goes_on`: an earlier restore did not end.
    """

    back: dict[str, bool]
    newer: list[str]
    left: dict[str, int]
    unmended: list[str]
    current: str | None
    goes_on: bool

    @property
    def is_empty(self) -> bool:
        return not (self.back or self.current or self.goes_on)


def open_backup(
    settings: Settings, store: Store, name: str | None, private_key: str | None, given: PublicKey | None
) -> Source:
    """Open the newest list, or the one named.

    Its signature is checked with the `given` key, that of the installation or, for whoever has the stewards'
    key, the one that the list names. Raises UsageError or Damaged where the list cannot be used.
    """
    chosen = _list_named(store, name)
    key = given or _installed_key(settings, private_key) or chosen.signed_by
    if not chosen.is_signed(key):
        raise damaged_backup(store, not_signed(chosen, key, "--release-pub"))
    if private_key is not None:
        chosen = replace(chosen, files=chosen.files | _secret_files(store, chosen, private_key))
    return Source(store, chosen, store.lists(), key, private_key)


def plan_restore(settings: Settings, source: Source, say: Callable[[str], None]) -> Plan:
    """Compare a list with the home, in which a check finds what is damaged; `say` takes what it checks."""
    files, goes_on = source.chosen.files, (settings.home / RESTORED).is_file()
    lying = {name for name in files if place_of(settings, name).is_file()}
    differing = {name for name in lying if sha256_of(place_of(settings, name)) != files[name].content}
    is_new = all(name.startswith(ELSEWHERE) for name in lying)  # has nothing to check
    faults = () if is_new else check_files(settings, say=say).faults
    damaged = [name_of(settings, settings.home / fault.path) for fault in faults]
    # A restore that was interrupted may have written a file, and not its sum.
    failing = {name for name in damaged if name in (lying if goes_on else differing)}
    failing |= {one for name in damaged for one in _failing_below(settings, source, differing, name)}
    # The disk has damaged what differs although nothing wrote it.
    failing |= {name for name in differing if files[name].stamp == stamp_of(place_of(settings, name))}
    left = Counter({ENCRYPTED: 0 if source.private_key else len(source.chosen.secret)})
    back = {}
    for name in (files.keys() - lying) | failing:
        if reason := kind_of(name).leave(settings, name, files[name].content):
            left[reason] += 1
        else:
            back[name] = name in lying
    back |= dict.fromkeys(_brought(settings, source.chosen, back, differing), True)
    current = None if (settings.current / release.MANIFEST).is_file() else source.chosen.current
    if f"{current}/{release.MANIFEST}" not in files:
        current = None
    mended = [*back, *([CURRENT] if current else [])]
    unmended = [name for name in damaged if not any(f"{one}/".startswith(f"{name}/") for one in mended)]
    newer = sorted(differing - back.keys())
    return Plan(back, newer, dict(+left), unmended, current, goes_on)


def _list_named(store: Store, name: str | None) -> FileList:
    if not store.names():
        raise UsageError(f"{store.folder} holds no backup. `njia backup {store.folder}` makes one.")
    names = [one for one in store.names() if name is None or one.startswith(name)]
    if not names:
        raise UsageError(
            f"{store.folder} holds no list {name}. `njia restore {store.folder} --list` shows what it holds."
        )
    if name and len(names) > 1 and name not in names:
        raise UsageError(f"More than one list begins with {name}: {', '.join(names)}.")
    if chosen := store.read(names[0]):
        return chosen
    raise damaged_backup(store, f"The list {names[0]} is damaged, or of another version of Njia.")


def _secret_files(store: Store, chosen: FileList, private_key: str) -> dict[str, Entry]:
    try:
        content = pyrage.decrypt(base64.b64decode(chosen.names), intake.identities_of(private_key))
        return entries_of(json.loads(content))
    except pyrage.DecryptError:
        raise UsageError(
            f"The key given with --key does not open the keys of the list {chosen.name}: they are encrypted "
            "to another key of the stewards."
        ) from None
    except ValueError:
        raise damaged_backup(store, f"The list {chosen.name} has names that lead elsewhere.") from None


def _installed_key(settings: Settings, private_key: str | None) -> PublicKey | None:
    try:
        return installed_public_key(settings)
    except NjiaError:
        if private_key is not None:
            return None
        raise UsageError(
            f"{settings.keys} has no release key of this home, so the signature of the list cannot be "
            "checked. Give the stewards' private key with --key: then the keys come back, too. Or give "
            "release.pub with --release-pub; then set NJIA_KEYS to the folder of your keys before the next "
            "refresh."
        ) from None


def damaged_backup(store: Store, fault: str) -> Damaged:
    return Damaged(
        store.folder,
        fault.removesuffix("."),
        f"Nothing was restored. `njia backup {store.folder} --verify` names all damage, `njia restore "
        f"{store.folder} --list` the lists that --at takes.",
    )


def _failing_below(
    settings: Settings, source: Source, differing: Collection[str], fault: str
) -> Iterable[str]:
    """Yield the files that a fault of a folder means, or of the file that proves those beside it."""
    proves = Path(fault).name in (release.MANIFEST, SUMS)
    folder = f"{Path(fault).parent if proves else fault}/"
    for name in differing:
        if not name.startswith(folder):
            continue
        kind, object = kind_of(name), source.store.object(source.chosen.files[name].sha256)
        if fault.endswith(SUMS):
            fails = not name.endswith(OWN_SUM)
        elif kind.grows:
            fails = name.endswith(".jsonl") and not _continues(place_of(settings, name), object)
        else:
            fails = True
        if fails:
            yield name


def _continues(log: Path, earlier: Path) -> bool:
    """Whether a file begins with all of an earlier one."""
    return earlier.is_file() and log.read_bytes().startswith(earlier.read_bytes())


def _brought(
    settings: Settings, chosen: FileList, back: Collection[str], differing: Collection[str]
) -> set[str]:
    """Return what must come back with other files, because the home's own changed since."""
    wanted = {
        one.format(folder=Path(name).parts[1], stem=Path(name).stem)
        for name in back
        for one in kind_of(name).brings
        if not _extract_stands(settings, chosen, name, back)
    }
    return {name for name in differing if name in wanted or f"{Path(name).parent}/*" in wanted} - set(back)


def _extract_stands(settings: Settings, chosen: FileList, name: str, back: Collection[str]) -> bool:
    """Return whether a file is of an extract whose note in the home names the cells of the list."""
    place = f"landing/{Path(name).parent.name}/{Path(name).stem}"
    cells = chosen.files.get(f"{place}.parquet")
    noted = note_of_extract(settings, name).get("parquet_sha256")
    return cells is not None and noted == cells.sha256 and f"{place}.json" not in back
