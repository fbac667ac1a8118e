"""The four tables while they are built, and their text: sorted, so that one input gives one text."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import Any

from orchestration.core import NjiaError
from orchestration.places.place_text import norm
from seeds.build.gazetteer.packages import Source

NOTHING = "none"
GENERATED = ("places.csv", "place_codes.csv", "place_coordinates.csv", "place_aliases.csv")
_DECIMALS = 4  # some ten metres: GeoNames itself is no finer

Row = dict[str, str]


class Tables:
    """Places by id, and their codes, points and other names; what is added first stays."""

    def __init__(self) -> None:
        self.places: dict[str, Row] = {}
        self.codes: dict[tuple[str, str, str], Row] = {}
        self.points: dict[str, Row] = {}
        self.aliases: dict[tuple[str, str], Row] = {}
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._read_alike: set[tuple[str, str]] = set()
        self._in_country: set[tuple[str, str]] = set()

    def add_place(
        self, place_id: str, name: str, kind: str, parent: str, country: str, source: Source, **more: str
    ) -> None:
        """A new place; its region is the country's unless `region` says otherwise."""
        if place_id in self.places:
            raise NjiaError(
                f"Two places would have the id {place_id}: {self.places[place_id]['name']} and {name}. "
                "Give one of them an id in seeds/gazetteer."
            )
        region = more.get("region") or self.places[country]["region"]
        self.places[place_id] = {
            "place_id": place_id, "name": name, "kind": kind, "parent_place_id": parent,
            "iso_alpha3": country, "region": region, "population": more.get("population", NOTHING),
        } | _of(source)  # fmt: skip
        self._by_name[norm(name), parent].append(place_id)
        self._read_alike.add((norm(name), place_id))
        self._in_country.add((norm(name), country))

    def named(self, name: str, parent: str, *kinds: str) -> str | None:
        """The first place of this name under a parent, of some kinds."""
        found = (i for i in self._by_name.get((norm(name), parent), ()) if self.places[i]["kind"] in kinds)
        return next(found, None)

    def is_known_in(self, name: str, country: str) -> bool:
        """Whether a place of the country has this name already."""
        return (norm(name), country) in self._in_country

    def add_code(self, place_id: str, system: str, code: str, source: Source) -> None:
        row = {"place_id": place_id, "system": system, "code": code} | _of(source)
        self.codes.setdefault((place_id, system, code), row)

    def add_point(self, place_id: str, lat: float, lon: float, grade: str, source: Source) -> None:
        """Degrees north and east; the first point of a place stays."""
        row = {"place_id": place_id, "lat": _degrees(lat), "lon": _degrees(lon), "grade": grade} | _of(source)
        self.points.setdefault(place_id, row)

    def add_alias(
        self, alias: str, place_id: str, language: str, source: Source, *, as_written: bool = False
    ) -> None:
        """Another name, unless a name of the place reads alike; `as_written`: unless it is spelled alike."""
        key, alike = (alias.casefold(), place_id), (norm(alias), place_id)
        is_known = key in self.aliases if as_written else alike in self._read_alike
        if alike[0] and not is_known:
            self._read_alike.add(alike)
            self._in_country.add((alike[0], self.places[place_id]["iso_alpha3"]))
            self.aliases[key] = {"alias": alias, "place_id": place_id, "language": language} | _of(source)

    def as_csv(self) -> dict[str, str]:
        """The text of each generated file by its name."""
        rows = (self.places, self.codes, self.points, self.aliases)
        keys = (("place_id",), ("place_id", "system", "code"), ("place_id",), ("place_id", "alias"))
        return {
            file: _csv(sorted(table.values(), key=lambda row, k=key: [row[part] for part in k]))  # type: ignore[attr-defined, misc]
            for file, table, key in zip(GENERATED, rows, keys, strict=True)
        }


def _of(source: Source) -> Row:
    return {"source": source.name, "licence": source.licence}


def _degrees(value: float) -> str:
    return str(round(float(value), _DECIMALS))


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
