"""A rival file about the same records: another partner's, or another one of this partner that is held too."""

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract

SENTENCE = "Another partner has sent most of these records first"
OWN = (
    "Two files are about the same records: {count} of the {of} new ones stand in the file received on "
    "{day} too ({extract}; rows {rows})"
)
QUESTION = "Which file holds, and who keeps these records? Please send only what is your own, once."


def explain(held: HeldExtract) -> Found | None:
    for other, ids in held.waiting:
        shared = [one for one in held.new if one in ids]
        if len(shared) >= max(FEWEST, MOST * len(held.new)) and len(held.new) >= len(held.sent_again):
            given = {"day": str(other.received_on), "extract": other.extract_id}
            return Found(shared, len(held.new), given=given, sentence=OWN)
    return Found((), 0) if "shared_submission_share" in held.broken else None
