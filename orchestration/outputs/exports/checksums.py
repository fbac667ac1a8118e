"""`SHA256SUMS`: the hash of each exported file. `sha256sum -c SHA256SUMS` checks a copy."""

from __future__ import annotations

import hashlib
from pathlib import Path

CHECKSUMS = "SHA256SUMS"


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> Path:
    lines = [
        f"{sha256_of(path)}  {path.name}\n" for path in sorted(folder.iterdir()) if path.name != CHECKSUMS
    ]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return folder / CHECKSUMS
