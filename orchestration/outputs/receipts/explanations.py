"""Explanations of rules, refusals, files and checks for partners, read from the reference seeds by code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from expectations.checks import EXTRACT_CHECKS
from orchestration.core import seed_rows

ASK = "Ask your data steward."


@dataclass(frozen=True)
class Explanation:
    """A title, what it means, and what the partner can do."""

    title: str
    meaning: str
    to_do: str = ASK


def rule(code: str) -> Explanation:
    """Explain a quality rule. One without an explanation is shown by its code."""
    return _rules().get(code, Explanation(code.replace("_", " "), "This rule has no explanation yet."))


def refusal(reason: str) -> Explanation:
    """Explain `skip:blank`, `withheld:no_consent`, `strip:phone`, `Q:orphan_leg` …"""
    return _reasons("refusal_reasons").get(reason) or rule(reason.partition(":")[2])


def file_reason(code: str) -> Explanation:
    """Explain why a file waits (`hold:column_missing`, `password` …) or changed (`drift:column_gone`)."""
    title = code.rpartition(":")[2].replace("_", " ").capitalize()
    return _reasons("file_reasons").get(code, Explanation(title, "This has no explanation yet."))


def check(name: str, finding: str = "") -> Explanation:
    """Explain what is wrong with a file that a check of the extract gate holds.

    `finding`: what the check found; left out where it names another partner.
    """
    explained = file_reason(f"check:{name}")
    if not finding or EXTRACT_CHECKS[name].names_others:
        return explained
    return replace(explained, meaning=f"{finding[0].upper()}{finding[1:]}. {explained.meaning}")


@cache
def _rules() -> dict[str, Explanation]:
    return _explanations("quality_rules", "rule_code")


@cache
def _reasons(seed: str) -> dict[str, Explanation]:
    return _explanations(seed, "reason")


def _explanations(seed: str, key: str) -> dict[str, Explanation]:
    rows = seed_rows(seed)
    return {row[key]: Explanation(row["title"], row["explanation"], row["partner_action"]) for row in rows}
