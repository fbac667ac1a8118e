"""What each basis of a start or end does to the first records of a trial, for `njia contract check`.

A border point starts a corridor only as `home`, and counts as its county then; by any other basis the
journey is first known there. An end counts by its basis; without one, only the promised place is known.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa

from orchestration.contracts import ENDS, STATED_BASES, Contract
from orchestration.typing import Tables

FIRST_RECORDS = 20


def bases_tried(contract: Contract, typed: Tables, matches: pa.Table) -> list[dict[str, Any]]:
    """Return a row per basis that a mapped start or end may state: the records it gives each meaning.

    A basis that the contract does not state is tried on the role's first place. The row has `role`, `basis`,
    `is_stated`, `records` and `counts` by meaning.
    """
    kinds = {
        row["mention_id"]: row["kind"] if row["place_id"] else "country"
        for row in matches.to_pylist()
        if row["place_id"] or row["country_alpha3"]
    }
    records = typed["records"]["record_id"].to_pylist()[:FIRST_RECORDS]
    first = set(records)
    found: dict[tuple[str, str, int], set[str]] = {}
    for mention in typed["place_mentions"].to_pylist():
        if mention["record_id"] in first and mention["mention_id"] in kinds:
            place = (mention["place_role"], mention["place_basis"], mention["record_id"])
            found.setdefault(place, set()).add(kinds[mention["mention_id"]])
    rows = []
    for role in ENDS:
        stated = contract.bases_of(role)
        for basis in STATED_BASES[role] if stated else ():
            as_sent = basis if basis in stated else stated[0]
            counts: Counter[str] = Counter()
            for record in records:
                named = found.get((role, as_sent, record))
                is_promised = ("intended_destination", "intended", record) in found
                counts[_start(basis, named) if role == "origin" else _end(basis, named, is_promised)] += 1
            row: dict[str, Any] = {
                "role": role,
                "basis": basis,
                "is_stated": basis in stated,
                "records": len(records),
            }
            rows.append(row | {"counts": dict(counts.most_common())})
    return rows


def _start(basis: str, kinds: set[str] | None) -> str:
    if kinds is None:
        return "start not known"
    if "border_point" not in kinds:
        return "start there"
    return "start in its county" if basis == "home" else "first known at the border"


def _end(basis: str, kinds: set[str] | None, is_promised: bool) -> str:
    if kinds is not None:
        return {"exploited": "exploited there", "last_known": "last known there"}.get(basis, "found there")
    return "only a promised place" if is_promised else "end not known"
