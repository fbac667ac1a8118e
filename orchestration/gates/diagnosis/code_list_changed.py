"""A code list changed: each earlier answer is another one now, always the same."""

from collections import Counter
from collections.abc import Callable

from orchestration.gates.diagnosis.held import MOST, NUMBERS, Change, Found, HeldExtract, distance, is_place

SENTENCE = (
    "The list of answers of {columns} looks changed: each earlier answer is another one now, in {count} "
    "of {of} records that differ (rows {rows})"
)
QUESTION = (
    "Has the list of answers of this column changed, or been sorted anew? Please tell us what each answer "
    "means."
)


def explain(held: HeldExtract) -> Found | None:
    codes = [name for name in held.fields if not is_place(name) and name not in ("event_on", *NUMBERS)]
    return held.of_changes(renamed(held)) or held.of_new(
        name for name in codes if _is_renamed(*held.mixes(name))
    )


def renamed(held: HeldExtract, of_places: bool = False) -> Callable[[Change], bool]:
    """Return whether a cell says what its earlier answer is now everywhere, where no two became the same."""
    counts: dict[str, dict[str, Counter[str]]] = {}
    for one in held.changes:
        if one.now and is_place(one.field) == of_places:
            counts.setdefault(one.field, {}).setdefault(one.was, Counter())[one.now] += 1
    now = {
        (name, was): texts.most_common(1)[0][0]
        for name, field in counts.items()
        for was, texts in field.items()
    }
    different = {name: len({now[name, was] for was in field}) for name, field in counts.items()}
    known = {name for name, field in counts.items() if different[name] >= max(2, MOST * len(field))}
    return lambda one: one.field in known and now.get((one.field, one.was)) == one.now


def _is_renamed(before: dict[str, float], now: dict[str, float]) -> bool:
    """Whether new answers were never given before, or the same shares belong to other answers."""
    if not before or not now:
        return False
    never = sum(share for value, share in now.items() if value not in before)
    return never >= MOST or (
        len(now) > 1 and distance(before, now) > 0.3 and distance(before, now, by_rank=True) < 0.12
    )
