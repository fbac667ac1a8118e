"""Columns were shifted or swapped: what stands in one stood in another before."""

from collections import Counter

from orchestration.gates.diagnosis.held import Change, Explanation, HeldExtract, distance

SENTENCE = "The columns {columns} are shifted or swapped: in {count} of {of} records that differ, one holds what stood in another before (rows {rows})"
QUESTION = "Has a column been moved, or a cell been inserted or deleted? Please send the file with each answer under its heading."


def explain(held: HeldExtract) -> Explanation | None:
    if not held.changes and (found := _of_new(held)):
        return found
    moved = Counter(one.field for one in held.changes if _has_moved(held, one))
    filled = Counter(one.field for one in held.changes if one.now)
    known = {name for name, count in moved.items() if count >= 0.7 * filled[name]}
    if len(known) < 2:
        return None
    return held.explain_changes(
        "columns_shifted", SENTENCE, QUESTION,
        lambda one: one.field in known and (not one.now or _has_moved(held, one)),
    )  # fmt: skip


def _has_moved(held: HeldExtract, change: Change) -> bool:
    was = held.before.values[change.record_id]
    return bool(change.now) and any(was[name] == change.now for name in was if name != change.field)


def _of_new(held: HeldExtract) -> Explanation | None:
    mixes = {
        name: pair
        for name in held.fields
        if name.startswith("place(") and (pair := held.new_and_earlier(name))
    }
    moved = set()
    for name, (now, before) in mixes.items():
        own = distance(now, before)
        if own < 0.35 or not now:
            continue
        others = (distance(now, earlier) for other, (_, earlier) in mixes.items() if other != name)
        if min(others, default=1.0) > 0.6 * own:
            return None
        moved.add(name)
    return (
        held.explain_new("columns_shifted", SENTENCE, QUESTION, held.new, moved) if len(moved) > 1 else None
    )
