"""What a check observed in earlier refreshes, from `review/history/`, as bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestration.core import Settings, read_json
from orchestration.stewardship.desk.side_by_side import WIDTH

SHOWN = 20


@dataclass(frozen=True)
class Seen:
    """`when` is the time of the refresh; `observed` is None where the check gave no number."""

    when: str
    observed: float | None
    outcome: str


def trend_of(settings: Settings, check_name: str, extract_id: str | None) -> list[Seen]:
    """Return one check's history, oldest first, for an extract or the release (its worst subject)."""
    return list(_trend(settings, check_name, extract_id))[-SHOWN:]


def _trend(settings: Settings, check_name: str, extract_id: str | None) -> Iterator[Seen]:
    # The name of a file begins with its time.
    for path in sorted((settings.review / "history").glob("*Z-*.json"))[-SHOWN:]:
        try:
            verdict = read_json(path)
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


def bars(trend: Sequence[Seen]) -> list[tuple[Seen, float]]:
    """Return each refresh with the width of its bar, newest first; a negative number is drawn by its size."""
    sizes = [abs(one.observed or 0) for one in trend]
    longest = max(sizes, default=0) or 1
    return [(one, round(WIDTH * size / longest, 1)) for one, size in zip(trend, sizes, strict=True)][::-1]
