"""Interpret column headings by their words, with seeds/reference/column_words.csv.

Not here: interpreting values (`drafting.columns`), and comparing two headings (`drift.columns`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from orchestration.contracts import same, tidy
from orchestration.core import seed_rows

_INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[^\W_]+")
_PART_OF_A_PATH = re.compile(r"/| \| ")
# Words without meaning for the column.
_FILLERS = frozenset(["of", "the", "a", "an", "is", "was", "were", "did", "in", "ya", "la", "wa", "cha"])
# A name that software gives its own column, `_status`, and a phrase marked `=` count as whole headings only.
_WHOLE = ("_", "=")
DEFAULT_PART = "place_text"
SURELY_DENIED = 0.95


class Reading(NamedTuple):
    """A possible meaning of a heading; `strength` is 0.5 (a word among many) to 1 (the whole heading)."""

    kind: str
    means: str
    phrase: str
    strength: float


def words_of(heading: str) -> tuple[str, ...]:
    """Split `prs_BirthDate` or `Birth date` into lower-case words."""
    return tuple(word.casefold() for word in _WORD.findall(_INNER_CAPITAL.sub(" ", tidy(heading))))


def readings(heading: str) -> list[Reading]:
    """Return the meanings of a heading, longest phrase first; its last part beats the groups above."""
    last = _PART_OF_A_PATH.split(heading)[-1]
    if own := _phrases().get(same(last)):
        return [Reading(kind, means, phrase, 1.0) for phrase, kind, means in own]
    best = {reading[:2]: reading for reading in _read(words_of(heading), 0.9)}
    for reading in _read(words_of(last), 1.0):
        if reading[:2] not in best or reading.strength >= best[reading[:2]].strength:
            best[reading[:2]] = reading
    return sorted(best.values(), key=lambda one: (-len(one.phrase.split()), -one.strength, one.means))


def denial_in(said: list[Reading]) -> Reading | None:
    """Return the reason to deny a column if that is the clearest meaning of its heading."""
    denied = next((one for one in said if one.kind == "deny"), None)
    return denied if denied and (denied.strength >= SURELY_DENIED or said[0] is denied) else None


def field_of(heading: str) -> str | None:
    """Return the clearest field, use or reason to deny of a heading; places as `place(role).part`."""
    found = readings(heading)
    if not found:
        return None
    best = found[0]
    if best.kind in ("role", "part"):
        return place_of(found)
    return f"deny: {best.means}" if best.kind == "deny" else best.means


def place_of(found: list[Reading]) -> str | None:
    """Combine role and part: `Origin | Victim country` → `place(origin).country_text`."""
    role = next((one.means for one in found if one.kind == "role"), None)
    part = next((one.means for one in found if one.kind == "part"), None)
    if role is None and part != "admin_text":
        return None
    return f"place({role or 'observation'}).{part or DEFAULT_PART}"


def basis_of_heading(heading: str) -> str | None:
    """Return what a heading says the place is (`Home town` → home); None where it is open (`From`)."""
    roles = (one.phrase for one in readings(heading) if one.kind == "role")
    return next((basis for phrase in roles if (basis := _bases().get(phrase))), None)


@cache
def _bases() -> dict[str, str]:
    return {row["phrase"]: row["basis"] for row in seed_rows("column_words") if row["basis"]}


def _read(words: tuple[str, ...], weight: float) -> list[Reading]:
    said = [word for word in words if word not in _FILLERS] or list(words)
    found: dict[tuple[str, str], Reading] = {}
    for start in range(len(words)):
        for end in range(len(words), start, -1):
            for phrase, kind, means in _phrases().get(words[start:end], ()):
                telling = [word for word in words[start:end] if word not in _FILLERS] or words[start:end]
                strength = weight * (0.5 + 0.5 * len(telling) / len(said))
                reading = Reading(kind, means, phrase, round(strength, 3))
                known = found.get((kind, means))
                if known is None or len(known.phrase) < len(phrase):
                    found[kind, means] = reading
    return list(found.values())


@cache
def _phrases() -> dict[str | tuple[str, ...], list[tuple[str, str, str]]]:
    """Return phrase, kind and meaning by the words of a phrase.

    Names that software gives its columns stand there whole: `_status` differs from a partner's `status`.
    """
    phrases: dict[str | tuple[str, ...], list[tuple[str, str, str]]] = {}
    for row in seed_rows("column_words"):
        phrase = row["phrase"]
        key = phrase.removeprefix("=") if phrase.startswith(_WHOLE) else words_of(phrase)
        phrases.setdefault(key, []).append((phrase, row["kind"], row["means"]))
    return phrases
