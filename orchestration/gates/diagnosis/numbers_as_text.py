"""Text for numbers, or another decimal sign: the digits are the same, what stands around them is not."""

import re

from orchestration.gates.diagnosis.held import Change, Found, HeldExtract

SENTENCE = (
    "The numbers in {columns} are written as text or with another decimal sign, in {count} of {of} "
    "records that differ (rows {rows})"
)
QUESTION = "Were numbers saved as text, or with another decimal sign? Please send them as numbers, as before."


def explain(held: HeldExtract) -> Found | None:
    return held.of_changes(_has_the_digits)


def _has_the_digits(change: Change) -> bool:
    was, now = (re.sub(r"[.,]0+\b", "", text) for text in (change.was, change.now))
    return was.isdigit() and re.findall(r"\d+", now) == [was]
