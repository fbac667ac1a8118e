"""One column was sorted without its rows: the same values, in other rows."""

from collections import Counter
from itertools import pairwise

from orchestration.gates.diagnosis.held import MOST, Found, HeldExtract

SENTENCE = (
    "The values of {columns} stand in other rows, in {count} of {of} records that differ: the column was "
    "sorted or moved without its rows (rows {rows})"
)
QUESTION = (
    "Was this column sorted or moved without the rest of the row? Please send the file with whole rows."
)


def explain(held: HeldExtract) -> Found | None:
    names = {one.field for one in held.changes}
    is_shuffled = len(names) == 1 and _is_shuffled(held, *names)
    return held.of_changes(lambda one: bool(one.now)) if is_shuffled else None


def _is_shuffled(held: HeldExtract, name: str) -> bool:
    """Return whether old values stand in another order: none is new, and equal ones do not stay together."""
    known = set(held.before.of_field(name, held.before.values))
    now_of: dict[str, Counter[str]] = {}
    for one in held.changes:
        now_of.setdefault(one.was, Counter())[one.now] += 1
    together = sum(counts.most_common(1)[0][1] for counts in now_of.values())
    rows = sorted(held.now.values, key=lambda one: held.now.rows[one])
    values = [held.now.values[one].get(name, "") for one in rows]
    is_in_runs = sum(a != b for a, b in pairwise(values)) <= 2 * len(set(values))
    return is_in_runs and sum(one.now in known for one in held.changes) >= MOST * len(held.changes) > together
