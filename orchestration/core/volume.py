"""Does the home lie on an encrypted volume? Asked at the start of a command, where the installation wants it.

Linux tells of dm-crypt (LUKS) below a file system, also through LVM or RAID, in /proc and /sys. Of a disk
that is encrypted elsewhere (FileVault, BitLocker, ZFS, a cloud's disks) it tells nothing: there the operator
says so. What does not belong here: encrypting anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from orchestration.core.errors import UsageError
from orchestration.core.settings import Settings

# By what a device of cryptsetup is named. CRYPT-VERITY and CRYPT-INTEGRITY only find changes: all is open.
ENCRYPTING = ("CRYPT-LUKS", "CRYPT-PLAIN", "CRYPT-LOOPAES", "CRYPT-TCRYPT", "CRYPT-BITLK", "CRYPT-FVAULT2")
ENCRYPTING_FILE_SYSTEMS = {"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"}
PROC, SYS = Path("/proc"), Path("/sys")


def require_encrypted_volume(settings: Settings, is_encrypted: Callable[[Path], bool] | None = None) -> None:
    """Raises UsageError where the installation asks for an encrypted volume and home or keys are on none.

    NJIA_VOLUME_IS_ENCRYPTED is taken at its word.
    """
    if not settings.require_encrypted_volume or settings.volume_is_encrypted:
        return
    seen = is_encrypted or lies_on_encrypted
    open_ones = [folder for folder in (settings.home, settings.keys) if not seen(folder)]
    if open_ones:
        raise UsageError(
            f"{' and '.join(map(str, open_ones))} cannot be seen to lie on an encrypted volume, and "
            "NJIA_REQUIRE_ENCRYPTED_VOLUME asks for one. Move it to a volume on LUKS (dm-crypt). If the disk "
            "is encrypted where Linux does not see it (FileVault, BitLocker, ZFS, a cloud's disk), say so "
            "with NJIA_VOLUME_IS_ENCRYPTED=1."
        )


def lies_on_encrypted(path: Path, proc: Path = PROC, sys: Path = SYS) -> bool:
    """Whether the volume of a path (or of what is there of it) can be seen to be encrypted."""
    there = path.resolve()
    while not there.exists():
        there = there.parent
    mount = _mount_of(there, proc)
    if mount is None:
        return False
    device, kind, source = mount
    if kind in ENCRYPTING_FILE_SYSTEMS:
        return True
    block = sys / "dev" / "block" / device
    if not block.exists():  # btrfs and others name a device of their own; the source is the real one
        block = sys / "class" / "block" / Path(os.path.realpath(source)).name
    return block.exists() and _is_encrypted(block.resolve())


def _mount_of(path: Path, proc: Path) -> tuple[str, str, str] | None:
    """Device (major:minor), file system and source of the mount that a path lies in."""
    try:
        lines = (proc / "self" / "mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None  # no Linux
    best: tuple[int, tuple[str, str, str]] | None = None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, (kind, source, *_) = before.split(), after.split()
        point = Path(_unescaped(fields[4]))
        # Of several mounts at one place the last covers the others.
        if path.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = len(point.parts), (fields[2], kind, _unescaped(source))
    return best[1] if best else None


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _is_encrypted(block: Path) -> bool:
    """A device of dm-crypt, or one that lies on such devices alone."""
    if not (block / "slaves").is_dir() and (block / "partition").is_file():
        block = block.parent  # a partition has its disk's slaves
    uuid = block / "dm" / "uuid"
    if uuid.is_file() and uuid.read_text(encoding="ascii", errors="replace").startswith(ENCRYPTING):
        return True
    below = sorted((block / "slaves").iterdir()) if (block / "slaves").is_dir() else []
    return bool(below) and all(_is_encrypted(one.resolve()) for one in below)
