"""Dates were cut to the first of their month or year."""

import re

from orchestration.gates.diagnosis.held import Change, Found, HeldExtract

SENTENCE = (
    "The dates in {columns} were cut to the first of the month or year, in {count} of {of} records that "
    "differ (rows {rows})"
)
QUESTION = (
    "Did the export keep only the month or the year of the dates? Please send the file with whole dates."
)
_NUMBERS = re.compile(r"\d+")


def explain(held: HeldExtract) -> Found | None:
    return held.of_changes(_is_cut)


def _is_cut(change: Change) -> bool:
    was, now = (list(map(int, _NUMBERS.findall(text)[:3])) for text in (change.was, change.now))
    if was and was[0] < 1000:
        was, now = was[::-1], now[::-1]
    return len(was) == 3 and now in ([was[0], was[1], 1], [was[0], 1, 1])
