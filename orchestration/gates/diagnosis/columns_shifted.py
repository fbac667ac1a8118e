"""Columns were shifted or swapped: what stands in one stood in another before."""

from orchestration.gates.diagnosis.held import Change, Explanation, HeldExtract, distance

SENTENCE = "The columns {columns} are shifted or swapped: in {count} of {of} records that differ, one holds what stood in another before (rows {rows})"
QUESTION = "Has a column been moved, or a cell been inserted or deleted? Please send the file with each answer under its heading."


def explain(held: HeldExtract) -> Explanation | None:
    if not held.changes and (found := _of_new(held)):
        return found
    changed = {one.field for one in held.changes}
    sources = {name: _source(held, name, changed) for name in changed}
    known = {name for name, source in sources.items() if source}
    if len(known) < 2:
        return None

    def is_moved(change: Change) -> bool:
        was = held.before.values[change.record_id]
        return change.field in known and (
            not change.now or change.now in [was.get(name) for name in changed if name != change.field]
        )

    return held.explain_changes("columns_shifted", SENTENCE, QUESTION, is_moved)


def _source(held: HeldExtract, name: str, fields: set[str]) -> str | None:
    """Return the field in which most of what stands here now stood before."""
    own = [one for one in held.changes if one.field == name and one.now]
    counts = {
        other: sum(held.before.values[one.record_id].get(other) == one.now for one in own) for other in fields - {name}
    }
    best = max(counts, key=lambda other: counts[other], default=None)
    return best if best and counts[best] >= 0.7 * len(own) > 0 else None


def _of_new(held: HeldExtract) -> Explanation | None:
    mixes = {name: pair for name in held.fields if name.startswith("place(") and (pair := held.new_and_earlier(name))}
    moved = set()
    for name, (now, before) in mixes.items():
        own = distance(now, before)
        if own < 0.35 or not now:
            continue
        others = (distance(now, earlier) for other, (_, earlier) in mixes.items() if other != name)
        if min(others, default=1.0) > 0.6 * own:
            return None
        moved.add(name)
    return held.explain_new("columns_shifted", SENTENCE, QUESTION, held.new, moved) if len(moved) > 1 else None
