"""Day and month were swapped: read the other way round, the dates say what they said before."""

import re

from orchestration.gates.diagnosis.held import FEWEST, Change, Explanation, HeldExtract

SENTENCE = "Day and month are swapped in {columns} in {count} of {of} records that differ (rows {rows})"
QUESTION = "Were the dates written with day and month in another order? Please send the file with the order used before."
_NUMBERS = re.compile(r"\d+")


def explain(held: HeldExtract) -> Explanation | None:
    return held.explain_changes("day_and_month", SENTENCE, QUESTION, _is_swapped) or _of_new(held)


def _is_swapped(change: Change) -> bool:
    was, now = (_NUMBERS.findall(text)[:3] for text in (change.was, change.now))
    if len(was) < 3 or len(now) < 3 or was == now:
        return False
    day, month = (0, 1) if len(was[2]) == 4 else (2, 1)
    was[day], was[month] = was[month], was[day]
    return [int(one) for one in was] == [int(one) for one in now]


def _of_new(held: HeldExtract) -> Explanation | None:
    """Read from the position that exceeds 12, in new records alone."""
    if held.changes:
        return None
    for name in held.fields:
        before, now = (
            [[int(one) for one in _NUMBERS.findall(text)[:3]] for text in rows.of_field(name, ids)]
            for rows, ids in ((held.before, held.before.values), (held.now, held.new))
        )
        for one, other in ((0, 1), (1, 2)):
            for day, month in ((one, other), (other, one)):
                if _over(before, day) >= FEWEST and 20 * _over(before, month) < _over(before, day):
                    if _over(now, month) >= FEWEST and 20 * _over(now, day) < _over(now, month):
                        return held.explain_new("day_and_month", SENTENCE, QUESTION, held.new, [name])
    return None


def _over(dates: list[list[int]], at: int) -> int:
    return sum(len(parts) == 3 and 12 < parts[at] <= 31 for parts in dates)
