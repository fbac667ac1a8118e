"""Record, link and noise key of an installation, the stewards' public key, and texts under the record key.

`key_checks` proves each key and holds the one that signs releases; `intake` decides which fields
are hashed or sealed. A text of a place may be a person's name: files hold its token (`Keys.token`: equal
texts have equal tokens in all extracts), and the texts stand in a `.texts` file: JSON under AES-SIV, whose
key is derived from the record key. Equal content gives equal bytes, so that such a file can be compared by
its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.core.durable import make_folder, write_bytes, write_secret
from orchestration.core.errors import NjiaError
from orchestration.core.key_checks import (
    KEY_BYTES,
    LINK_KEY,
    NOISE_KEY,
    RECORD_KEY,
    RELEASE_KEY,
    SAMPLES_PRIVATE_KEY,
    STEWARDS_RECIPIENT,
    USES,
    key_id,
    needs,
    note_new_checks,
    proven,
    write_new_release_key,
    write_public_part,
)
from orchestration.core.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


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
        keys = {
            "record": self.record_key,
            "stewards": self.stewards_recipient.encode(),
            "link": self.link_key,
            "noise": self.noise_key,
        }
        return {name: key_id(name, key) for name, key in keys.items() if key}

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


def load_keys(settings: Settings, replaced: str = "") -> Keys:
    """Read the keys and prove each; raises what `proven` raises.

    `replaced`: the name of a key that a rotation replaces, which may be lost or damaged.
    """
    names = [name for name in ("record", "link", "noise", "stewards") if name != replaced]
    keys = {name: proven(settings, name) for name in names}
    return Keys(keys["record"], keys.get("stewards", b"").decode(), keys.get("link"), keys.get("noise"))


def create_missing_keys(settings: Settings) -> str | None:
    """Create missing keys (folder 0700, files 0600); return the stewards' private key if one was made.

    The caller shows it once; it is stored nowhere. To use a key pair made elsewhere, put its public part (an
    age recipient) in `stewards.age.pub` beforehand. Raises Damaged where a key does not fit the home, or is
    missing from a home that was used with it; then nothing is made.
    """
    folder = settings.keys
    make_folder(folder, 0o700)
    folder.chmod(0o700)
    for name, (file, _) in USES.items():
        if (folder / file).exists() or needs(settings, name):
            proven(settings, name)
    for file in (RECORD_KEY, LINK_KEY, NOISE_KEY):
        if not (folder / file).exists():
            write_secret(folder / file, secrets.token_hex(KEY_BYTES))
    if not (folder / RELEASE_KEY).exists():
        write_new_release_key(folder / RELEASE_KEY)
    write_public_part(settings)
    if (folder / STEWARDS_RECIPIENT).exists():
        note_new_checks(settings)
        return None
    private_key, recipient = new_stewards_pair()
    write_secret(folder / STEWARDS_RECIPIENT, recipient)
    note_new_checks(settings)
    return private_key


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


TEXTS_SUFFIX = ".texts"
_TOKEN = re.compile("t-[a-p]{22}")


def is_token(text: str) -> bool:
    """Return whether this is a token, as `Keys.token` makes them."""
    return _TOKEN.fullmatch(text) is not None


def encrypted(keys: Keys, content: Any) -> bytes:
    """Return content that JSON can hold, encrypted and authenticated."""
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return AESSIV(keys.texts_key).encrypt(text.encode("utf-8", "surrogatepass"), None)


def decrypted(keys: Keys, content: bytes, name: str) -> Any:
    """Return what `encrypted` took; raises NjiaError for a damaged file or one of another record key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

    try:
        text = AESSIV(keys.texts_key).decrypt(content, None)
    except (InvalidTag, ValueError):
        raise NjiaError(
            f"{name} cannot be opened: it is damaged, or it was written with another record key. Restore "
            "record.key and the file from a backup of the same day."
        ) from None
    return json.loads(text.decode("utf-8", "surrogatepass"))


def write_texts(path: Path, keys: Keys, content: Any) -> None:
    """Write content that JSON can hold to an encrypted file, durably."""
    write_bytes(path, encrypted(keys, content))


def read_texts(path: Path, keys: Keys) -> Any:
    """Return the content of an encrypted file; raises NjiaError as `decrypted`, OSError without the file."""
    return decrypted(keys, path.read_bytes(), path.name)
