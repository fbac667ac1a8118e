"""Names for the ids in the headings of the desk: written places, partners, extracts and checks.

Files, messages and commands keep the ids. What was written of a place may be a person's name: stewards alone
see it, and `Visit.page` logs the page that shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from orchestration.core import Settings, read_json, say
from orchestration.stewardship.kinds.place_alias import written_names

_NOTES_KEPT = 4096


@dataclass
class Names:
    """`is_steward`: whether the page may show what was written; `places_shown`: tokens of those it shows."""

    settings: Settings
    is_steward: bool = False
    places_shown: dict[str, None] = field(default_factory=dict)
    _partners: dict[str, str | None] = field(default_factory=dict)

    def in_title(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the names of the ids that a title was filled in with, by their place in it."""
        names: dict[str, str | None] = {}
        for place, value in given.items():
            if place == "name":
                names[place] = self._written_place(value)
            elif place == "check":
                names[place] = value.replace("_", " ")
            elif place in ("partner", "one", "other"):
                names[place] = self.partner(value)
            elif place == "extract_id":
                names[place] = self.file(given["partner"], value)
            elif place == "of" and "/" in value:
                partner, _, other = value.partition("/")
                names[place] = self.extract(partner, other) or self.partner(partner)
        return {place: name for place, name in names.items() if name}

    def note_shown(self, given: Mapping[str, Any]) -> None:
        """Note that a page shows a title with what was written of its place."""
        if self._written_place(given.get("name", "")):
            self.places_shown[given["name"]] = None

    def partner(self, code: str) -> str | None:
        """Return the partner's name in the contract of what landed last; None where it has none."""
        if code not in self._partners:
            notes = (self.settings.landing / code).glob("[!.]*.json")
            modified, newest = max(((path.stat().st_mtime_ns, path) for path in notes), default=(0, None))
            self._partners[code] = _noted(newest, modified)[0] if newest else None
        return self._partners[code]

    def extract(self, partner: str, extract_id: str) -> str | None:
        """Return file and partner of a landed extract; None where there is no such extract."""
        file = self.file(partner, extract_id)
        return file and say("{file}, {partner}", file=file, partner=self.partner(partner) or partner)

    def file(self, partner: str, extract_id: str) -> str | None:
        """Return the name of a landed extract: partner, day and id; None where there is no such extract."""
        path = self.settings.landing / partner / f"{extract_id}.json"
        if not path.is_file():
            return None
        return _noted(path, path.stat().st_mtime_ns)[1]

    def _written_place(self, token: str) -> str | None:
        text = self._written.get(token) if self.is_steward else None
        return text and f"“{text}”"

    @cached_property
    def _written(self) -> dict[str, str]:
        return written_names(self.settings)


@lru_cache(_NOTES_KEPT)
def _noted(path: Path, modified: int) -> tuple[str | None, str | None]:
    """Return partner's name and file of a landing note; `modified` tells an earlier content apart."""
    note = read_json(path)
    partner = note.get("contract_content", {}).get("partner", {})
    return partner.get("name"), note.get("file")
