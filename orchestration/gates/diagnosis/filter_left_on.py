"""A filter was left on: only rows with one value of a column came."""

from collections import Counter

from orchestration.gates.diagnosis.held import FEWEST, MOST, Explanation, HeldExtract
from orchestration.gates.diagnosis.one_value import names_with_one_value

SENTENCE = "A filter was left on: all {count} records have the same value in {columns}, as {kept} of the {of} before (rows {rows})"
QUESTION = "Was a filter left on when the file was exported? Please remove it and send the file again."


def explain(held: HeldExtract) -> Explanation | None:
    if held.has_changed:
        return None
    if len(held.gone) < FEWEST:
        return _of_new(held)
    for name in held.fields:
        [(value, count)] = Counter(values.get(name) for values in held.now.values.values()).most_common(1)
        gone = sum(held.before.values[one].get(name) != value for one in held.gone)
        if value and count >= 0.98 * len(held.now.values) and gone >= MOST * len(held.gone):
            kept = sum(held.before.values[one].get(name) == value for one in held.replaced)
            given = {"columns": held.column(name), "kept": kept, "of": len(held.replaced)}
            share = gone / len(held.gone)
            return held.explanation(
                "filter_left_on", SENTENCE, QUESTION, share, list(held.now.values), **given
            )
    return None


def _of_new(held: HeldExtract) -> Explanation | None:
    """New records alone: they are as many a month as those that had this value before."""
    whole = list(held.before.values)
    for name in names_with_one_value(held):
        [value] = list(held.shares(held.now, held.new, name))[:1]
        kept = [one for one in whole if held.before.values[one].get(name) == value]
        now, before, all_before = (_a_month(held, ids) for ids in (held.new, kept, whole))
        if before and 0.6 <= now / before <= 1.6 and now < 0.9 * all_before:
            given = {"columns": held.column(name), "kept": len(kept), "of": len(whole)}
            return held.explanation("filter_left_on", SENTENCE, QUESTION, 1.0, held.new, **given)
    return None


def _a_month(held: HeldExtract, ids: list[int]) -> float:
    """Return how many records came in a month, of the newest six of these."""
    days = (held.now.days.get(one) or held.before.days.get(one) for one in ids)
    months = Counter((day.year, day.month) for day in days if day)
    newest = sorted(months)[-6:]
    return sum(months[month] for month in newest) / len(newest) if newest else 0.0
