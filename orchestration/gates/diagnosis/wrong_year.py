"""Dates of another year: with the year moved, they say or follow what was sent before."""

import re

from orchestration.gates.diagnosis.held import MOST, Change, Found, HeldExtract

SENTENCE = (
    "The year looks wrong in {columns}: moved by {years}, {count} of the {of} dates that differ fit (rows "
    "{rows})"
)
QUESTION = (
    "Were the dates entered or exported with another year? Please check the year and send the file again."
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH_ENDS = re.compile("29|30|31")


def explain(held: HeldExtract) -> Found | None:
    for years in (1, -1, 10, -10, 100, -100):

        def read_as(text: str, years: int = years) -> str:
            return _YEAR.sub(lambda year: str(int(year[0]) + years), text, count=1)

        def is_moved(change: Change) -> bool:
            read = read_as(change.now)
            is_end = _MONTH_ENDS.search(change.was) and _YEAR.findall(read) == _YEAR.findall(change.was)
            return len(change.was) > 4 and (read == change.was or bool(is_end))

        follows = ["event_on"] if _share_that_follows(held, years) >= MOST else []
        given = {"years": f"{years:+d}"}
        if found := held.of_changes(is_moved, **given) or held.of_new(follows, read_as, **given):
            return found
    return None


def _share_that_follows(held: HeldExtract, years: int) -> float:
    """Return the share of new dates that follow the earlier ones once the year is moved, and only then."""
    received, newest = held.landed.received_on, max(held.before.days.values(), default=None)
    days = [day.toordinal() for one in held.new_alone if (day := held.now.days.get(one))]
    if not days or not received or not newest:
        return 0.0
    as_is, moved = (
        sum(newest.toordinal() - 31 < day + 365 * by <= received.toordinal() for day in days) / len(days)
        for by in (0, years)
    )
    return moved if as_is < 0.5 else 0.0
