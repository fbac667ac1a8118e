"""The title of a rule, or of a reason why a row or cell was left out: words of seeds/reference, by code."""

from __future__ import annotations

import csv
from functools import cache

from orchestration.core import REFERENCE_SEEDS


def title_of(code: str) -> str:
    """Of `unk:age_list`, `strip:denied_column`, `withheld:no_consent`, `age_list` …"""
    rule = code.rpartition(":")[2]
    return _titles().get(code) or _titles().get(rule) or rule.replace("_", " ").capitalize()


@cache
def _titles() -> dict[str, str]:
    titles: dict[str, str] = {}
    for seed, column in (("quality_rules.csv", "rule_code"), ("refusal_reasons.csv", "reason")):
        with (REFERENCE_SEEDS / seed).open(encoding="utf-8", newline="") as lines:
            titles |= {row[column]: row["title"] for row in csv.DictReader(lines)}
    return titles
