"""The queue of drift: what a partner changed, the ready change to its contract, and what that would do.

Everything but the last comes from `review/drift.json`, where a word of a partner stands only if it may be
shown. A contract is a file of the installation: a steward merges the change there, no decision does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestration.core import Settings
from orchestration.stewardship import items, review
from orchestration.stewardship.draft_lists import text_of
from orchestration.stewardship.foreseen import Change
from orchestration.stewardship.items import Item
from orchestration.stewardship.said import say
from orchestration.stewardship.typed_views import typed_views

_NOT_LANDED = (
    "Nothing of this file landed, so what it would bring is not known before the change is merged and the "
    "file taken in. `njia contract check` tells it beforehand, for whoever has the file."
)
_DROPPED = (
    "{column} did not land, for the contract did not name it: its values come only when the partner sends "
    "the file again."
)
_HIDDEN = (
    "{number} further answer(s) of {field} are not shown, for they may identify somebody; what they mean is "
    "not known."
)
_UNKNOWN_ANSWERS = "Records whose {field} holds an answer that nobody knows"


@dataclass(frozen=True)
class DriftChange:
    """`kind` is column_renamed, column_gone, column_added or new_codes; `column` the partner's, as it was.

    `now` is its new name, `feeds` the fields that it fills, `likeness` how sure the renaming is (0 to 1).
    `answers`: of new codes those that may be shown, with the records that give each; `records`: of all.
    """

    kind: str
    column: str
    now: str | None = None
    feeds: tuple[str, ...] = ()
    likeness: float | None = None
    records: int | None = None
    answers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DriftQuestion:
    """One file that drifted. `patch` is YAML to merge into the contract, `effects` say what it does.

    `on_landed_rows` counts records of this extract before and after the change; `unforeseen` says what of it
    cannot be computed, and why. `extract_id` is None where the file did not land.
    """

    item: Item
    partner: str
    contract: str
    extract_id: str | None
    received_on: str | None
    is_landed: bool
    changes: list[DriftChange]
    patch: str
    effects: list[str]
    on_landed_rows: list[Change]
    unforeseen: list[str]


def drift_questions(settings: Settings, item: Item | None = None) -> list[DriftQuestion]:
    """Every file with drift, or those of one item, in the order of the list; most of a contract first."""
    text = text_of(settings, review.DRIFT_DETAILS)
    found = json.loads(text)["drift"] if text else []
    asked = [_question(settings, one) for one in found]
    return [one for one in asked if item in (None, one.item)]


def _question(settings: Settings, told: Mapping[str, Any]) -> DriftQuestion:
    changes, unforeseen = _on_landed_rows(settings, told) if told["landed"] else ([], [_NOT_LANDED])
    return DriftQuestion(
        items.drift(told["partner"], told["contract"]),
        told["partner"],
        told["contract"],
        told["extract_id"],
        told["received_on"],
        bool(told["landed"]),
        [
            *(
                DriftChange("column_renamed", one["before"], one["now"], tuple(one["feeds"]), one["likeness"])
                for one in told["renamed"]
            ),
            *(DriftChange("column_gone", one["column"], feeds=tuple(one["feeds"])) for one in told["gone"]),
            *(DriftChange("column_added", column) for column in told["added"]),
            *(
                DriftChange(
                    "new_codes",
                    one["column"],
                    feeds=(one["field"],),
                    records=one["records"],
                    answers=one["shown"],
                )
                for one in told["new_codes"]
            ),
        ],
        told["patch"],
        list(told["effects"]),
        changes,
        unforeseen,
    )


def _on_landed_rows(settings: Settings, told: Mapping[str, Any]) -> tuple[list[Change], list[str]]:
    """Answers get their codes from the landed values; a column that was dropped has none."""
    changes: list[Change] = []
    unforeseen: list[str] = [
        say(_DROPPED, column=f"“{one['now']}”") for one in told["renamed"] if one["feeds"] != ["deny"]
    ]
    unmapped = _unmapped(settings, told["partner"], told["extract_id"])
    for codes in told["new_codes"]:
        before = unmapped.get(codes["field"], codes["records"])
        after = max(before - sum(codes["shown"].values()), 0)
        changes.append(Change(say(_UNKNOWN_ANSWERS, field=codes["field"]), before, after))
        if codes["not_shown"]:
            unforeseen.append(say(_HIDDEN, number=codes["not_shown"], field=codes["field"]))
    return changes, unforeseen


def _unmapped(settings: Settings, partner: str, extract_id: str) -> dict[str, int]:
    """Records by field in which typing met an answer that is in no list."""
    columns = "partner varchar, extract_id varchar, record_id bigint, field varchar, problem_code varchar"
    with typed_views(settings, {"problems": columns}, extract_id) as con:
        found = con.execute(
            "select field, count(distinct record_id) from problems where partner = ? and extract_id = ? "
            "and problem_code = 'code_unmapped' group by field",
            [partner, extract_id],
        ).fetchall()
    return {str(name): int(records) for name, records in found}
