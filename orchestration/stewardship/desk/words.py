"""The desk's texts in a language: those of the catalogue by key, and the rooms' sentences by `said`.

`Names` has names for the ids in headings: written places, partners, extracts and checks. Files, messages and
commands keep the ids. What was written of a place may be a person's name: stewards alone see it, and
`Visit.page` logs the page that shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from orchestration.core import (
    LANGUAGES,
    NAIROBI,
    Sentence,
    Settings,
    catalogue,
    in_language,
    read_json,
    say,
    text_of,
)
from orchestration.stewardship.kinds.check_waiver import FAILED
from orchestration.stewardship.kinds.place_alias import written_names

LANGUAGE_COOKIE = "njia_language"
# What the desk says in place of a command or file of a sentence: key of its text, and the page it leads to.
_COMMANDS = (
    (re.compile(r"njia decide revoke ([0-9a-f]{12})"), "do.revoke", "/items/decision/{}"),
    (re.compile(r"njia decide confirm ([0-9a-f]{12})"), "do.confirm", "/items/decision/{}"),
    (re.compile(r"njia decide list"), "do.decisions", "/decisions"),
    (re.compile(r"njia decide accept-extract"), "do.accept", ""),
    (re.compile(r"njia decide waive-check(?: --scope \S+)?"), "do.waive", ""),
    (re.compile(r"njia decide place-alias"), "do.place", "/work?kind=place"),
    (re.compile(r"review/quarantined_rows\.csv"), "do.rows", "/work?kind=rows"),
    (re.compile(r"review/drift\.json"), "do.drift", "/work?kind=drift"),
    (re.compile(r"njia place(?: NAME)?"), "do.find_place", ""),
    (re.compile(r"njia status(?: --all)?"), "do.today", "/"),
    (re.compile(r"njia refresh"), "do.refresh", "/"),
)
_DAY = re.compile(r"(\d{4})-(0[1-9]|1[0-2])(?:-(\d\d))?")


@dataclass
class Names:
    """`is_steward`: whether the page may show what was written; `places_shown`: tokens of those it shows."""

    settings: Settings
    is_steward: bool = False
    places_shown: dict[str, None] = field(default_factory=dict)
    _partners: dict[str, str | None] = field(default_factory=dict)
    _files: dict[Path, str | None] = field(default_factory=dict)

    def in_title(self, given: Mapping[str, Any]) -> dict[str, str]:
        """Return the names of the ids that a title was filled in with, by their place in it."""
        names: dict[str, str | None] = {}
        for place, value in given.items():
            if place == "name":
                names[place] = self._written_place(value)
            elif place in ("partner", "one", "other"):
                names[place] = self.partner(value)
            elif place == "extract_id":
                names[place] = self.file(given["partner"], value)
            elif place == "of" and "/" in value:
                partner, _, other = value.partition("/")
                names[place] = self.extract(partner, other) or self.partner(partner)
        return {place: name for place, name in names.items() if name}

    def partner(self, code: str) -> str | None:
        """Return the partner's name in the contract of what landed last; None where it has none."""
        if code not in self._partners:
            notes = (self.settings.landing / code).glob("[!.]*.json")
            newest = max(notes, key=lambda path: path.stat().st_mtime_ns, default=None)
            content = read_json(newest).get("contract_content", {}) if newest else {}
            self._partners[code] = content.get("partner", {}).get("name")
        return self._partners[code]

    def extract(self, partner: str, extract_id: str) -> str | None:
        """Return file and partner of a landed extract; None where there is no such extract."""
        file = self.file(partner, extract_id)
        return file and say("{file}, {partner}", file=file, partner=self.partner(partner) or partner)

    def file(self, partner: str, extract_id: str) -> str | None:
        """Return the name of a landed extract: partner, day and id; None where there is no such extract."""
        path = self.settings.landing / partner / f"{extract_id}.json"
        if path not in self._files:
            self._files[path] = read_json(path).get("file") if path.is_file() else None
        return self._files[path]

    def _written_place(self, token: str) -> str | None:
        text = self._written.get(token) if self.is_steward else None
        return text and f"“{text}”"

    @cached_property
    def _written(self) -> dict[str, str]:
        return written_names(self.settings)


