"""What a check observed in earlier refreshes, from `review/history/`, as bars."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.core import Settings

SHOWN = 20
BAR, GAP, HEIGHT = 14, 4, 60


@dataclass(frozen=True)
class Seen:
    """`when` is the time of the refresh; `observed` is None where the check gave no number."""

    when: str
    observed: float | None
    outcome: str


@dataclass(frozen=True)
class Bar:
    x: int
    y: float
    height: float
    seen: Seen


def trend_of(settings: Settings, check_name: str, extract_id: str | None) -> list[Seen]:
    """Return one check's history, oldest first, for an extract or the release (its worst subject)."""
    return list(_trend(settings, check_name, extract_id))[-SHOWN:]


def _trend(settings: Settings, check_name: str, extract_id: str | None) -> Iterator[Seen]:
    # The name of a file begins with its time.
    for path in sorted((settings.review / "history").glob("*Z-*.json"))[-SHOWN:]:
        try:
            verdict = json.loads(path.read_text(encoding="utf-8"))
            found = [one for one in verdict["checks"] if _is_meant(one, check_name, extract_id)]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if found:
            worst = min(found, key=lambda one: one["outcome"] == "passed")
            yield Seen(str(verdict["time"]), worst["observed"], worst["outcome"])


def _is_meant(check: dict[str, Any], name: str, extract_id: str | None) -> bool:
    return bool(
        (check.get("name") or check.get("check_name")) == name
        and (extract_id is None or check["subject"] == extract_id)
    )


def bars(trend: Sequence[Seen]) -> list[Bar]:
    """Scale bars from zero to the highest; a negative number is drawn by its size."""
    highest = max((abs(one.observed) for one in trend if one.observed is not None), default=0.0)
    drawn = []
    for place, one in enumerate(trend):
        if one.observed is not None:
            height = max(1.0, (HEIGHT - 4) * abs(one.observed) / highest) if highest else 1.0
            drawn.append(Bar(place * (BAR + GAP), round(HEIGHT - height, 1), round(height, 1), one))
    return drawn
