"""Keyed codes of what identifies a person: made at reading time, compared by linkage, never turned back.

A code is HMAC-SHA-256 under the link key, cut to 16 bytes. Without the key nobody can try names against it;
who holds the key can, and equal codes stay equal: codes are restricted, and destroyed as the policy says.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from orchestration.linkage.names import plain_of, sound_of

# Stands in every message: codes made by other rules match none of these.
CODES_VERSION = "ph1"
_BYTES = 16
_COUNTRY_CODE = "254"
_LOCAL_DIGITS = 9


class Coder:
    """Makes the codes of one installation; `key` is its link key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[tuple[str, str], str | None] = {}

    def given(self, name: str) -> str | None:
        """32 hex digits, or None where the text is no name."""
        return self._code("given", name)

    def surname(self, name: str) -> str | None:
        return self._code("surname", name)

    def phone(self, number: str) -> str | None:
        """The same code for `0712 …`, `+254 712 …` and `254712…`."""
        return self._code("phone", number)

    def answer(self, question: str, text: str) -> str | None:
        """The code of an answer that two forms may share, such as a sub-county or a level of schooling."""
        return self._code(f"answer {question}", text)

    def _code(self, kind: str, text: str) -> str | None:
        if (kind, text) not in self._known:
            plain = _plain(kind, text)
            self._known[kind, text] = self._digest(kind, plain) if plain else None
        return self._known[kind, text]

    def _digest(self, kind: str, plain: str) -> str:
        message = f"{CODES_VERSION}|{kind}|{plain}".encode()
        return hmac.new(self._key, message, hashlib.sha256).digest()[:_BYTES].hex()


def _plain(kind: str, text: str) -> str | None:
    if kind in ("given", "surname"):
        return sound_of(text, is_surname=kind == "surname")
    if kind == "phone":
        digits = re.sub(r"\D", "", text).removeprefix(_COUNTRY_CODE).lstrip("0")
        return digits[-_LOCAL_DIGITS:] if len(digits) >= _LOCAL_DIGITS else None
    return " ".join(re.findall(r"[^\W_]+", plain_of(text))) or None
