"""Whether the values of a column are places, and of which kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from orchestration import places

_LOOKED_UP = 60
# A few towns with the name of a country are accepted in a column of countries.
_NEARLY_ALL = 0.9


class PlaceNames:
    """Look up names in the gazetteer, each distinct one once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[bool, str | None]] = {}

    def share(self, texts: Iterable[str]) -> float:
        """Return the share of names that are known places."""
        names = list(dict.fromkeys(texts))[:_LOOKED_UP]
        self._ask(names)
        return sum(self._known[name][0] for name in names) / len(names) if names else 0.0

    def kind_of(self, texts: Iterable[str]) -> str | None:
        """Return the kind (`country`, `county` …) of nearly all known names; None for mixed kinds."""
        names = list(dict.fromkeys(texts))[:_LOOKED_UP]
        self._ask(names)
        kinds = Counter(kind for name in names if (kind := self._known[name][1]))
        kind, count = kinds.most_common(1)[0] if kinds else (None, 0)
        return kind if count >= _NEARLY_ALL * kinds.total() else None

    def _ask(self, names: list[str]) -> None:
        new = [name for name in names if name not in self._known]
        for match in places.resolve_names(new) if new else []:
            is_known = match["place_id"] not in (None, "unknown") or match["country"] is not None
            self._known[match["name"]] = (is_known, match["kind"] if is_known else None)
