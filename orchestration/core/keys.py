"""Keys of an installation: record, link and noise key, and the stewards' public key.

`release_key` holds the key that signs releases; `intake` decides which fields are hashed or sealed.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.core.durable import make_folder, write_secret
from orchestration.core.errors import UsageError
from orchestration.core.release_key import (
    RELEASE_KEY,
    RELEASE_PUB,
    create_missing_release_key,
    installed_public_key,
)
from orchestration.core.settings import Settings
from orchestration.core.sums import note_sums, read_json

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

RECORD_KEY, LINK_KEY, NOISE_KEY = "record.key", "link.key", "noise.key"
STEWARDS_RECIPIENT = "stewards.age.pub"
SAMPLES_PRIVATE_KEY = "stewards.age.key"  # in a home of the samples alone
USES = {
    "record": (
        RECORD_KEY,
        "makes record ids, codes of partners and submissions, marks of forgotten records; "
        "encrypts texts of places",
    ),
    "link": (LINK_KEY, "makes link codes of names, phones and answers"),
    "noise": (NOISE_KEY, "makes protection keys, which decide the noise of public counts"),
    "stewards": (STEWARDS_RECIPIENT, "originals are sealed to it; the stewards hold the private key"),
    "release": (RELEASE_KEY, "signs releases; release.pub is for everybody"),
}

KEY_FILES = (*(file for file, _ in USES.values()), RELEASE_PUB)

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


@dataclass(frozen=True)
class Keys:
    """Record, link and noise key (32 bytes each) and the stewards' age recipient. Only `ids` may be shown.

    Link codes need the link key, protection keys the noise key.
    """

    record_key: bytes
    stewards_recipient: str
    link_key: bytes | None = None
    noise_key: bytes | None = None

    @property
    def ids(self) -> dict[str, str]:
        """Ids of the keys for manifests: 8 hex digits of a hash."""
        ids = {
            "record": _key_id(self.record_key),
            "stewards": hashlib.sha256(self.stewards_recipient.encode()).hexdigest()[:8],
        }
        others = {"link": self.link_key, "noise": self.noise_key}
        return ids | {name: _key_id(key) for name, key in others.items() if key}

    def record_id(self, partner: str, record_ref: str) -> int:
        """Return the 64-bit keyed hash (signed) of a partner's reference."""
        return self.number("record", partner, record_ref)

    def record_ids(self, partner: str, beginning: str, rests: pa.BinaryArray) -> npt.NDArray[np.int64]:
        """Return `record_id` of many references (UTF-8) with one beginning."""
        return self._numbers(b"\x00".join(part.encode() for part in ("record", partner, beginning)), rests)

    def protection_keys(self, record_ids: pa.Array) -> pa.Array:
        """Return keys for the cell-key method: keyed hashes from 0 to 2^31 - 1, null without a key."""
        import pyarrow as pa

        if self.noise_key is None:
            return pa.nulls(len(record_ids), pa.int64())
        digests = _digests(self.noise_key, b"protection\x00", record_ids.cast(pa.string()).cast(pa.binary()))
        return pa.array(digests.view(">u4")[:, 0].astype("int64") >> 1)

    def tombstone(self, partner: str, record_id: int) -> int:
        """Return the 64-bit keyed hash (signed) that recognises a forgotten record."""
        return self.number("forgotten", partner, str(record_id))

    def tombstones(self, partner: str, record_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return `tombstone` of many records."""
        import pyarrow as pa

        texts = pa.array(record_ids).cast(pa.string()).cast(pa.binary())
        return self._numbers(b"\x00".join((b"forgotten", partner.encode(), b"")), texts)

    def token(self, text: str) -> str:
        """Return what stands for a text in files: `t-` and 22 letters of a keyed hash.

        Without digits, so that no detector takes it for a phone or ID number.
        """
        return "t-" + self._digest("text", text)[:11].hex().translate(_LETTERS)

    @property
    def texts_key(self) -> bytes:
        """The key (64 bytes) of the encrypted files of texts, derived from the record key."""
        return hmac.digest(self.record_key, b"njia texts", "sha512")

    def _numbers(self, shared: bytes, rests: pa.BinaryArray) -> npt.NDArray[np.int64]:
        """Return `number` of many texts with one beginning."""
        # A digest is four numbers of 8 bytes; the id is the first.
        return _digests(self.record_key, shared, rests).view(">i8")[:, 0].astype("int64")

    def partner_code(self, partner: str) -> str:
        """Return the code of a partner in published tables: `p-` and 8 hex digits of a keyed hash."""
        return "p-" + self._digest("partner", partner)[:4].hex()

    def submission_code(self, *parts: str) -> str:
        """Return the code of a form server's submission (16 hex digits), which partners share."""
        return f"{self.number('submission', *parts) % (1 << 64):016x}"

    def number(self, purpose: str, *parts: str) -> int:
        """Return the 64-bit keyed hash (signed) of some texts, separate for every purpose."""
        return int.from_bytes(self._digest(purpose, *parts)[:8], "big", signed=True)

    def _digest(self, purpose: str, *parts: str) -> bytes:
        message = b"\x00".join(part.encode("utf-8", "surrogatepass") for part in (purpose, *parts))
        return hmac.new(self.record_key, message, hashlib.sha256).digest()


def _digests(key: bytes, shared: bytes, rests: pa.BinaryArray) -> npt.NDArray[np.uint8]:
    """Return the keyed hashes (32 bytes) of many texts with one beginning."""
    import numpy as np
    import pyarrow.compute as pc
    import stringzilla

    # A copy, because Strs (5.3.2) ignores the offset of a sliced array.
    messages = pc.binary_join_element_wise(shared, rests, b"")
    digests = np.zeros((len(messages), 32), np.uint8)
    stringzilla.hmac_sha256(key, stringzilla.Strs(messages, view=True), out=digests)
    return digests


def shown_record(record_id: int) -> str:
    """Return a record id as people see and type it: a spreadsheet would round the number."""
    return f"r-{record_id % (1 << 64):016x}"


def record_of(shown: str) -> int:
    """Return the record id of a text made by `shown_record`."""
    unsigned = int(shown.removeprefix("r-"), 16)
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"njia key id|" + key).hexdigest()[:8]


