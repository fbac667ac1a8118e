"""Dates of another year: with the year moved, they say what they said before, or follow what was sent before."""

import re

from orchestration.gates.diagnosis.held import MOST, Change, Explanation, HeldExtract

SENTENCE = "The year is wrong by {years} in {columns} in {count} of {of} records that differ (rows {rows})"
QUESTION = (
    "Were the dates entered or exported with another year? Please check the year and send the file again."
)
_YEAR = re.compile(r"(?:19|20)\d\d")


def explain(held: HeldExtract) -> Explanation | None:
    for years in (-1, 1, -10, 10, -100, 100):

        def is_moved(change: Change, years: int = years) -> bool:
            was, now = _YEAR.search(change.was), _YEAR.search(change.now)
            moved = was and now and int(now[0]) - int(was[0]) == years
            return bool(moved and (len(change.was) > 4) and _is_near(change.was, change.now))

        given = {"years": f"{years:+d}"}
        if found := held.explain_changes("wrong_year", SENTENCE, QUESTION, is_moved, **given):
            return found
        received, newest = held.landed.received_on, max(held.before.days.values(), default=None)
        days = [day for one in held.new if (day := held.now.days.get(one))]
        if held.has_changed or not received or not newest or not days:
            continue

        def fitting(moved: int) -> float:
            fits = [
                newest.toordinal() - 31 < day.toordinal() - moved * 365 <= received.toordinal()
                for day in days
            ]
            return sum(fits) / len(fits)

        if fitting(years) >= MOST and fitting(0) < 0.5:
            return held.explain_new("wrong_year", SENTENCE, QUESTION, held.new, ["event_on"], **given)
    return None


def _is_near(was: str, now: str) -> bool:
    """Whether day and month are the same, but for the end of a month."""
    was, now = _YEAR.sub("", was, count=1), _YEAR.sub("", now, count=1)
    return was == now or (
        int(re.sub(r"\D", "", was) or 0) != 0 and any(end in was for end in ("29", "30", "31"))
    )
