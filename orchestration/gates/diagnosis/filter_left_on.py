"""A filter was left on: only rows with one value of a column came."""

from collections import Counter

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract
from orchestration.gates.diagnosis.one_value import with_one_value

SENTENCE = (
    "A filter looks left on: all {count} records say the same in {columns}, as {kept} of the {of} did "
    "before (rows {rows})"
)
QUESTION = "Was a filter left on when the file was exported? Please remove it and send the file again."


def explain(held: HeldExtract) -> Found | None:
    if held.has_changed:
        return None
    before, now = held.before.values, held.now.values
    if len(held.gone) >= FEWEST:
        for name in held.fields:
            [(value, count)] = Counter(values.get(name) for values in now.values()).most_common(1)
            gone = sum(before[one].get(name) != value for one in held.gone)
            if value and count >= 0.98 * len(now) and gone >= MOST * len(held.gone):
                kept = sum(before[one].get(name) == value for one in held.replaced)
                return Found(
                    list(now), len(held.replaced), given={"columns": held.column(name), "kept": kept}
                )
        return None
    for name, value in with_one_value(held).items():
        # New records alone: they are as many a month as those that had this value before.
        kept_ids = [one for one in before if before[one].get(name) == value]
        came, of_value, of_all = (_a_month(held, ids) for ids in (held.new, kept_ids, list(before)))
        if of_value and 0.6 <= came / of_value <= 1.6 and came < 0.9 * of_all:
            return Found(held.new, len(before), given={"columns": held.column(name), "kept": len(kept_ids)})
    return None


def _a_month(held: HeldExtract, ids: list[int]) -> float:
    """Return how many records came in a month, of the newest six of these."""
    days = (held.now.days.get(one) or held.before.days.get(one) for one in ids)
    months = Counter((day.year, day.month) for day in days if day)
    newest = sorted(months)[-6:]
    return sum(months[month] for month in newest) / len(newest) if newest else 0.0
