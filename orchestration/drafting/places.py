"""Whether the values of a sample's column are places, and of which kind: what part of a place it fills."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orchestration import places

_LOOKED_UP = 60
# A handful of towns called like a country do not unmake a column of countries.
_NEARLY_ALL = 0.9


class PlaceNames:
    """Whether names are places our gazetteer knows, each distinct one asked once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bool, str | None]] = {}

    def share(self, texts: Iterable[str]) -> float:
        """Share of the names that are known places."""
        names = list(dict.fromkeys(texts))[:_LOOKED_UP]
        self._ask(names)
        return sum(self._known[name][0] for name in names) / len(names) if names else 0.0

    def kind_of(self, texts: Iterable[str]) -> str | None:
        """The kind (`country`, `county`, …) nearly all known names have; None for places of several kinds."""
        names = list(dict.fromkeys(texts))[:_LOOKED_UP]
        self._ask(names)
        kinds = Counter(kind for name in names if (kind := self._known[name][1]))
        kind, count = kinds.most_common(1)[0] if kinds else (None, 0)
        return kind if count >= _NEARLY_ALL * kinds.total() else None

    def _ask(self, names: list[str]) -> None:
        new = [name for name in names if name not in self._known]
        for found in places.resolve_names(new) if new else []:
            is_known = found["place_id"] not in (None, "unknown") or found["country"] is not None
            self._known[found["name"]] = (is_known, found["kind"] if is_known else None)
