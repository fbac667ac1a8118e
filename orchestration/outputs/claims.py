"""Sentences on what partners' records show: hotspots, shifts, displacement, bands, novelty.

`claim` makes them all, for report and map, both editions and both languages. Status and evidence choose the
sentence (`report.claim.*` of the catalogue); the size of a ratio is in words, never finer than its interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from orchestration.outputs.texts import Slot, Spans, Texts, spans

PANEL, SINGLE = "panel", "single_partner"
ROLES = ("origin", "transit", "exploitation", "intended_destination")
MORE, LESS = ("hotspot", "elevated", "growing"), ("lower", "fading")
# Multiples and parts that have words, by the number in their key. Nothing between them is said.
TIMES = {"1_5": 1.5, **{str(n): float(n) for n in (*range(2, 11), 15, 20, 30, 50, 100)}}
PARTS = {"10": 0.1, "20": 0.2, "25": 0.25, "33": 1 / 3, "50": 0.5, "75": 0.75}
# An estimate is said if each end of its interval lies within the first factor, in words within the second.
_WIDEST, _NEAR = 2.0, 1.25


@dataclass(frozen=True)
class Size:
    """What an edition holds of a ratio: the interval for members; a band or a rounded lower end in public."""

    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    at_least_times: int | None = None
    factor_band: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Size:
        """Return the size of a row of `published.hotspots` or `published.shifts`."""
        return cls(**{field.name: row.get(field.name) for field in fields(cls)})


def claim(
    say: Texts,
    measure: str,
    status: str,
    size: Size | None = None,
    evidence: str | None = PANEL,
    value: Callable[[str], Slot] = str,
    /,
    **slots: Slot,
) -> Spans:
    """Return one sentence without its full stop.

    Args:
        measure: `hotspots` (`above`: in short), `shifts`, `displacement`, `alerts`, `risk` or `novelty`.
        status: label, status, band or evidence class; of what is not measured the reason.
        size: ratio, interval and band, as far as the edition holds them.
        evidence: `panel`; anything else rests on one partner.
        value: makes the words of the size a value with its source.
        slots: `name` (place or corridor), `at`, `records` (hotspots), `earlier`, `period` (shifts, risk),
            `riser` and `faller` (displacement).
    """
    key = f"claim.{measure}.{status}"
    if key not in say:
        return say("claim.not_measured", why=say.meaning("not_measured", status).rstrip("."), **slots)
    who = PANEL if evidence == PANEL else SINGLE
    if size and who == SINGLE:  # one partner's word has a bound, no estimate
        size = replace(size, ratio=None, factor_band=None)
    words = size_in_words(say, measure, status, size) if size else ""
    said: Spans = (": ", *spans(value(words))) if words else ()
    made = say(key, who=say.text(f"claim.who.{who}"), size=said, **slots)
    rests_on_one = who == SINGLE and "{who}" in say.text(key)
    return say("claim.unconfirmed", claim=made) if rests_on_one else made


def uncontradicted(shift: Mapping[str, Any], is_public: bool) -> str:
    """Return the status that the shift's counts do not contradict: who is still counted is not gone.

    For members a count of one to four is null; in public a null says nothing.
    """
    before, now = (
        count != 0 if count is not None else not is_public
        for count in (shift["earlier_count"], shift["later_count"])
    )
    if shift["status"] == "emerging" and before:
        return "growing"
    return "fading" if shift["status"] == "abandoned" and now else str(shift["status"])


def size_in_words(say: Texts, measure: str, status: str, size: Size) -> str:
    """Return `about four times as many; at least twice`, as far as the size allows.

    An interval too wide for words gives `by how much is not known`; a size that is not there, an empty text.
    """
    unit = f"claim.unit.{measure}"
    if unit not in say or status not in (*MORE, *LESS):
        return ""
    is_more = status in MORE
    kind, words = ("times", TIMES) if is_more else ("part", PARTS)
    about, bound = _about(size, words), _bound(size, is_more)
    if about == bound:
        about = ""
    if about and bound:
        form, numbers = "both", {"about": about, "bound": bound}
    elif about or bound:
        form, numbers = "about" if about else "bound", {"number": about or bound}
    elif measure == "shifts" and size.ratio is None and size.factor_band == _OPEN_BANDS[kind]:
        # The band of an estimate, of a change that is sure: its size is open to both sides.
        form, numbers = "open", {"number": "2" if is_more else "50"}
    else:  # the interval is too wide for any words
        return say.text("claim.unknown_size") if size.ratio else ""
    said = {name: say.text(f"{kind}.{number}") for name, number in numbers.items()}
    return say.text(f"claim.{kind}.{form}").format(unit=say.text(unit), **said)


_OPEN_BANDS = {"times": "twice_or_more", "part": "half_or_less"}


def _about(size: Size, words: Mapping[str, float]) -> str:
    """Return the number nearest to the ratio, if the interval holds it and is narrow enough."""
    ratio, low, high = size.ratio, size.ratio_low, size.ratio_high
    if not ratio or not low or not high or ratio > _WIDEST * low or high > _WIDEST * ratio:
        return ""
    away = {key: max(number / ratio, ratio / number) for key, number in words.items()}
    near = min(away, key=away.__getitem__)
    return near if low <= words[near] <= high and away[near] <= _NEAR else ""


def _bound(size: Size, is_more: bool) -> str:
    """Return the largest multiple that is not above the low end, or the smallest part above the high end."""
    low = size.at_least_times if size.ratio_low is None else size.ratio_low
    if is_more:
        return next((key for key in reversed(TIMES) if low is not None and TIMES[key] <= low), "")
    high = size.ratio_high
    return next((key for key in PARTS if high is not None and high < PARTS[key]), "")
