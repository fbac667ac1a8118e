"""The draft of a message that asks a partner about a held extract: what came, what differs, what is asked.

It holds counts of the partner's own file, and no value of a person, reference or name of a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from expectations.checks import EXTRACT_CHECKS
from orchestration.core import LANGUAGES, seed_rows
from orchestration.stewardship.desk.words import words_of
from orchestration.stewardship.review import finding_of

_NOTHING = "Nothing;"  # how a reason begins that asks the partner for nothing


def drafts(
    failed: Iterable[Mapping[str, str]], received_on: str, rows: int, answer_by: str
) -> dict[str, str]:
    """Return the message by language; empty where the partner cannot help.

    `failed`: lines of failed_checks.csv.
    """
    asked = [row for row in failed if row["check_name"] in _reasons() and _is_asked(row)]
    if not asked:
        return {}
    return {language: _draft(language, asked, received_on, rows, answer_by) for language in LANGUAGES}


def _draft(language: str, asked: list[Mapping[str, str]], received_on: str, rows: int, answer_by: str) -> str:
    words = words_of(language)
    points = []
    for row in asked:
        reason = _reasons()[row["check_name"]]
        finding = "" if EXTRACT_CHECKS[row["check_name"]].names_others else words.said(finding_of(row))
        found = finding or words.said(reason["explanation"]).rstrip(".")
        points.append(f"- {found}. {words.said(reason['partner_action'])}")
    return "\n\n".join(
        [
            words("ask.greeting"),
            words("ask.came", day=received_on, rows=rows),
            "\n".join(dict.fromkeys(points)),
            words("ask.until", day=answer_by),
            words("ask.thanks"),
        ]
    )


def _is_asked(row: Mapping[str, str]) -> bool:
    holds = row["severity"] == "hold" and row["outcome"] == "failed" and row["waived"] != "True"
    return holds and not _reasons()[row["check_name"]]["partner_action"].startswith(_NOTHING)


@cache
def _reasons() -> dict[str, dict[str, str]]:
    """Return the line of file_reasons.csv for each check that holds."""
    return {
        row["reason"].removeprefix("check:"): row
        for row in seed_rows("file_reasons")
        if row["reason"].startswith("check:")
    }
