"""Rows are missing by their date: an older copy, a page or months left out."""

from collections import Counter
from datetime import date

from orchestration.gates.diagnosis.held import FEWEST, MOST, Explanation, HeldExtract

OLDER = "It is an older copy: it has nothing new, and none of the {of} records after {day}"
OLDER_QUESTION = "Was an older export sent by mistake? Please send the newest one."
MONTHS = "A part is missing: {count} of the {of} records that are missing are nearly all that was sent of {first} – {last}"
NO_MONTHS = "A part is missing: months between {first} and {last} have no record"
MONTHS_QUESTION = "Was a sheet, page or period left out of the file? Please send the file with all months."


def explain(held: HeldExtract) -> Explanation | None:
    if held.has_changed:
        return None
    return _older(held) or _part(held)


def _older(held: HeldExtract) -> Explanation | None:
    kept = [day for one in held.now.values if (day := held.now.days.get(one))]
    gone = [day for one in held.gone if (day := held.before.days.get(one))]
    if held.new or not kept or len(gone) < FEWEST:
        known = len(held.now.values) and len(held.common) / len(held.now.values)
        return None if held.new or gone or known < 1 or held.landed.is_full else _sent_again(held)
    newest = max(kept)
    after = sum(day >= newest for day in gone)
    if after < MOST * len(gone):
        return None
    return held.explanation(
        "older_copy", OLDER, OLDER_QUESTION, after / len(gone), [], of=len(gone), day=str(newest)
    )


def _sent_again(held: HeldExtract) -> Explanation:
    newest = max(held.now.days.values(), default=date.min)
    after = sum(day > newest for day in held.before.days.values())
    return held.explanation("older_copy", OLDER, OLDER_QUESTION, 1.0, [], of=after, day=str(newest))


def _part(held: HeldExtract) -> Explanation | None:
    """Months of which nearly nothing is left, and that hold nearly all that is gone."""

    def month(day: date) -> str:
        return f"{day:%Y-%m}"

    days = held.before.days
    was = Counter(month(days[one]) for one in held.replaced if one in days)
    gone = Counter(month(days[one]) for one in held.gone if one in days)
    lost = sorted(one for one, count in gone.items() if count >= 0.9 * was[one])
    explained = sum(gone[one] for one in lost)
    if explained >= max(FEWEST, 0.85 * len(held.gone)):
        return held.explanation("part_missing", MONTHS, MONTHS_QUESTION, explained / len(held.gone), [],
                                count=explained, of=len(held.gone), first=lost[0], last=lost[-1])  # fmt: skip
    if "months_missing" in held.broken and len(held.gone) < FEWEST:
        received = held.landed.received_on or date.max
        now = sorted(month(day) for one in held.new if (day := held.now.days.get(one)) and day <= received)
        if len(now) < MOST * len(held.new):
            return None
        return held.explanation("part_missing", NO_MONTHS, MONTHS_QUESTION, 1.0, [],
                                first=max(map(month, days.values())), last=now[-1])  # fmt: skip
    return None
