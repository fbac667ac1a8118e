"""Sentences for stewards, in English and Swahili.

Code makes a sentence in English, and it remembers what was filled in; `swahili.csv` has the same sentence in
Swahili, one line each. The desk's own texts are in `desk/words.csv`.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

CATALOGUE = Path(__file__).with_name("swahili.csv")
SWAHILI = "sw"
# Before a fault; a list of faults says it once.
NOT_RECORDED = "The decision was not recorded. {fault}"
_FILLED_IN = re.compile(r"\{[^{}]*\}")


class Sentence(str):
    """An English sentence, `template` with what was `given` for its braces."""

    template: str
    given: Mapping[str, Any]


def say(template: str, **given: Any) -> Sentence:
    """Fill a sentence in. A filled-in value may be a sentence itself, which then takes the same language."""
    made = Sentence(template.format(**given))
    made.template, made.given = template, given
    return made


def together(*sentences: str) -> str:
    """Join sentences into one paragraph; empty ones are left out."""
    parts = {f"part_{at}": sentence for at, sentence in enumerate(filter(None, sentences))}
    return say(" ".join(f"{{{name}}}" for name in parts), **parts)


def listed(words: Sequence[str], between: str = ", ") -> str:
    """Join words or sentences into a list."""
    parts = {f"part_{at}": word for at, word in enumerate(words)}
    return say(between.join(f"{{{name}}}" for name in parts), **parts)


def in_language(sentence: str, language: str) -> str:
    """Return a sentence of `say` or of a reference file in a language; English where no Swahili is known."""
    if language != SWAHILI:
        return sentence
    if not isinstance(sentence, Sentence):
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
    """Return whether there is anything to translate beside what is filled in."""
    return any(letter.isalpha() for letter in _FILLED_IN.sub("", template))


def packed(sentence: str) -> Any:
    """Return a sentence for JSON, from which `unpacked` makes it again."""
    if not isinstance(sentence, Sentence):
        return sentence
    return {
        "says": sentence.template,
        "given": {name: packed(one) if isinstance(one, str) else one for name, one in sentence.given.items()},
    }


def unpacked(content: Any) -> Any:
    """Return the sentence that `packed` wrote."""
    if not isinstance(content, dict):
        return content
    return say(content["says"], **{name: unpacked(one) for name, one in content["given"].items()})


def as_text(sentence: str) -> str:
    """Return a sentence for a cell of a table, from which `of_text` makes it again; empty for none."""
    return json.dumps(packed(sentence), ensure_ascii=False) if sentence else ""


def of_text(text: str) -> str:
    """Return the sentence that `as_text` wrote."""
    return str(text) if not text else cast(str, unpacked(json.loads(text)))


@cache
def swahili() -> dict[str, str]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        return {row["english"]: row["swahili"] for row in csv.DictReader(file)}
