"""A page, a sheet or months were left out: nearly nothing is left of some months."""

from collections import Counter
from datetime import date

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract

SENTENCE = (
    "A part is missing: {count} of the {of} records that are missing are nearly all that was sent of "
    "{first} – {last} (rows {rows} of the file before)"
)
NO_MONTHS = "A part is missing: months between {first} and {last} have no record"
QUESTION = "Was a sheet, page or period left out of the file? Please send the file with all months."


def explain(held: HeldExtract) -> Found | None:
    if held.has_changed:
        return None
    days, received = held.before.days, held.landed.received_on or date.max
    was = Counter(f"{days[one]:%Y-%m}" for one in held.replaced if one in days)
    gone = Counter(f"{days[one]:%Y-%m}" for one in held.gone if one in days)
    lost = sorted(month for month, count in gone.items() if count >= 0.9 * was[month])
    ids = [one for one in held.gone if one in days and f"{days[one]:%Y-%m}" in lost]
    if len(ids) >= max(FEWEST, 0.85 * len(held.gone)):
        return Found(ids, len(held.gone), given={"first": lost[0], "last": lost[-1]})
    now = [day for one in held.new if (day := held.now.days.get(one)) and day <= received]
    is_few = len(held.gone) < FEWEST and len(now) >= MOST * len(held.new)
    if "months_missing" not in held.broken or not is_few or not now:
        return None
    months = {"first": f"{max(days.values()):%Y-%m}", "last": f"{max(now):%Y-%m}"}
    return Found((), 0, given=months, sentence=NO_MONTHS)
