"""Drift: what a partner changed in its columns and choices, the ready change to its contract, its effect.

`review/drift.json` holds a partner's words only where they may be shown. A contract is a file of the
installation: a steward merges the change there, no decision does. An unknown answer is worth the records that
give it; a column gone or renamed, the records of its extract, unless that is held: its own item carries them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from orchestration import intake
from orchestration.contracts import Contracts, contract_for, load_contracts, load_vocabulary
from orchestration.core import Keys, Settings, listed, load_keys, say, write_json
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import Refreshed
from orchestration.stewardship.worth import Worths

_CHANGES = {
    "column_renamed": "columns probably renamed",
    "column_gone": "columns gone",
    "column_added": "columns new",
    "new_codes": "lists with unknown answers",
}


@dataclass(frozen=True)
class DriftChange:
    """`kind` is column_renamed, column_gone, column_added or new_codes; `column` the partner's, as it was.

    `now` is its new name, `feeds` the fields that it fills, `likeness` how sure the renaming is (0 to 1).
    `answers`: of new codes those that may be shown, with the records that give each; `records`: of all.
    `withheld`: those that may identify somebody, filled by `with_withheld`.
    """

    kind: str
    column: str
    now: str | None = None
    feeds: tuple[str, ...] = ()
    likeness: float | None = None
    records: int | None = None
    answers: Mapping[str, int] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class DriftQuestion:
    """One file that drifted. `patch` is YAML to merge into the contract, `effects` say what it does.

    `extract_id` is None where the file did not land.
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


def write_drift(settings: Settings, files: Iterable[Mapping[str, Any]]) -> None:
    """Write one line a change to `drift.csv`, and with the ready change to the contract `drift.json`."""
    files = list(files)
    lines = [
        {**file, **vars(change), "change": change.kind, "feeds": ", ".join(change.feeds)}
        for file in files
        for change in _changes(file)
    ]
    review.write(settings, review.DRIFT, lines)
    write_json(review.written_to(settings) / review.DRIFT_DETAILS, {"drift": files})


def _changes(content: Mapping[str, Any]) -> Iterator[DriftChange]:
    for new in content["renamed"]:
        yield DriftChange("column_renamed", new["before"], new["now"], tuple(new["feeds"]), new["likeness"])
    for gone in content["gone"]:
        yield DriftChange("column_gone", gone["column"], feeds=tuple(gone["feeds"]))
    for column in content["added"]:
        yield DriftChange("column_added", column)
    for codes in content["new_codes"]:
        name, records, shown = codes["field"], codes["records"], codes["shown"]
        yield DriftChange("new_codes", codes["column"], feeds=(name,), records=records, answers=shown)


def drifted_contracts(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each contract with drift; it holds no word of a partner."""
    held = {(one["partner"], one["extract_id"]) for one in refreshed.end.held}
    by_contract: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in review.standing(refreshed.settings, review.DRIFT):
        by_contract.setdefault((row["partner"], row["contract"]), []).append(row)
    for (partner, contract), rows in by_contract.items():
        counts = Counter(row["change"] for row in rows)
        changes: list[str] = [
            say("{change}: {number}", change=_CHANGES[change], number=counts[change])
            for change in _CHANGES
            if counts[change]
        ]
        worth = max((_worth(row, refreshed.worths, held) for row in rows), default=0)
        yield OpenItem(
            items.drift(partner, contract),
            say("{partner} changed its columns or choices ({contract})", partner=partner, contract=contract),
            say("{changes}.", changes=listed(changes)),
            "What the contract does not name is dropped; an answer that it does not know counts as unknown.",
            "Look at the ready change to the contract, merge it, and try it with `njia contract check`.",
            worth,
            extracts=frozenset((row["partner"], row["extract_id"]) for row in rows),
        )


def _worth(row: Mapping[str, str], worths: Worths, held: set[tuple[str, str]]) -> int:
    if row["change"] == "new_codes":
        return int(row["records"] or 0)
    if row["change"] == "column_added" or (row["partner"], row["extract_id"]) in held:
        return 0
    return worths.of_extract(row["partner"], row["extract_id"])


def drift_questions(settings: Settings, item: Item | None = None) -> list[DriftQuestion]:
    """Return every file with drift, or those of one item, in the order of the list."""
    files = review.json_of(settings, review.DRIFT_DETAILS).get("drift", [])
    stands = review.still_stands(settings)
    asked = [_question(one) for one in files if stands(one)]
    return [one for one in asked if item in (None, one.item)]


def with_withheld(settings: Settings, asked: list[DriftQuestion]) -> list[DriftQuestion]:
    """Add the answers that no list holds, from the encrypted texts; a page logs that it shows them."""
    contracts, keys = load_contracts(settings.partners), load_keys(settings)
    return [replace(one, changes=_with_withheld(settings, contracts, keys, one)) for one in asked]


def _with_withheld(
    settings: Settings, contracts: Contracts, keys: Keys, asked: DriftQuestion
) -> list[DriftChange]:
    has_new_codes = any(change.kind == "new_codes" for change in asked.changes)
    landed = intake.read_register(settings.landing, asked.partner) if has_new_codes else {}
    entry = landed.get(asked.extract_id or "")
    if entry is None:
        return asked.changes
    contract, vocabulary = contract_for(entry, contracts), load_vocabulary()
    found = intake.new_codes_of(settings, keys, contract, entry, vocabulary)
    hidden = {codes.field: codes.hidden for codes in found}
    return [
        replace(change, withheld=hidden.get(change.feeds[0], {})) if change.kind == "new_codes" else change
        for change in asked.changes
    ]


def _question(content: Mapping[str, Any]) -> DriftQuestion:
    return DriftQuestion(
        items.drift(content["partner"], content["contract"]),
        content["partner"],
        content["contract"],
        content["extract_id"],
        content["received_on"],
        bool(content["landed"]),
        list(_changes(content)),
        content["patch"],
        list(content["effects"]),
    )
