"""Ages or counts were multiplied or divided: months for years, tens, hundreds."""

from itertools import product
from statistics import quantiles

from orchestration.gates.diagnosis.held import FEWEST, NUMBERS, Change, Found, HeldExtract

SENTENCE = (
    "The numbers in {columns} look {how} by {factor}: with that undone, {count} of the {of} that differ "
    "fit (rows {rows})"
)
QUESTION = "Were these numbers exported in another unit? Please send them in the unit used before."


def explain(held: HeldExtract) -> Found | None:
    for factor, how in product((2, 10, 12, 100), ("multiplied", "divided")):
        by = factor if how == "multiplied" else 1 / factor

        def is_scaled(change: Change, by: float = by) -> bool:
            was, now = _number(change.was), _number(change.now)
            return was is not None and now is not None and abs(now - was * by) < 1

        def read_as(text: str, by: float = by) -> str:
            number = _number(text)
            return text if number is None else f"{number / by:.0f}"

        names = [name for name in NUMBERS if _is_scaled(*held.sides(name), by)]
        given = {"how": how, "factor": factor}
        if found := held.of_changes(is_scaled, **given) or held.of_new(names, read_as, **given):
            return found
    return None


def _number(text: str) -> float | None:
    return float(text) if text.isdigit() and len(text) < 6 else None


def _is_scaled(before: list[str], now: list[str], by: float) -> bool:
    """Whether the quartiles are those of before, scaled."""
    was, are = (
        [number for text in texts if (number := _number(text)) is not None] for texts in (before, now)
    )
    if min(len(was), len(are)) < 2 * FEWEST or max(was) == min(was):
        return False
    pairs = zip(quantiles(was), quantiles(are), strict=True)
    return all(abs(new - old * by) <= max(1.5, 0.2 * old * by) and new != old for old, new in pairs)
