"""What a name sounds like, so that two spellings of it give the same code. Nothing here keeps a name.

A change of any rule is a new version of the codes: raise `CODES_VERSION` in `codes`.
"""

from __future__ import annotations

import re
import unicodedata

import jellyfish

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
