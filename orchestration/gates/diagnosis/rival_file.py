"""Another partner sent most of these submissions first."""

from orchestration.gates.diagnosis.held import Explanation, HeldExtract

SENTENCE = "Another partner has sent most of these records first"
QUESTION = "Which organisation keeps these records? Please send only those that are your own."


def explain(held: HeldExtract) -> Explanation | None:
    if "shared_submission_share" not in held.broken:
        return None
    return held.explanation("rival_file", SENTENCE, QUESTION, 1.0, [])
