"""A column came empty, or without the answers of some."""

from orchestration.gates.diagnosis.held import Found, HeldExtract

SENTENCE = "The column {columns} came empty, in {count} of {of} records that differ (rows {rows})"
QUESTION = "Was this column emptied or left out of the export? Please send the file with it."


def explain(held: HeldExtract) -> Found | None:
    return held.of_changes(lambda one: not one.now) or held.of_new(
        name for name in held.fields if held.new_alone and _is_emptied(held, *held.sides(name))
    )


def _is_emptied(held: HeldExtract, before: list[str], now: list[str]) -> bool:
    return len(now) < 0.1 * len(held.new) and len(before) >= 0.3 * len(held.before.values)
