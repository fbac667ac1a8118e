"""Columns were shifted or swapped: what stands in one stood in another before."""

from collections import Counter

from orchestration.gates.diagnosis.held import Change, Found, HeldExtract, distance, is_place

SENTENCE = (
    "The columns {columns} look shifted or swapped: in {count} of {of} records that differ, one holds "
    "what stood in another before (rows {rows})"
)
QUESTION = (
    "Has a column been moved, or a cell been inserted or deleted? Please send the file with each answer "
    "under its heading."
)


def explain(held: HeldExtract) -> Found | None:
    def has_moved(one: Change) -> bool:
        was = held.before.values[one.record_id]
        return bool(one.now) and any(was[name] == one.now for name in was if name != one.field)

    moved = Counter(one.field for one in held.changes if has_moved(one))
    filled = Counter(one.field for one in held.changes if one.now)
    names = {name for name, count in moved.items() if count >= 0.7 * filled[name]}
    if len(names) > 1:
        return held.of_changes(lambda one: one.field in names and (not one.now or has_moved(one)))
    return held.of_new(_that_look_like_others(held)) if held.new_alone else None


def _that_look_like_others(held: HeldExtract) -> list[str]:
    """Return the two or more columns of places whose new answers are those of another one before."""
    mixes = {name: held.mixes(name) for name in held.fields if is_place(name)}
    far = {name: distance(*pair) for name, pair in mixes.items() if pair[1] and distance(*pair) >= 0.35}
    others = {name: [mixes[other][0] for other in mixes if other != name] for name in far}
    is_other = [
        any(distance(mixes[name][1], before) <= 0.6 * own for before in others[name])
        for name, own in far.items()
    ]
    return list(far) if len(far) > 1 and all(is_other) else []
