"""References stand in other rows: what a record says now, another one said before."""

from orchestration.gates.diagnosis.held import FEWEST, MOST, Found, HeldExtract

SENTENCE = (
    "The references stand in other rows: {count} of {of} records that differ say what another one said "
    "before (rows {rows})"
)
QUESTION = (
    "Was the column of references sorted or moved without its rows? Please send the file with whole rows."
)


def explain(held: HeldExtract) -> Found | None:
    if not held.has_changed or len({one.field for one in held.changes}) < 3:
        return None
    earlier = {content: one for one, content in held.contents(held.before).items()}
    now = held.contents(held.now)
    moved = [one for one in held.changed if earlier.get(now[one], one) != one]
    is_most = len(moved) >= max(FEWEST, MOST * len(held.changed))
    return Found(moved, len(held.changed), held.changes) if is_most else None
