"""Drift: what a partner changed in its columns and choices, the ready change to its contract, its effect.

`review/drift.json` holds a partner's words only where they may be shown. A contract is a file of the
installation: a steward merges the change there, no decision does. An unknown answer is worth the records that
give it; a column gone or renamed, the records of its extract, unless that is held: its own item carries them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from orchestration import intake
from orchestration.contracts import contract_for, load_contracts, load_vocabulary
from orchestration.core import Settings, listed, load_keys, say, write_json
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import Refreshed, Worths

_CHANGES = {
    "column_renamed": "columns probably renamed",
    "column_gone": "columns gone",
    "column_added": "columns new",
    "new_codes": "lists with unknown answers",
}


_UNSAID: dict[str, Any] = {
    "now": None, "feeds": (), "likeness": None, "records": None, "answers": {}, "withheld": {},
}  # fmt: skip


def write_drift(settings: Settings, files: Iterable[Mapping[str, Any]]) -> None:
    """Write one line a change to `drift.csv`, and with the ready change to the contract `drift.json`."""
    files = list(files)
    lines = [
        {**file, **change, "change": change["kind"], "feeds": ", ".join(change["feeds"])}
        for file in files
        for change in _changes(file)
    ]
    review.write(settings, review.DRIFT, lines)
    write_json(review.written_to(settings) / review.DRIFT_DETAILS, {"drift": files})


def _changes(content: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each change of a file: its `kind` of _CHANGES, the partner's `column` as it was, and _UNSAID.

    `now` is the new name, `feeds` the fields that the column fills, `likeness` how sure the renaming is (0 to
    1). `answers`: of new codes those that may be shown, with the records that give each; `records`: of all.
    `withheld`: those that may identify somebody, filled by `with_withheld`.
    """
    for new in content["renamed"]:
        names = {"column": new["before"], "now": new["now"], "feeds": new["feeds"]}
        yield _UNSAID | {"kind": "column_renamed", **names, "likeness": new["likeness"]}
    for gone in content["gone"]:
        yield _UNSAID | {"kind": "column_gone", "column": gone["column"], "feeds": gone["feeds"]}
    for column in content["added"]:
        yield _UNSAID | {"kind": "column_added", "column": column}
    for new in content["new_codes"]:
        read = {"feeds": [new["field"]], "records": new["records"], "answers": new["shown"]}
        yield _UNSAID | {"kind": "new_codes", "column": new["column"], **read}


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


def drift_questions(settings: Settings, item: Item | None = None) -> list[dict[str, Any]]:
    """Return every file with drift, or those of one item, in the order of the list.

    Each has its `item` and `changes`, `patch` as YAML to merge into the contract, and what that `effects`.
    `extract_id` is None where the file did not land.
    """
    files = review.json_of(settings, review.DRIFT_DETAILS).get("drift", [])
    stands = review.still_stands(settings)
    asked = [
        {**one, "item": items.drift(one["partner"], one["contract"]), "changes": list(_changes(one))}
        for one in files
        if stands(one)
    ]
    return [one for one in asked if item in (None, one["item"])]


def with_withheld(settings: Settings, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add the answers that no list holds, from the encrypted texts; a page logs that it shows them."""
    contracts, keys, vocabulary = load_contracts(settings.partners), load_keys(settings), load_vocabulary()
    for one in asked:
        coded = [change for change in one["changes"] if change["kind"] == "new_codes"]
        landed = intake.read_register(settings.landing, one["partner"]) if coded else {}
        if entry := landed.get(one["extract_id"] or ""):
            contract = contract_for(entry, contracts)
            found = intake.new_codes_of(settings, keys, contract, entry, vocabulary)
            hidden = {codes.field: codes.hidden for codes in found}
            for change in coded:
                change["withheld"] = hidden.get(change["feeds"][0], {})
    return asked
