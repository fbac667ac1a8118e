"""Ages or counts were multiplied or divided: months for years, tens, hundreds."""

from statistics import quantiles

from orchestration.gates.diagnosis.held import FEWEST, Change, Explanation, HeldExtract

SENTENCE = (
    "The numbers in {columns} are {how} by {factor} in {count} of {of} records that differ (rows {rows})"
)
QUESTION = "Were these numbers exported in another unit? Please send them in the unit used before."
FACTORS = (2, 10, 12, 100)


def explain(held: HeldExtract) -> Explanation | None:
    for factor in FACTORS:
        for how in ("multiplied", "divided"):

            def is_scaled(change: Change, factor: int = factor, how: str = how) -> bool:
                was, now = _number(change.was), _number(change.now)
                if was is None or now is None:
                    return False
                return now == was * factor if how == "multiplied" else abs(now - was / factor) < 1

            given = {"how": how, "factor": factor}
            if found := held.explain_changes("factor", SENTENCE, QUESTION, is_scaled, **given):
                return found
            for name in () if held.has_changed else ("age_band", "age", "person_count"):
                if _is_scaled_in_new(held, name, factor if how == "multiplied" else 1 / factor):
                    return held.explain_new("factor", SENTENCE, QUESTION, held.new, [name], **given)
    return None


def _number(text: str) -> float | None:
    return float(text) if text.isdigit() and len(text) < 6 else None


def _is_scaled_in_new(held: HeldExtract, name: str, by: float) -> bool:
    before, now = (
        [number for text in rows.of_field(name, ids) if (number := _number(text)) is not None]
        for rows, ids in ((held.before, held.before.values), (held.now, held.new))
    )
    if min(len(before), len(now)) < 2 * FEWEST or max(before) == min(before):
        return False
    pairs = list(zip(quantiles(before), quantiles(now), strict=True))
    return all(abs(is_ - was * by) <= max(1.5, 0.2 * was * by) and is_ != was for was, is_ in pairs)
