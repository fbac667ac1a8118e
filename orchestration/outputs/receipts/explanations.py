"""Explanations for partners: rules, refusals, files and checks by code; columns as the partner knows them.

Texts are read from the reference seeds. A contract names a column of a further sheet `part/column`; the
partner knows the sheet, not the `part`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from expectations.checks import EXTRACT_CHECKS
from orchestration.contracts import Contract, place_parts, role_and_basis
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


def cause(sentence: str, question: str) -> list[Explanation]:
    """Explain what probably happened to a file that is held; nothing where no cause was looked for."""
    return [Explanation(sentence, "", question)] if sentence else []


@cache
def _rules() -> dict[str, Explanation]:
    return _explanations("quality_rules", "rule_code")


@cache
def _reasons(seed: str) -> dict[str, Explanation]:
    return _explanations(seed, "reason")


def _explanations(seed: str, key: str) -> dict[str, Explanation]:
    rows = seed_rows(seed)
    return {row[key]: Explanation(row["title"], row["explanation"], row["partner_action"]) for row in rows}


_NOT_A_PLACE = ".transport_mode"


def own_column(contract: Contract | None, column: str, on_sheet: str = "") -> str:
    """Return `Stop (sheet Journey)` for `legs/Stop`, or `Stop` where the text beside it names the sheet."""
    part, slash, rest = column.partition("/")
    sheet = _sheets(contract).get(part) if contract and slash else None
    if sheet is None:
        return column
    return rest if sheet == on_sheet else f"{rest} (sheet {sheet})"


def columns_of(contract: Contract, field: str, on_sheet: str = "") -> str:
    """Return the partner's columns behind a field; for a place, those that name it and not the transport."""
    if field == "record" or not field:
        return ""
    names = [
        own_column(contract, str(spec.column), on_sheet)
        for name, spec in contract.fields.items()
        if spec.column and (name == field or (_names_place(name, field) and not name.endswith(_NOT_A_PLACE)))
    ]
    return ", ".join(dict.fromkeys(names))


def _names_place(name: str, field: str) -> bool:
    """Whether a field of the contract is part of a place in a role (`place(origin)`), of whatever basis."""
    place, _ = place_parts(name) or ("", "")
    return f"place({role_and_basis(place)[0]})" == field


def _sheets(contract: Contract) -> dict[str, str]:
    parts = [*contract.repeats.items(), *contract.tabs.items()]
    return {part: table.sheet or part for part, table in parts}
