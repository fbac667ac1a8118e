"""The hand-kept rows of `seeds/gazetteer`: what no package has, and where a package is set right."""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.core import NjiaError
from seeds.build.gazetteer.packages import Source
from seeds.build.gazetteer.tables import Tables

HAND = Path(__file__).resolve().parents[2] / "gazetteer"
_ROOTS = ("world", "unknown")


def rows(name: str) -> list[dict[str, str]]:
    """Rows of one hand-kept file."""
    path = HAND / f"{name}.csv"
    if not path.is_file():
        raise NjiaError(f"seeds/gazetteer/{name}.csv is missing. Restore it from the repository.")
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def source(row: dict[str, str]) -> Source:
    return Source(row["source"], row["licence"])


def add_roots(tables: Tables) -> None:
    """The places above and beside all countries: they lie in no region."""
    for row in rows("places"):
        if row["kind"] in _ROOTS:
            _add(tables, row, region="unknown")


def add_places(tables: Tables) -> None:
    for row in rows("places"):
        if row["kind"] not in _ROOTS:
            _add(tables, row)
    for row in rows("points"):
        tables.add_point(row["place_id"], float(row["lat"]), float(row["lon"]), row["grade"], source(row))


def add_names(tables: Tables, *, of_all: bool) -> None:
    """Hand-kept names of the places that there are so far; `of_all`: every place must be there by now."""
    for row in rows("aliases"):
        if row["place_id"] not in tables.places:
            if not of_all:
                continue
            raise NjiaError(
                f"seeds/gazetteer/aliases.csv: the alias {row['alias']} points at {row['place_id']}, "
                "which is no place. Correct the row or add the place."
            )
        tables.add_alias(row["alias"], row["place_id"], row["language"], source(row), as_written=True)


def add_codes(tables: Tables) -> None:
    for row in rows("codes"):
        tables.add_code(row["place_id"], row["system"], row["code"], source(row))


def _add(tables: Tables, row: dict[str, str], **more: str) -> None:
    place = (row["place_id"], row["name"], row["kind"], row["parent_place_id"], row["iso_alpha3"])
    tables.add_place(*place, source(row), **more)
