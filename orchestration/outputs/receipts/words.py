"""What a receipt says about a rule, a refusal, a file or a check: words of seeds and gate, by code."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from orchestration.core import REFERENCE_SEEDS

ASK = "Ask your data steward."


@dataclass(frozen=True)
class Words:
    """A title, what it means, and what the partner can do."""

    title: str
    meaning: str
    to_do: str = ASK


@cache
def _rules() -> dict[str, Words]:
    actions = {row["rule_code"]: row["partner_action"] for row in _seed("partner_actions.csv")}
    return {
        row["rule_code"]: Words(row["title"], row["explanation"], actions.get(row["rule_code"], ASK))
        for row in _seed("quality_rules.csv")
    }


@cache
def _reasons(seed: str) -> dict[str, Words]:
    return {
        row["reason"]: Words(row["title"], row["explanation"], row["partner_action"]) for row in _seed(seed)
    }


def rule(code: str) -> Words:
    """Of a quality rule; one without words is shown by its code rather than left out."""
    return _rules().get(code, Words(code.replace("_", " "), "This rule has no words yet."))


def refusal(reason: str) -> Words:
    """Of `skip:blank`, `withheld:no_consent`, `strip:phone`, `Q:orphan_leg` …"""
    return _reasons("refusal_reasons.csv").get(reason) or rule(reason.partition(":")[2])


def file_reason(code: str) -> Words:
    """Of `hold:column_missing`, `password` …, for which a whole file waits; of `drift:column_gone` …"""
    unknown = Words(code.rpartition(":")[2].replace("_", " ").capitalize(), "This has no words yet.")
    return _reasons("file_reasons.csv").get(code, unknown)


def check(name: str) -> Words:
    """Of a check of the extract gate, which holds a whole file: what is wrong, not what was expected."""
    return file_reason(f"check:{name}")


def _seed(name: str) -> list[dict[str, str]]:
    path: Path = REFERENCE_SEEDS / name
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
