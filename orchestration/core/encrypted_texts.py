"""Texts that files hold as tokens only, and the encrypted files from which they are read again.

A text of a place may be a person's name. So files hold its token (`Keys.token`: equal texts have equal tokens
in all extracts), and the texts stand in a `.texts` file: JSON under AES-SIV, whose key is derived from the
record key. Equal content gives equal bytes, so that a file of texts can be compared by its hash.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from orchestration.core.durable import write_bytes
from orchestration.core.errors import NjiaError
from orchestration.core.keys import Keys

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