def load_keys(folder: Path) -> Keys:
    """Read the keys; raises UsageError where an installation has none yet."""
    record, link, recipient = folder / RECORD_KEY, folder / LINK_KEY, folder / STEWARDS_RECIPIENT
    noise = folder / NOISE_KEY
    if not (record.is_file() and link.is_file() and recipient.is_file()):
        raise UsageError(
            f"The keys in {folder} are missing or incomplete. `njia refresh` makes them, once "
            f"{STEWARDS_RECIPIENT} holds the stewards' public key, or in a terminal."
        )
    # `require_noise_key` says what a missing one means.
    noise_key = _read_key(noise) if noise.is_file() else None
    return Keys(_read_key(record), recipient.read_text().strip(), _read_key(link), noise_key)


def create_missing_keys(
    folder: Path, landing: Path, link_codes: Path, releases: Path | None = None
) -> str | None:
    """Create missing keys (folder 0700, files 0600); return the stewards' private key if one was made.

    The caller shows it once; it is stored nowhere. To use a key pair made elsewhere, put its public part (an
    age recipient) in `stewards.age.pub` beforehand. Raises UsageError where a key is missing that landed
    extracts, link codes or releases were made with.
    """
    make_folder(folder, 0o700)
    folder.chmod(0o700)
    if not (folder / RECORD_KEY).exists():
        if any(landing.glob("*/*.json")):
            raise UsageError(
                f"No record key in {folder}, but extracts have landed: a new key would give each record "
                "another id. Set NJIA_KEYS to its folder, or restore it from the backup."
            )
        write_secret(folder / RECORD_KEY, secrets.token_hex(32))
    if not (folder / LINK_KEY).exists():
        if any(link_codes.glob("*/*.parquet")):
            raise UsageError(
                f"No link key in {folder}, but link codes exist, and a new key would match none of them. "
                f"Restore it from the backup; if it is lost, remove the folder {link_codes} and send the "
                "extracts again."
            )
        write_secret(folder / LINK_KEY, secrets.token_hex(32))
    if not (folder / NOISE_KEY).exists():
        _refuse_another_noise_key(folder, None, releases)
        write_secret(folder / NOISE_KEY, secrets.token_hex(32))
    create_missing_release_key(folder, releases)
    if (folder / STEWARDS_RECIPIENT).exists():
        _note_sums(folder)
        return None
    private_key, recipient = new_stewards_pair()
    write_secret(folder / STEWARDS_RECIPIENT, recipient)
    _note_sums(folder)
    return private_key


