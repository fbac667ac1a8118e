"""Code lists, crosswalks, words and country names of seeds/reference, as look-up tables for `codes`."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from orchestration.contracts.cell_text import norm

SEEDS = ("codes.csv", "crosswalk.csv", "code_words.csv", "places.csv", "place_codes.csv", "place_aliases.csv")
NATIONALITY = "nationality"
AGE_BAND = "age_band"
_NO_EQUIVALENT = "none"


@dataclass(frozen=True)
class SystemCode:
    """The meaning of another system's code; `is_defect`: only its label decides."""

    code: str
    is_defect: bool = False


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Look-up tables by domain and normalised text."""

    codes: dict[str, frozenset[str]] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    words: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    crosswalks: dict[tuple[str, str], dict[str, SystemCode]] = field(default_factory=dict)
    countries: dict[str, str] = field(default_factory=dict)

    def words_of(self, domain: str, languages: tuple[str, ...]) -> dict[str, str]:
        """Return the words of a domain in some languages, each with its code."""
        return {
            word: code
            for word, (code, language) in self.words.get(domain, {}).items()
            if language in languages or language == "any"
        }

    def is_code(self, domain: str, code: str) -> bool:
        if domain == NATIONALITY:
            return code == "unknown" or (
                len(code) == 3 and code.isascii() and code.isupper() and code.isalpha()
            )
        return code in self.codes.get(domain, frozenset())

    def is_country(self, text: str) -> bool:
        """Whether a text is the name or code of a country, and nothing else."""
        return norm(text) in self.countries


@lru_cache(maxsize=1)
def load_vocabulary(folder: Path) -> Vocabulary:
    """Read the seeds once a process; a missing file counts as empty."""
    codes: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, dict[str, str]] = defaultdict(dict)
    for row in _rows(folder / "codes.csv"):
        codes[row["domain"]].add(row["code"])
        labels[row["domain"]].setdefault(norm(row["label"]), row["code"])
    words: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in _rows(folder / "code_words.csv"):
        words[row["domain"]][norm(row["word"])] = (row["code"], row["language"])
    crosswalks: dict[tuple[str, str], dict[str, SystemCode]] = defaultdict(dict)
    for row in _rows(folder / "crosswalk.csv"):
        if row["direction"] != "out":
            meant = SystemCode(row["code"], row["loss"] == _NO_EQUIVALENT)
            crosswalks[row["domain"], row["system"]][norm(row["system_code"])] = meant
    return Vocabulary(
        {domain: frozenset(found) for domain, found in codes.items()},
        dict(labels),
        dict(words),
        dict(crosswalks),
        _countries(folder),
    )


def _countries(folder: Path) -> dict[str, str]:
    """Map name, alias, alpha-2 and alpha-3 of countries to alpha-3; ambiguous names are left out."""
    found: dict[str, set[str]] = defaultdict(set)
    alpha3 = {
        row["place_id"]: row["iso_alpha3"]
        for row in _rows(folder / "places.csv")
        if row["kind"] == "country" and row["iso_alpha3"] == row["place_id"]
    }
    for row in _rows(folder / "places.csv"):
        if row["place_id"] in alpha3:
            found[norm(row["name"])].add(row["place_id"])
            found[norm(row["place_id"])].add(row["place_id"])
    for row in _rows(folder / "place_codes.csv"):
        if row["place_id"] in alpha3 and row["system"] == "iso_alpha2":
            found[norm(row["code"])].add(row["place_id"])
    for row in _rows(folder / "place_aliases.csv"):
        if row["place_id"] in alpha3:
            found[norm(row["alias"])].add(row["place_id"])
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
