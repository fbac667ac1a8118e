"""References are new, or stand in other rows: what a record says now, another one said before."""

from orchestration.gates.diagnosis.held import FEWEST, MOST, Explanation, HeldExtract, Rows

NEW = "The references are new: {count} of {of} records that are missing came under another reference (rows {rows})"
MOVED = "The references stand in other rows: {count} of {of} records that differ say what another one said before (rows {rows})"
QUESTION = "Were references given anew, or sorted without their rows? Please send the file with the references used before."


def explain(held: HeldExtract) -> Explanation | None:
    earlier: dict[frozenset[tuple[str, str]], int] = {}
    for one in held.before.values:
        earlier[_content(held, held.before, one)] = one
    if len(held.gone) >= FEWEST:
        now = {_content(held, held.now, one): one for one in held.new}
        again = [now[key] for one in held.gone if (key := _content(held, held.before, one)) in now]
        if len(again) >= MOST * len(held.gone):
            return held.explanation(
                "references_new", NEW, QUESTION, len(again) / len(held.gone), again, of=len(held.gone)
            )
    if not held.has_changed or len({one.field for one in held.changes}) < 3:
        return None
    changed = list(dict.fromkeys(one.record_id for one in held.changes))
    moved = [one for one in changed if earlier.get(_content(held, held.now, one), one) != one]
    if len(moved) < max(FEWEST, MOST * len(changed)):
        return None
    return held.explanation(
        "references_moved", MOVED, QUESTION, len(moved) / len(changed), moved, of=len(changed)
    )


def _content(held: HeldExtract, rows: Rows, one: int) -> frozenset[tuple[str, str]]:
    return frozenset((name, rows.values[one].get(name, "")) for name in held.fields)
