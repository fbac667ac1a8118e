"""Every row has the same value: a cell filled down, places cut to the country, dates set to one day."""

from collections import Counter

from orchestration.gates.diagnosis.held import MOST, Found, HeldExtract

SENTENCE = "All have the same value in {columns}: {count} of {of} records that differ (rows {rows})"
QUESTION = (
    "Was one cell copied down the whole column, or the answer cut to a common one? Please send the "
    "answers as they were given."
)


def explain(held: HeldExtract) -> Found | None:
    of_field = Counter(one.field for one in held.changes)
    of_value = Counter((one.field, one.now) for one in held.changes if one.now)
    return held.of_changes(
        lambda one: of_value[one.field, one.now] >= MOST * of_field[one.field]
    ) or held.of_new(
        # A value that most had before may be a filter's as well.
        name for name, value in with_one_value(held).items() if held.mixes(name)[0].get(value, 0) < 0.6
    )  # fmt: skip


def with_one_value(held: HeldExtract) -> dict[str, str]:
    """Return the fields in which all new records say the same, and earlier ones did not, with this value."""
    found = {}
    for name in held.fields:
        before, now = held.mixes(name)
        if before and now and max(now.values()) >= 0.98 and max(before.values()) < 0.85:
            found[name] = next(iter(now))
    return found