def _note_sums(folder: Path) -> None:
    """Note the sums of the keys; passwords and tokens of sources beside them are the operator's."""
    note_sums(folder, KEY_FILES)


def require_noise_key(keys: Keys, folder: Path, releases: Path) -> None:
    """Raise UsageError where the noise key is missing or differs from that of a kept release."""
    _refuse_another_noise_key(folder, keys.ids.get("noise"), releases)
    if keys.noise_key is None:
        raise UsageError(f"There is no {folder / NOISE_KEY}. `njia refresh` makes it.")


def _refuse_another_noise_key(folder: Path, key_id: str | None, releases: Path | None) -> None:
    for path in sorted(releases.glob("[!.]*/manifest.json"), reverse=True) if releases else ():
        used = read_json(path).get("key_ids", {}).get("noise")
        if used and used != key_id:
            found = f"holds the key {key_id}" if key_id else "is missing"
            raise UsageError(
                f"{folder / NOISE_KEY} {found}, but the public counts of the release {path.parent.name} "
                f"were made with the key {used}. Restore it from the backup, or set NJIA_KEYS to its folder. "
                "Another key cannot publish or republish a year: two protected numbers of one count "
                "give it away. If the key is lost, begin a new home."
            )


def new_stewards_pair() -> tuple[str, str]:
    """Return a new private key of age, to be shown once, and its public part."""
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def create_sample_pair(folder: Path) -> Path:
    """Make the stewards' pair of a home of the samples, private key included; return the file of that."""
    import pyrage

    make_folder(folder, 0o700)
    file = folder / SAMPLES_PRIVATE_KEY
    if not file.exists():  # a kill may have come between the two
        write_secret(file, str(pyrage.x25519.Identity.generate()))
    identity = pyrage.x25519.Identity.from_str(file.read_text().strip())
    write_secret(folder / STEWARDS_RECIPIENT, str(identity.to_public()))
    return file


def _read_key(path: Path) -> bytes:
    return bytes.fromhex(path.read_text().strip())


@dataclass(frozen=True)
class KeyPlace:
    """`id`: 8 hex digits of a hash, None where the key is missing or cannot be read by this account."""

    name: str
    id: str | None
    file: str
    use: str


def key_places(settings: Settings) -> list[KeyPlace]:
    """List every kind of key in a fixed order, missing ones included."""
    ids = _ids(settings)
    return [
        KeyPlace(name, ids.get(name), str(settings.keys / file), use) for name, (file, use) in USES.items()
    ]


def _ids(settings: Settings) -> dict[str, str]:
    ids: dict[str, str] = {}
    readers: tuple[Callable[[], dict[str, str]], ...] = (
        lambda: load_keys(settings.keys).ids,
        lambda: {"release": installed_public_key(settings.keys).id},
    )
    for read_ids in readers:
        try:
            ids |= read_ids()
        except (UsageError, OSError, ValueError):
            continue
    return ids
