"""A rival file in force: this file is about its records, and says something else of them."""

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract

SENTENCE = (
    "The file is about the same records as the one received on {day} ({extract}), which is in use: "
    "{count} of its {of} records say something else (rows {rows})"
)
QUESTION = "Which of the two files holds? If this one corrects the other, please say so."


def explain(held: HeldExtract) -> Found | None:
    now = held.now.values
    for other, ids in held.earlier:
        shared = sum(one in ids for one in now)
        if held.has_changed and shared >= max(FEWEST, MOST * len(now), MOST * len(ids)):
            given = {"day": str(other.received_on), "extract": other.extract_id}
            return Found(held.changed, len(now), held.changes, given)
    return None
