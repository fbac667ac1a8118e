"""The secrets of an installation: the record key, and the stewards' public key that originals are sealed to.

What does not belong here: which fields are hashed or sealed (that is `extracts`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyrage

from orchestration.errors import UsageError

RECORD_KEY = "record.key"
STEWARDS_RECIPIENT = "stewards.age.pub"


@dataclass(frozen=True)
class Keys:
    """The record key (32 bytes) and the stewards' age recipient; `ids` may be shown, the key never."""

    record_key: bytes
    stewards_recipient: str

    @property
    def ids(self) -> dict[str, str]:
        """Short names of the keys, for manifests: 8 hex digits of a hash, never the key."""
        return {
            "record": hashlib.sha256(b"njia key id|" + self.record_key).hexdigest()[:8],
            "stewards": hashlib.sha256(self.stewards_recipient.encode()).hexdigest()[:8],
        }

    def record_id(self, partner: str, record_ref: str) -> int:
        """64-bit keyed hash (signed) of a partner's reference: stable, and meaningless without the key."""
        return self.number("record", partner, record_ref)

    def record_ids(self, partner: str, beginning: str, rests: Iterable[bytes]) -> npt.NDArray[np.int64]:
        """`record_id` of many references that begin alike: HMAC by its definition (RFC 2104), with all that
        they share digested once.
        """
        block = self.record_key.ljust(64, b"\0")
        inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
        inner.update(b"\x00".join(part.encode() for part in ("record", partner, beginning)))
        begin, close = inner.copy, outer.copy
        digests = []
        for rest in rests:
            message = begin()
            message.update(rest)
            sealed = close()
            sealed.update(message.digest())
            digests.append(sealed.digest())
        # A digest is four numbers of 8 bytes, of which the first is the id.
        return np.frombuffer(b"".join(digests), ">i8")[::4].astype(np.int64)

    def partner_code(self, partner: str) -> str:
        """What published tables call a partner: `p-` and 8 hex digits of a keyed hash."""
        return "p-" + self._digest("partner", partner)[:4].hex()

    def number(self, purpose: str, *parts: str) -> int:
        """64-bit keyed hash (signed) of some text, separate for every purpose."""
        return int.from_bytes(self._digest(purpose, *parts)[:8], "big", signed=True)

    def _digest(self, purpose: str, *parts: str) -> bytes:
        message = b"\x00".join(part.encode() for part in (purpose, *parts))
        return hmac.new(self.record_key, message, hashlib.sha256).digest()


def load_keys(folder: Path) -> Keys:
    """Read the keys; raise UsageError when an installation has none yet."""
    record, recipient = folder / RECORD_KEY, folder / STEWARDS_RECIPIENT
    if not (record.is_file() and recipient.is_file()):
        raise UsageError(
            f"No keys in {folder}. Run `njia refresh` once in a terminal: it makes them and shows the "
            "stewards' private key, which is stored nowhere."
        )
    return Keys(bytes.fromhex(record.read_text().strip()), recipient.read_text().strip())


def create_missing_keys(folder: Path, landing: Path) -> str | None:
    """Make what is missing (folder 0700, files 0600). Returns the stewards' private key if one was made.

    The caller shows it once; it is stored nowhere. To use a key pair made elsewhere, put its public
    part (an age recipient) in `stewards.age.pub` beforehand. Raises UsageError where extracts have landed
    under a record key that is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / RECORD_KEY).exists():
        if any(landing.glob("*/*.json")):
            raise UsageError(
                f"No record key in {folder}, but extracts have landed already: with a new key each record "
                "would get another id. Set NJIA_KEYS to its folder, or restore it from the backup."
            )
        _write_secret(folder / RECORD_KEY, secrets.token_hex(32))
    if (folder / STEWARDS_RECIPIENT).exists():
        return None
    identity = pyrage.x25519.Identity.generate()
    _write_secret(folder / STEWARDS_RECIPIENT, str(identity.to_public()))
    return str(identity)


def _write_secret(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
