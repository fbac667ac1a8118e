"""Keyed codes of what identifies a person: made at reading time, compared by linkage, never turned back.

A code is HMAC-SHA-256 under the link key, cut to 16 bytes. Without the key nobody can try names against it;
who holds the key can, and equal codes stay equal: codes are restricted, and destroyed as the policy says.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from orchestration.linkage.names import plain_of, sounds_of

# Stands in every message of a name: codes made by other rules match none of these.
CODES_VERSION = "ph2"
_ANSWERS_VERSION = "ph1"  # in those of phones and answers
MOST_WORDS = 4
_BYTES = 16
_COUNTRY_CODE = "254"
_LOCAL_DIGITS = 9


class Coder:
    """Makes the codes of one installation; `key` is its link key (32 bytes)."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[tuple[str, str], str | None] = {}

    def names(self, *names: str) -> list[str]:
        """A code of 32 hex digits for each word of some names of a person, in their order; no word twice."""
        words = [word for name in names for word in sounds_of(name)]
        return [str(self._code("name", word)) for word in dict.fromkeys(words)][:MOST_WORDS]

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
        version = CODES_VERSION if kind == "name" else _ANSWERS_VERSION
        message = f"{version}|{kind}|{plain}".encode()
        return hmac.new(self._key, message, hashlib.sha256).digest()[:_BYTES].hex()


def _plain(kind: str, text: str) -> str | None:
    if kind == "name":
        return text
    if kind == "phone":
        digits = re.sub(r"\D", "", text).removeprefix(_COUNTRY_CODE).lstrip("0")
        return digits[-_LOCAL_DIGITS:] if len(digits) >= _LOCAL_DIGITS else None
    return " ".join(re.findall(r"[^\W_]+", plain_of(text))) or None
