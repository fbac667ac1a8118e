"""The texts of the map page in English and Swahili.

`texts.csv` beside this file holds texts of the page alone. Statuses, labels and bands share the texts of the
report; their meanings are in `seeds/reference/statistics_words.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from orchestration.core import seed_rows
from orchestration.outputs import texts as shared
from orchestration.places import boundaries

OWN = Path(__file__).with_name("texts.csv")
SHARED_KINDS = (
    "grain", "role", "direction", "label", "band", "status", "trend", "risk_band", "component",
    "evidence", "evidence_class", "field",
)  # fmt: skip
MEANING_KINDS = ("trend_category", "risk_band", "evidence_class")
# Names of places and codes: the page holds those that the edition uses.
NAME_KINDS = ("place", "code")
# The id in the scripts of a stop in Kenya whose county is not known.
COUNTY_UNKNOWN = "KEN-unknown"


def page_texts(
    captions: boundaries.Captions, code_labels: Mapping[str, str], places: Iterable[str]
) -> dict[str, dict[str, str]]:
    """Return the texts of each language by key. The page falls back to English where Swahili is missing."""
    named = {f"code.{key}" for key in code_labels} | {f"place.{place}" for place in (*places, COUNTY_UNKNOWN)}
    found = {}
    for language in shared.LANGUAGES:
        texts = _shared(language) | _meanings(language) | _texts(OWN, language)
        found[language] = {
            key: text
            for key, text in texts.items()
            if key.partition(".")[0] not in NAME_KINDS or key in named
        }
    found["en"] |= {"map.label": captions.label, "map.disclaimer": captions.disclaimer}
    found["en"] |= {"map.disputed": captions.disputed, "map.schematic": captions.schematic}
    found["en"] |= {f"code.{key}": label for key, label in code_labels.items()}
    return found


def _shared(language: str) -> dict[str, str]:
    """Return the shared texts of the report, each with a capital."""
    texts = _texts(shared.CATALOGUE, language)
    return {
        key: text[0].upper() + text[1:]
        for key, text in texts.items()
        if key.partition(".")[0] in SHARED_KINDS
    } | {shared.BORDER_POINT: texts[shared.BORDER_POINT]}


def _meanings(language: str) -> dict[str, str]:
    rows = [row for row in seed_rows(shared.MEANINGS) if row["kind"] in MEANING_KINDS]
    return {f"meaning.{row['kind']}.{row['code']}": row[f"sentence_{language}"] for row in rows}


def _texts(path: Path, language: str) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["key"]: row[language] for row in csv.DictReader(file) if row[language]}
