"""Every row has the same value: one cell was filled down, places were cut to the country, dates set to one day."""

from collections import Counter

from orchestration.gates.diagnosis.held import Explanation, HeldExtract

SENTENCE = "All have the same value in {columns}: {count} of {of} records that differ (rows {rows})"
QUESTION = "Was one cell copied down the whole column, or the answer cut to a common one? Please send the answers as they were given."


def explain(held: HeldExtract) -> Explanation | None:
    only: dict[str, str] = {}
    for name in {one.field for one in held.changes}:
        [(value, count)] = Counter(one.now for one in held.changes if one.field == name).most_common(1)
        if value and count >= 0.9 * sum(one.field == name for one in held.changes):
            only[name] = value
    if found := held.explain_changes(
        "one_value", SENTENCE, QUESTION, lambda one: only.get(one.field) == one.now and bool(one.now)
    ):
        return found
    if held.has_changed:
        return None
    # A value that most had before may be a filter's as well.
    alone = [
        name
        for name in names_with_one_value(held)
        if held.shares(held.before, list(held.before.values), name).get(
            next(iter(held.shares(held.now, held.new, name))), 0
        )
        < 0.6
    ]
    return held.explain_new("one_value", SENTENCE, QUESTION, held.new, alone) if alone else None


def names_with_one_value(held: HeldExtract) -> list[str]:
    """Return the fields in which all new records say the same, and earlier ones did not."""
    found = []
    for name in held.fields:
        pair = held.new_and_earlier(name)
        if pair and pair[0] and max(pair[0].values()) >= 0.98 and max(pair[1].values()) < 0.85:
            found.append(name)
    return found
