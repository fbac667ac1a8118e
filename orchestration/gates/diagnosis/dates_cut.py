"""Dates were cut to the first of their month or year."""

import re

from orchestration.gates.diagnosis.held import Change, Explanation, HeldExtract

SENTENCE = "The dates in {columns} are cut to the first of the month or year in {count} of {of} records that differ (rows {rows})"
QUESTION = (
    "Did the export keep only the month or the year of the dates? Please send the file with whole dates."
)
_NUMBERS = re.compile(r"\d+")


def explain(held: HeldExtract) -> Explanation | None:
    return held.explain_changes("dates_cut", SENTENCE, QUESTION, _is_cut)


def _is_cut(change: Change) -> bool:
    was, now = (list(map(int, _NUMBERS.findall(text)[:3])) for text in (change.was, change.now))
    if len(was) < 3 or len(now) < 3:
        return False
    if was[0] < 1000:
        was, now = was[::-1], now[::-1]
    return now in ([was[0], was[1], 1], [was[0], 1, 1])
