"""Check that the home lies on an encrypted volume, where the installation requires one.

Linux shows dm-crypt (LUKS) below a file system, also through LVM or RAID, in /proc and /sys. It does not show
FileVault, BitLocker, ZFS or a cloud's encrypted disks: for these the operator sets NJIA_VOLUME_IS_ENCRYPTED.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from orchestration.core.errors import UsageError
from orchestration.core.settings import Settings

# Beginnings of the uuid of a cryptsetup device. CRYPT-VERITY and CRYPT-INTEGRITY do not encrypt.
ENCRYPTING = ("CRYPT-LUKS", "CRYPT-PLAIN", "CRYPT-LOOPAES", "CRYPT-TCRYPT", "CRYPT-BITLK", "CRYPT-FVAULT2")
ENCRYPTING_FILE_SYSTEMS = {"ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs"}
PROC, SYS = Path("/proc"), Path("/sys")


def require_encrypted_volume(settings: Settings, is_encrypted: Callable[[Path], bool] | None = None) -> None:
    """Raise UsageError where an encrypted volume is required and home or keys are on none.

    NJIA_VOLUME_IS_ENCRYPTED overrides the check.
    """
    if not settings.require_encrypted_volume or settings.volume_is_encrypted:
        return
    check = is_encrypted or lies_on_encrypted
    unencrypted = [folder for folder in (settings.home, settings.keys) if not check(folder)]
    if unencrypted:
        raise UsageError(
            f"NJIA_REQUIRE_ENCRYPTED_VOLUME is set, but {' and '.join(map(str, unencrypted))} shows no "
            "encrypted volume. Move it to a volume on LUKS (dm-crypt). If the disk is encrypted in another "
            "manner (FileVault, BitLocker, ZFS, a cloud's disk), set NJIA_VOLUME_IS_ENCRYPTED=1."
        )


def lies_on_encrypted(path: Path, proc: Path = PROC, sys: Path = SYS) -> bool:
    """Whether Linux shows the volume of a path (or of its nearest existing parent) as encrypted."""
    existing = path.resolve()
    while not existing.exists():
        existing = existing.parent
    mount = _mount_of(existing, proc)
    if mount is None:
        return False
    device, kind, source = mount
    if kind in ENCRYPTING_FILE_SYSTEMS:
        return True
    block = sys / "dev" / "block" / device
    if not block.exists():  # btrfs and others number virtual devices; the source names the real one
        block = sys / "class" / "block" / Path(os.path.realpath(source)).name
    return block.exists() and _is_encrypted(block.resolve())


def _mount_of(path: Path, proc: Path) -> tuple[str, str, str] | None:
    """Return device (major:minor), file system and source of the mount of a path."""
    try:
        lines = (proc / "self" / "mountinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None  # not Linux
    best: tuple[int, tuple[str, str, str]] | None = None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields, (kind, source, *_) = before.split(), after.split()
        point = Path(_unescaped(fields[4]))
        # The last of several mounts at one point covers the others.
        if path.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = len(point.parts), (fields[2], kind, _unescaped(source))
    return best[1] if best else None


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def _is_encrypted(block: Path) -> bool:
    """Whether a device is of dm-crypt, or lies on such devices alone."""
    if not (block / "slaves").is_dir() and (block / "partition").is_file():
        block = block.parent  # a partition has its disk's slaves
    uuid = block / "dm" / "uuid"
    if uuid.is_file() and uuid.read_text(encoding="ascii", errors="replace").startswith(ENCRYPTING):
        return True
    below = sorted((block / "slaves").iterdir()) if (block / "slaves").is_dir() else []
    return bool(below) and all(_is_encrypted(one.resolve()) for one in below)
