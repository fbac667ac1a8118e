"""A code list changed: each earlier answer is another one now, always the same."""

from collections import Counter

from orchestration.gates.diagnosis.held import MOST, Change, Explanation, HeldExtract, distance

SENTENCE = "The list of answers of {columns} has changed: each earlier answer is another one now, in {count} of {of} records that differ (rows {rows})"
QUESTION = "Has the list of answers of this column changed, or been sorted anew? Please tell us what each answer means."


def explain(held: HeldExtract) -> Explanation | None:
    mapping = mapped(held, lambda name: not name.startswith("place("))
    found = held.explain_changes(
        "code_list_changed", SENTENCE, QUESTION, lambda one: mapping.get((one.field, one.was)) == one.now
    )
    return found or _of_new(held)


def mapped(held: HeldExtract, is_asked: object) -> dict[tuple[str, str], str]:
    """Return what each earlier answer is now, by field and answer, where no two became the same."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for one in held.changes:
        if one.now and is_asked(one.field):  # type: ignore[operator]
            counts.setdefault(one.field, {}).setdefault(one.was, Counter())[one.now] += 1
    found = {}
    for name, of_field in counts.items():
        pairs = {was: now.most_common(1)[0][0] for was, now in of_field.items()}
        if len(set(pairs.values())) >= MOST * len(pairs) and len(pairs) > 1:
            found |= {(name, was): now for was, now in pairs.items()}
    return found


def _is_code(held: HeldExtract, name: str) -> bool:
    return not name.startswith("place(") and name not in ("event_on", "age_band", "age", "person_count")


def _of_new(held: HeldExtract) -> Explanation | None:
    """New records alone: the answers were never given before, or the same shares belong to other answers."""
    if held.has_changed:
        return None
    moved = set()
    for name in held.fields:
        if not _is_code(held, name) or not (pair := held.new_and_earlier(name)) or not pair[0]:
            continue
        now, before = pair
        never = sum(share for value, share in now.items() if value not in before)
        by_rank = [
            dict(zip(map(str, range(99)), sorted(mix.values(), reverse=True), strict=False)) for mix in pair
        ]
        is_renamed = distance(now, before) > 0.3 and distance(*by_rank) < 0.12 and len(now) > 1
        if never >= MOST or is_renamed:
            moved.add(name)
    return held.explain_new("code_list_changed", SENTENCE, QUESTION, held.new, moved) if moved else None


__all__ = ["Change", "explain", "mapped"]
