"""Rows stand there more than once, with the same reference or with new ones."""

from collections import Counter

from orchestration.gates.diagnosis.held import FEWEST, Explanation, HeldExtract

SENTENCE = "Rows stand there more than once: {count} of {of} records are copies of another one (rows {rows})"
QUESTION = (
    "Were rows pasted twice, or test entries left in? Please remove the copies and send the file again."
)


def explain(held: HeldExtract) -> Explanation | None:
    if held.has_changed or len(held.gone) >= FEWEST:
        return None
    repeated = [one for one, rows in held.now.rows.items() if len(rows) > 1]
    if len(repeated) >= max(FEWEST, 0.4 * len(held.now.rows)):
        return held.explanation("rows_doubled", SENTENCE, QUESTION, 1.0, repeated, of=len(held.now.rows))
    counts = Counter(_content(held, one) for one in held.now.values)
    copies = [one for one in held.new if counts[_content(held, one)] > 1]
    if len(copies) < max(FEWEST, 0.4 * len(held.new)):
        return None
    return held.explanation(
        "rows_doubled", SENTENCE, QUESTION, len(copies) / len(held.new), copies, of=len(held.new)
    )


def _content(held: HeldExtract, one: int) -> frozenset[tuple[str, str]]:
    return frozenset((name, held.now.values[one].get(name, "")) for name in held.fields)