@dataclass(frozen=True)
class Words:
    """Call it with a key and the values of its braces. Raises KeyError for an unknown key."""

    language: str
    names: Names | None = None

    def __call__(self, key: str, **named: object) -> str:
        said = text_of(f"desk.{key}", self.language)
        shown = {name: f"{one:,}" if type(one) is int else self._as_read(one) for name, one in named.items()}
        return said.format(**shown) if named else said

    def day(self, value: date | str | None) -> str:
        """Return a day or a month with the month in words; any other text as it is."""
        found = _DAY.fullmatch(str(value)[:10]) if value else None
        if not found:
            return str(value or "–")
        year, month, day = found.groups()
        words = [str(int(day))] if day else []
        # Spaces that do not break: a day stays in one line of its column.
        return "\u00a0".join([*words, self("page.months").split()[int(month) - 1], year])

    def moment(self, value: datetime | str | None) -> str:
        """Return a time in Nairobi's zone, with its name: commands say UTC."""
        if not value:
            return "–"
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(NAIROBI)
        return f"{self.day(moment.date())}, {moment:%H:%M}\u00a0EAT"

    def known(self, key: str, otherwise: str) -> str:
        """Return the text of a key made of data, such as a field's name."""
        return text_of(f"desk.{key}", self.language) if f"desk.{key}" in catalogue() else otherwise

    def said(self, sentence: Any) -> Any:
        """Return a room's sentence in this language, days and checks in words; a number stays one."""
        sentence = self._as_read(sentence)
        return in_language(sentence, self.language) if isinstance(sentence, str) else sentence

    def heading(self, sentence: str) -> str:
        """Return an item's title with names instead of ids; notes the written place that it shows."""
        if self.names and isinstance(sentence, Sentence) and self.names.in_title(sentence.given).get("name"):
            self.names.places_shown[sentence.given["name"]] = None
        return self._with_names(sentence)

    def searched(self, sentence: str) -> str:
        """Return names and ids to search in, where nothing of it is shown."""
        return f"{self._with_names(sentence)} {sentence}"

    def partner(self, code: str, contract: str = "") -> str:
        """Return a partner's name, its code where it has none, and a contract of it."""
        name = self.names.partner(code) if self.names else None
        return ": ".join(filter(None, (name or code, contract)))

    def extract(self, partner: str, extract_id: str) -> str:
        """Return file, day and partner of an extract; its id where it has not landed."""
        name = self.names.extract(partner, extract_id) if self.names else None
        return self.said(name) if name else f"{partner}/{extract_id}"

    def _with_names(self, sentence: str) -> str:
        names = self.names.in_title(sentence.given) if self.names and isinstance(sentence, Sentence) else {}
        if not names or not isinstance(sentence, Sentence):
            return self.said(sentence)
        return self.said(say(sentence.template, **{**sentence.given, **names}))

    def check(self, name: str) -> str:
        """Return the title of a failed check: what is wrong. Tests of tables may have a name alone."""
        return self.known(f"check_title.{name}", f"{self('check_title.other')}: {self.spoken(name)}")

    def _as_read(self, given: Any) -> Any:
        """Return a sentence with days and checks in words, or what fills one in."""
        if isinstance(given, Sentence):
            read = {name: self._as_read(one) for name, one in given.given.items()}
            if given.template == FAILED:
                return say("{check}: {of}", check=self.check(read["check"]), of=read["of"])
            for name in read.keys() & {"check", "checks"}:
                read[name] = ", ".join(f"“{self.check(one)}”" for one in read[name].split(", "))
            return say(given.template, **read)
        is_day = isinstance(given, date) or (isinstance(given, str) and _DAY.fullmatch(given))
        return self.day(given) if is_day else given

    def spoken(self, name: str) -> str:
        """Return the name of a rule or a field as words."""
        return in_language(name.replace("_", " "), self.language)

    def linked(self, sentence: str) -> Markup:
        """Return a sentence as HTML: its commands are links, or what a steward does at the desk."""
        parts = sentence.split("`")
        begins = [not before or before.endswith((". ", "? ")) for before in ("", *parts)]
        return Markup("").join(
            escape(part) if number % 2 == 0 else self._instead(part, begins[number])
            for number, part in enumerate(parts)
        )

    def _instead(self, command: str, begins: bool) -> Markup:
        """`begins`: whether a sentence begins with the command."""
        for pattern, key, address in _COMMANDS:
            if found := pattern.fullmatch(command):
                said, to = self(key), address.format(*found.groups())
                said = said[:1].upper() + said[1:] if begins else said
                return Markup('<a href="{}">{}</a>').format(to, said) if to else escape(said)
        return Markup("<code>{}</code>").format(command)

    def said_all(self, words: Iterable[str]) -> str:
        return ", ".join(self.said(one) for one in words)


def words_of(language: str | None) -> Words:
    return Words(language if language in LANGUAGES else "en")
