"""Keyed codes of what identifies a person: made at reading time, compared by linkage, never turned back.

A code is HMAC-SHA-256 under the link key, cut to 16 bytes. Without the key nobody can try names against it;
who holds the key can, and equal codes stay equal: codes are restricted, and destroyed as the policy says.
A name is coded by what it sounds like, so that two spellings of it give the same code. No name is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

import jellyfish

# Stands in every message of a name: codes made by other rules match none of these. Raise it with any rule.
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

    def reference(self, kind: str, text: str) -> str | None:
        """The code of an incident or referral number, the same for `OB 12/2024` and `ob12-2024`."""
        return self._code(f"reference {kind}", text)

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
    words = re.findall(r"[^\W_]+", plain_of(text))
    if kind.startswith("reference"):
        words = [] if set(words) <= _NO_NUMBER else ["".join(words)]
    return " ".join(words) or None


# Each rule, in this order, with spellings that it brings together.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(.)\1+", r"\1"),  # Hassan, Hasan; Faadumo, Fadumo
        (r"^c(?=abd|ali|um|ash|us|ad|is|il|aw|ay)", ""),  # Somali c: Cabdi, Abdi; Cali, Ali; Cumar, Umar
        (r"x(?=[aeiouymn])", "h"),  # Somali x: Xasan, Hasan; Cabdiraxman, Abdirahman
        (r"kh", "h"),  # Khadija, Hadija
        (r"dh", "d"),  # Ramadhan, Ramadan
        (r"th", "t"),  # Fathuma, Fatuma
        (r"gh", "g"),  # Maghrib, Magrib
        (r"q", "k"),  # Qamar, Kamar
        (r"dj", "j"),  # Djamila, Jamila
        (r"(?<=[bcdfghjklmnpqrstvz])[wu](?=[aeiou])", ""),  # Mwangi, Muangi
        (r"(?<=[aeiou])[yi](?=[aeiou])", ""),  # Ayesha, Aesha; Zubeyir, Zubeir
        (r"^y?[aeiou]+", "a"),  # Omar, Umar; Yusuf, Iusuf
    )
)
# Words beside a name that one partner writes and another leaves out.
_PARTICLES = {"bin", "bint", "binti", "ben", "ibn", "wa", "al", "el", "ole", "arap", "mr", "mrs", "ms", "dr"}
# Begins of one name that some write as a word of its own: Abdi Rahman, Abdirahman.
_BEGINS = {"abd", "abdi", "abdu", "abdul", "abdel", "abdal", "cabdi", "cabdul"}
_NO_NAME = {
    "unknown", "unkown", "na", "none", "nil", "null", "anonymous", "withheld", "refused", "confidential",
    "haijulikani", "hajulikani", "sijui", "hakuna", "baby", "child", "mtoto", "client", "x",
}  # fmt: skip
_NO_NUMBER = _NO_NAME | {"n", "a", "no", "not", "given", "pending", "bado", "0"}
_SHORTEST = 2


def plain_of(text: str) -> str:
    """Lower case, without accents, apostrophes and hyphens."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[’‘ʼʻ'`´-]", "", plain)


def words_of(name: str) -> list[str]:
    """The words of a name in plain lower-case letters, without particles, `abdi rahman` as one word."""
    words: list[str] = []
    for word in re.findall(r"[a-z]+", plain_of(name)):
        if words and words[-1] in _BEGINS:
            words[-1] += word
        elif word not in _PARTICLES:
            words.append(word)
    return words


def sounds_of(name: str) -> list[str]:
    """The Metaphone code of each word of a name.

    None where there is no name to tell from another: blank, an initial, or a word such as `unknown`.
    """
    words = [word for word in words_of(name) if len(word) >= _SHORTEST]
    return [] if _NO_NAME & set(words) else [sound for word in words if (sound := _sound_of(word))]


def _sound_of(word: str) -> str:
    for pattern, replacement in _RULES:
        word = pattern.sub(replacement, word)
    return str(jellyfish.metaphone(word))
