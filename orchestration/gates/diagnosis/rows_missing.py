"""Rows are missing by what one column says: a filter left on, an older copy, a page or months left out."""

from collections import Counter
from datetime import date

from orchestration.gates.diagnosis.held import FEWEST, MOST, Explanation, HeldExtract
from orchestration.gates.diagnosis.one_value import names_with_one_value

FILTER = "A filter was left on: all {count} records have the same value in {columns}, as {kept} of the {of} before (rows {rows})"
FILTER_QUESTION = "Was a filter left on when the file was exported? Please remove it and send the file again."
OLDER = "It is an older copy: it has nothing new, and none of the {of} records after {day}"
OLDER_QUESTION = "Was an older export sent by mistake? Please send the newest one."
MONTHS = "A part is missing: {count} of the {of} records that are missing are nearly all that was sent of {first} – {last}"
NO_MONTHS = "A part is missing: months between {first} and {last} have no record"
MONTHS_QUESTION = "Was a sheet, page or period left out of the file? Please send the file with all months."


def explain(held: HeldExtract) -> Explanation | None:
    if held.has_changed:
        return None
    return _filter(held) or _older(held) or _part(held)


def _filter(held: HeldExtract) -> Explanation | None:
    if len(held.gone) >= FEWEST:
        for name in held.fields:
            [(value, count), *_] = [*Counter(v.get(name) for v in held.now.values.values()).most_common(1), (None, 0)]
            gone = sum(held.before.values[one].get(name) != value for one in held.gone)
            kept = sum(held.before.values[one].get(name) == value for one in held.replaced)
            if value and count >= 0.98 * len(held.now.values) and gone >= MOST * len(held.gone):
                given = {"columns": held.column(name), "kept": kept, "of": len(held.replaced)}
                return held.explanation("filter_left_on", FILTER, FILTER_QUESTION, gone / len(held.gone), [*held.now.values], **given)  # fmt: skip
        return None
    alone = names_with_one_value(held)
    if alone and _per_month(held, held.new, True) < 0.8 * _per_month(held, list(held.before.values), False):
        value = next(iter(held.shares(held.now, held.new, alone[0])))
        kept = round(held.shares(held.before, [*held.before.values], alone[0]).get(value, 0) * len(held.before.values))
        given = {"columns": held.columns(alone), "kept": kept, "of": len(held.before.values)}
        return held.explanation("filter_left_on", FILTER, FILTER_QUESTION, 1.0, held.new, **given)
    return None


def _per_month(held: HeldExtract, ids: list[int], is_now: bool) -> float:
    rows = held.now if is_now else held.before
    months = Counter((day.year, day.month) for one in ids if (day := rows.days.get(one)))
    if not is_now:  # of the newest months
        months = Counter(dict(sorted(months.items())[-6:]))
    return months.total() / len(months) if months else 0.0


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
    return held.explanation("older_copy", OLDER, OLDER_QUESTION, after / len(gone), [], of=len(gone), day=str(newest))


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
        now = sorted(month(day) for one in held.new if (day := held.now.days.get(one)))
        return held.explanation("part_missing", NO_MONTHS, MONTHS_QUESTION, 1.0, [],
                                first=max(map(month, days.values())), last=now[-1])  # fmt: skip
    return None
