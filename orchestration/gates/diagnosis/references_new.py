"""References were given anew: what is missing came again under another reference."""

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract

SENTENCE = (
    "The references look new: {count} of {of} records sent before came again under another one (rows {rows})"
)
QUESTION = "Were references given anew? Please send the file with the references used before."


def explain(held: HeldExtract) -> Found | None:
    """Look for the records that are gone; in a file that brings only new ones, for those of before."""
    now = {content: one for one, content in held.contents(held.now).items() if one not in held.before.values}
    before = held.contents(held.before)
    asked = held.gone if held.landed.is_full else held.new
    again = [now[before[one]] for one in held.gone if before[one] in now]
    if not held.landed.is_full:
        earlier = set(before.values())
        again = [one for content, one in now.items() if content in earlier]
    return Found(again, len(asked)) if len(again) >= max(FEWEST, MOST * len(asked)) else None
