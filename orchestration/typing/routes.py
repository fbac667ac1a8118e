"""Read a cell with transit places: ordered stops, by the contract's separators.

A country's name after a comma belongs to the place before it. `places` resolves the names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orchestration.contracts import clean, error_code, is_missing, norm

_DIRECT = frozenset({"direct", "none", "no transit", "straight", "moja kwa moja"})
_NOT_ORDERED = re.compile(r"\s*&\s*|\s+(?:and|na)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Stop:
    place_text: str
    country_text: str | None = None


@dataclass(frozen=True)
class ReadRoute:
    """`is_known` is false for a blank cell; a known route without stops is a direct journey."""

    stops: tuple[Stop, ...] = ()
    is_known: bool = False
    is_ordered: bool = True
    problems: tuple[str, ...] = ()


def read_route(
    value: str | None,
    kind: str = "text",
    *,
    split: Iterable[str] = (),
    direct: Iterable[str] = (),
    missing: Iterable[str] = (),
    is_country: Callable[[str], bool] = lambda text: False,
) -> ReadRoute:
    """Read one cell; never raises."""
    if kind == "error":
        return ReadRoute(problems=(f"unk:{error_code(value)}",))
    text = norm(value)
    if text in _DIRECT or text in {norm(word) for word in direct}:
        return ReadRoute(is_known=True)
    if is_missing(text) or text in {norm(word) for word in missing}:
        return ReadRoute()
    shown = clean((value or "").replace("\n", " ; "))
    marks = {_mark(separator) for separator in split} | ({r"\s;\s"} if "\n" in (value or "") else set())
    parts = re.split("|".join(sorted(marks, key=len, reverse=True)), shown, flags=re.I) if marks else [shown]
    stops: list[Stop] = []
    is_ordered = True
    for part in parts:
        together = [found for found in _NOT_ORDERED.split(part) if found.strip()]
        is_ordered = is_ordered and len(together) < 2
        for place in together:
            stops += _by_comma(place, is_country)
    if not stops:
        return ReadRoute()
    return ReadRoute(tuple(stops), True, is_ordered, () if is_ordered else ("flag:transit_unordered",))


def trimmed(stops: list[str], origin: str | None, destination: str | None) -> tuple[list[int], bool]:
    """Return positions of the stops to keep, and whether an origin, destination or repeat was dropped."""
    names = [norm(stop) for stop in stops]
    keep = list(range(len(names)))
    while keep and origin and names[keep[0]] == norm(origin):
        keep.pop(0)
    while keep and destination and names[keep[-1]] == norm(destination):
        keep.pop()
    keep = [at for place, at in enumerate(keep) if place == 0 or names[at] != names[keep[place - 1]]]
    return keep, len(keep) < len(names)


def _mark(separator: str) -> str:
    """Return the pattern of a separator; ` - ` requires its blanks, `>` splits anywhere."""
    inner = re.escape(clean(separator))
    spaced = separator != separator.strip()
    return rf"(?:^|\s){inner}(?:\s|$)" if spaced else inner


def _by_comma(text: str, is_country: Callable[[str], bool]) -> list[Stop]:
    stops: list[Stop] = []
    for part in filter(None, map(str.strip, text.split(","))):
        before = stops[-1] if stops else None
        if before and before.country_text is None and is_country(part) and not is_country(before.place_text):
            stops[-1] = Stop(before.place_text, part)
        else:
            stops.append(Stop(part))
    return stops
