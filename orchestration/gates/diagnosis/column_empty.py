"""A column came empty, or without the answers of some."""

from orchestration.gates.diagnosis.held import Explanation, HeldExtract

SENTENCE = "The column {columns} is empty in {count} of {of} records that differ (rows {rows})"
QUESTION = "Was this column emptied or left out of the export? Please send the file with it."


def explain(held: HeldExtract) -> Explanation | None:
    if found := held.explain_changes("column_empty", SENTENCE, QUESTION, lambda one: not one.now):
        return found
    if held.has_changed or not held.new:
        return None
    empty = []
    for name in held.fields:
        stated = len(held.now.of_field(name, held.new)) / len(held.new)
        before = len(held.before.of_field(name, held.before.values)) / len(held.before.values)
        if stated < 0.1 and before >= 0.3:
            empty.append(name)
    ids = [one for one in held.new if not any(name in held.now.values[one] for name in empty)]
    return held.explain_new("column_empty", SENTENCE, QUESTION, ids, empty) if empty else None
