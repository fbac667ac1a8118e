"""Sentences that stewards are shown, in English and Swahili.

A sentence stands in English where it is made, and remembers what was filled into it; `swahili.csv` has the
same sentence in Swahili, one line each. What belongs to the desk alone is in `desk/words.csv`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).with_name("swahili.csv")
SWAHILI = "sw"
# Before what is wrong, where nothing was recorded; of several faults it is said once.
NOT_RECORDED = "The decision was not recorded. {fault}"
_FILLED_IN = re.compile(r"\{[^{}]*\}")


class Said(str):
    """An English sentence, `template` with what was `given` for its braces."""

    template: str
    given: Mapping[str, Any]


def say(template: str, **given: Any) -> Said:
    """Fill a sentence in. What is given may be a sentence itself: it is then said in the same language."""
    made = Said(template.format(**given))
    made.template, made.given = template, given
    return made


def together(*sentences: str) -> str:
    """Several sentences as one paragraph; empty ones are left out."""
    parts = {f"part_{at}": sentence for at, sentence in enumerate(filter(None, sentences))}
    return say(" ".join(f"{{{name}}}" for name in parts), **parts)


def listed(words: list[str] | tuple[str, ...], between: str = ", ") -> str:
    """Words or sentences in a row."""
    parts = {f"part_{at}": word for at, word in enumerate(words)}
    return say(between.join(f"{{{name}}}" for name in parts), **parts)


def in_language(sentence: str, language: str) -> str:
    """A sentence as `say` or a reference file made it; one that has no Swahili stays English."""
    if language != SWAHILI:
        return sentence
    if not isinstance(sentence, Said):
        return swahili().get(sentence, sentence)
    template = sentence.template
    if has_words(template):
        template = swahili().get(template, template)
    given = {
        name: in_language(one, language) if isinstance(one, str) else one
        for name, one in sentence.given.items()
    }
    return template.format(**given)


def has_words(template: str) -> bool:
    """Whether there is anything to translate beside what is filled in."""
    return any(letter.isalpha() for letter in _FILLED_IN.sub("", template))


def packed(sentence: str) -> Any:
    """For JSON: what `unpacked` makes the same sentence of."""
    if not isinstance(sentence, Said):
        return sentence
    return {
        "says": sentence.template,
        "given": {name: packed(one) if isinstance(one, str) else one for name, one in sentence.given.items()},
    }


def unpacked(told: Any) -> Any:
    if not isinstance(told, dict):
        return told
    return say(told["says"], **{name: unpacked(one) for name, one in told["given"].items()})


@cache
def swahili() -> dict[str, str]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row["english"]: row["swahili"] for row in csv.DictReader(file)}
