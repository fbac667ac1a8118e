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


def explain(code: str) -> Explanation:
    """Explain a rule, a refusal (`skip:blank`, `Q:orphan_leg`), or what is with a file (`hold:…`, `drift:…`).

    What has no explanation is shown by its code.
    """
    known, own = _explanations(), code.rpartition(":")[2]
    unknown = Explanation(own.replace("_", " ").capitalize(), "This has no explanation yet.")
    return known.get(code) or known.get(own) or unknown


def check(name: str, finding: str = "") -> Explanation:
    """Explain what is wrong with a file that a check of the extract gate holds.

    `finding`: what the check found; left out where it names another partner.
    """
    explained = explain(f"check:{name}")
    if not finding or EXTRACT_CHECKS[name].names_others:
        return explained
    return explained._replace(meaning=f"{finding[0].upper()}{finding[1:]}. {explained.meaning}")


def cause(sentence: str, question: str) -> list[Explanation]:
    """Explain what probably happened to a file that is held; nothing where no cause was looked for."""
    return [Explanation(sentence, "", question)] if sentence else []


@cache
def _explanations() -> dict[str, Explanation]:
    rows = [row for seed in ("quality_rules", "refusal_reasons", "file_reasons") for row in seed_rows(seed)]
    texts = ("title", "explanation", "partner_action")
    return {
        row.get("reason") or row["rule_code"]: Explanation(*(row[name] for name in texts)) for row in rows
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
