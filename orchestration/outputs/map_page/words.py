"""What the page says, in English and Swahili: `words.csv`, one line a sentence."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from orchestration.places.boundaries import Captions

CATALOGUE = Path(__file__).with_name("words.csv")
LANGUAGES = ("en", "sw")


def words(captions: Captions, code_labels: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Of each language its sentences by key. A code without a Swahili word keeps the English one."""
    said = {language: dict(texts) for language, texts in catalogue().items()}
    said["en"] |= {"map.label": captions.label, "map.disclaimer": captions.disclaimer}
    said["en"] |= {"map.disputed": captions.disputed, "map.schematic": captions.schematic}
    for key, label in code_labels.items():
        said["en"][f"code.{key}"] = label
        said["sw"].setdefault(f"code.{key}", label)
    named = {f"code.{key}" for key in code_labels}
    return {
        language: {key: text for key, text in texts.items() if not key.startswith("code.") or key in named}
        for language, texts in said.items()
    }


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {language: {row["key"]: row[language] for row in rows if row[language]} for language in LANGUAGES}
