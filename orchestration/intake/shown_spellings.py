"""Which spellings of a closed list may be shown to a steward: those that cannot identify anybody.

A list of choices may hold a name by mistake (a swapped column, a note typed into the wrong cell). So a
spelling is shown only where every word of it belongs to our own lists, or where its other words are written
small (as no name is), several records share it and the list is short. What looks like a person, phone or
ID never is.
"""

from __future__ import annotations

import csv
import re
from functools import cache

from orchestration.contracts import tidy
from orchestration.core import FIRST_NAMES, REFERENCE_SEEDS
from orchestration.intake.minimising.detectors import identifies
from orchestration.intake.shown_names import names_somebody

LONGEST_SPELLING = 40
MOST_WORDS = 5
ENOUGH_RECORDS = 5
LONGEST_LIST = 12
_WORD = re.compile(r"[^\W\d_]+")


def may_be_shown(spelling: str, records: int, spellings_in_list: int) -> bool:
    """Whether a spelling that `records` records share identifies nobody."""
    text = tidy(spelling)
    written = _WORD.findall(text)
    words = [word.casefold() for word in written]
    if not words or len(text) > LONGEST_SPELLING or len(words) > MOST_WORDS:
        return False
    if identifies(text) or names_somebody(text) or FIRST_NAMES.intersection(words):
        return False
    unknown = [word for word in written if word.casefold() not in _known_words()]
    if not unknown and not any(sign.isdigit() for sign in text):
        return True
    return (
        all(word.islower() for word in unknown)
        and records >= ENOUGH_RECORDS
        and spellings_in_list <= LONGEST_LIST
    )


@cache
def _known_words() -> frozenset[str]:
    """The words of our codes, their labels and spellings, in every language and system."""
    texts = []
    for seed, columns in (
        ("codes.csv", ("code", "label")),
        ("code_words.csv", ("word",)),
        ("crosswalk.csv", ("system_code",)),
    ):
        with (REFERENCE_SEEDS / seed).open(encoding="utf-8", newline="") as lines:
            texts += [row[column] for row in csv.DictReader(lines) for column in columns]
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text.replace("_", " ")))
