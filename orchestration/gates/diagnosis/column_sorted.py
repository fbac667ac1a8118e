"""One column was sorted without its rows: the same values, in other rows."""

from collections import Counter

from orchestration.gates.diagnosis.held import Change, Explanation, HeldExtract

SENTENCE = "The values of {columns} stand in other rows, in {count} of {of} records that differ: the column was sorted or moved without its rows (rows {rows})"
QUESTION = (
    "Was this column sorted or moved without the rest of the row? Please send the file with whole rows."
)


def explain(held: HeldExtract) -> Explanation | None:
    names = {one.field for one in held.changes}
    if len(names) != 1 or not _is_shuffled(held, next(iter(names))):
        return None

    def is_moved(change: Change) -> bool:
        return bool(change.now)

    return held.explain_changes("column_sorted", SENTENCE, QUESTION, is_moved)


def _is_shuffled(held: HeldExtract, name: str) -> bool:
    """Whether old values stand in a different order: none is new, and equal ones do not stay together."""
    own = [one for one in held.changes if one.field == name]
    known = set(held.before.of_field(name, held.before.values))
    partners: dict[str, Counter[str]] = {}
    for one in own:
        partners.setdefault(one.was, Counter())[one.now] += 1
    together = sum(counts.most_common(1)[0][1] for counts in partners.values())
    rows = sorted(held.now.values, key=lambda one: held.now.rows[one])
    values = [held.now.values[one].get(name, "") for one in rows]
    changes_of_value = sum(a != b for a, b in zip(values, values[1:], strict=False))
    is_in_runs = changes_of_value <= 2 * len(set(values))
    return is_in_runs and sum(one.now in known for one in own) >= 0.9 * len(own) > together
