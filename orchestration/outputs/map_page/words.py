"""The words of the page, in English and Swahili.

`words.csv` beside this file holds what only the page says; the words of statuses, labels and bands are those
of the report, and their meanings stand in `seeds/reference/statistics_words.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from orchestration.outputs import words as shared
from orchestration.places import boundaries

OWN = Path(__file__).with_name("words.csv")
SHARED_KINDS = (
    "grain", "role", "direction", "label", "band", "status", "trend", "risk_band", "evidence",
    "evidence_class", "field",
)  # fmt: skip
MEANING_KINDS = (
    "shift_status", "shift_evidence", "shift_pair", "hotspot_label", "trend_category", "risk_band",
    "evidence_class",
)  # fmt: skip
# Words of places and codes, of which the page holds those that the edition names.
OF_NAMES = ("place", "code")
# As the scripts call an end in Kenya whose county is not known.
COUNTY_UNKNOWN = "KEN-unknown"


def words(
    captions: boundaries.Captions, code_labels: Mapping[str, str], places: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Return the sentences of each language by key. What has no Swahili words is left to the English ones."""
    named = {f"code.{key}" for key in code_labels} | {f"place.{place}" for place in (*places, COUNTY_UNKNOWN)}
    said = {}
    for language in shared.LANGUAGES:
        texts = _shared(language) | _meanings(language) | _texts(OWN, language)
        said[language] = {
            key: text for key, text in texts.items() if key.partition(".")[0] not in OF_NAMES or key in named
        }
    said["en"] |= {"map.label": captions.label, "map.disclaimer": captions.disclaimer}
    said["en"] |= {"map.disputed": captions.disputed, "map.schematic": captions.schematic}
    said["en"] |= {f"code.{key}": label for key, label in code_labels.items()}
    return said


def _shared(language: str) -> dict[str, str]:
    """Return the report's words with a capital, as the first of a choice or a cell."""
    texts = _texts(shared.CATALOGUE, language)
    return {
        key: text[0].upper() + text[1:]
        for key, text in texts.items()
        if key.partition(".")[0] in SHARED_KINDS
    }


def _meanings(language: str) -> dict[str, str]:
    rows = [row for row in _rows(shared.MEANINGS) if row["kind"] in MEANING_KINDS]
    return {f"meaning.{row['kind']}.{row['code']}": row[f"sentence_{language}"] for row in rows}


def _texts(path: Path, language: str) -> dict[str, str]:
    return {row["key"]: row[language] for row in _rows(path) if row[language]}


@cache
def _rows(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
