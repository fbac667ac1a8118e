"""Rows stand there more than once, with the same reference or with new ones."""

from collections import Counter

from orchestration.gates.diagnosis.held import FEWEST, Found, HeldExtract

SENTENCE = "Rows stand there more than once: {count} of {of} records are copies of another one (rows {rows})"
QUESTION = (
    "Were rows pasted twice, or test entries left in? Please remove the copies and send the file again."
)


def explain(held: HeldExtract) -> Found | None:
    if held.has_changed or len(held.gone) >= FEWEST:
        return None
    repeated = [one for one, rows in held.now.rows.items() if len(rows) > 1]
    contents = held.contents(held.now)
    counts = Counter(contents.values())
    copies = [one for one in held.new if counts[contents[one]] > 1]
    for ids, of in ((repeated, len(held.now.rows)), (copies, len(held.new))):
        if len(ids) >= max(FEWEST, 0.4 * of):
            return Found(ids, of)
    return None
