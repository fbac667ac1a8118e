"""An older copy: nothing is new, and what is missing is newer than all that came."""

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract

SENTENCE = (
    "It looks like an older copy: it has nothing new, and {count} of the {of} records that it lacks are "
    "of {month} or later"
)
QUESTION = "Was an older export sent by mistake? Please send the newest one."


def explain(held: HeldExtract) -> Found | None:
    kept = [day for one in held.now.values if (day := held.now.days.get(one))]
    if held.has_changed or held.new or not kept:
        return None
    newest = max(kept)
    # A file that brings only what is new lacks nothing: it was sent before as it is.
    lacked = (
        held.gone if held.landed.is_full else [one for one, day in held.before.days.items() if day > newest]
    )
    after = [one for one in lacked if (day := held.before.days.get(one)) and day >= newest]
    is_older = len(after) >= max(FEWEST if held.landed.is_full else 1, MOST * len(lacked))
    return Found(after, len(lacked), given={"month": f"{newest:%Y-%m}"}) if is_older else None
