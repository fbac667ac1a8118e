"""Explanations for partners: rules, refusals, files and checks by code; columns as the partner knows them.

Texts are read from the reference seeds. A contract names a column of a further sheet `part/column`; the
partner knows the sheet, not the `part`.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from expectations.checks import EXTRACT_CHECKS
from orchestration.contracts import Contract, place_parts, role_and_basis
from orchestration.core import seed_rows

ASK = "Ask your data steward."


class Explanation(NamedTuple):
    """A title, what it means, and what the partner can do."""

    title: str
    meaning: str
    to_do: str = ASK


def rule(code: str) -> Explanation:
    """Explain a quality rule. One without an explanation is shown by its code."""
    unknown = Explanation(code.replace("_", " "), "This rule has no explanation yet.")
    return _explanations("quality_rules").get(code, unknown)


def refusal(reason: str) -> Explanation:
    """Explain `skip:blank`, `withheld:no_consent`, `strip:phone`, `Q:orphan_leg` …"""
    return _explanations("refusal_reasons").get(reason) or rule(reason.partition(":")[2])


def file_reason(code: str) -> Explanation:
    """Explain why a file waits (`hold:column_missing`, `password` …) or changed (`drift:column_gone`)."""
    title = code.rpartition(":")[2].replace("_", " ").capitalize()
    return _explanations("file_reasons").get(code, Explanation(title, "This has no explanation yet."))


def check(name: str, finding: str = "") -> Explanation:
    """Explain what is wrong with a file that a check of the extract gate holds.

    `finding`: what the check found; left out where it names another partner.
    """
    explained = file_reason(f"check:{name}")
    if not finding or EXTRACT_CHECKS[name].names_others:
        return explained
    return explained._replace(meaning=f"{finding[0].upper()}{finding[1:]}. {explained.meaning}")


@cache
def _explanations(seed: str) -> dict[str, Explanation]:
    return {
        row.get("reason") or row["rule_code"]: Explanation(
            row["title"], row["explanation"], row["partner_action"]
        )
        for row in seed_rows(seed)
    }


def own_column(contract: Contract | None, column: str, on_sheet: str = "") -> str:
    """Return `Stop (sheet Journey)` for `legs/Stop`, or `Stop` where the text beside it names the sheet."""
    part, slash, rest = column.partition("/")
    further = {**contract.repeats, **contract.tabs} if contract and slash else {}
    if part not in further:
        return column
    sheet = further[part].sheet or part
    return rest if sheet == on_sheet else f"{rest} (sheet {sheet})"


def columns_of(contract: Contract, field: str, on_sheet: str = "") -> str:
    """Return the partner's columns behind a field; for a place, those that name it and not the transport."""
    names = [
        own_column(contract, str(spec.column), on_sheet)
        for name, spec in contract.fields.items()
        if spec.column and field in (name, _place_of(name))
    ]
    return ", ".join(dict.fromkeys(names))


def _place_of(field: str) -> str | None:
    """Return `place(origin)` for a field that is part of a place in that role, of whatever basis."""
    place, part = place_parts(field) or ("", "transport_mode")
    return None if part == "transport_mode" else f"place({role_and_basis(place)[0]})"
