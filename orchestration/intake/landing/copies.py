"""Copies of one form's submissions in the landing of all partners, found by the codes of their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from orchestration.core import Settings
from orchestration.intake.landing.landing import parquet_path, read_register
from orchestration.intake.landing.rewriting import cells_of
from orchestration.intake.minimising.submission_keys import SUBMISSION_KEY

_COLUMNS = ["record_id", "field", "value"]


@dataclass(frozen=True)
class Copies:
    """Records of the same submissions, by partner, without the asked ones; `codes`: of these submissions.

    `unclear`: number of asked records whose submission is not followed, because it holds other records too.
    """

    records: Mapping[str, frozenset[int]]
    codes: frozenset[str]
    unclear: int


def copies_of(settings: Settings, partner: str, records: Collection[int]) -> Copies:
    """Find what all partners sent of the submissions of some landed or withheld records of one partner.

    A submission whose code stands in more records of an extract than were asked for is not followed: it may
    be of several persons, or the id a placeholder, and whoever erases its copies cannot undo it.
    """
    asked: dict[str, set[int]] = {}
    for _, record, code in _coded(settings, partner):
        if record in records:
            asked.setdefault(code, set()).add(record)
    found: dict[str, dict[tuple[str, str], set[int]]] = {code: {} for code in asked}
    for sender in sorted(path.name for path in settings.landing.iterdir() if path.is_dir()) if asked else ():
        for extract_id, record, code in _coded(settings, sender, asked):
            found[code].setdefault((sender, extract_id), set()).add(record)
    clear = {
        code
        for code, extracts in found.items()
        if all(len(of_extract) <= len(asked[code]) for of_extract in extracts.values())
    }
    copies: dict[str, set[int]] = {}
    for code in clear:
        for (sender, _), of_extract in found[code].items():
            copies.setdefault(sender, set()).update(of_extract - set(records))
    unclear = set().union(*(asked[code] for code in asked.keys() - clear))
    by_partner = {sender: frozenset(ids) for sender, ids in sorted(copies.items()) if ids}
    return Copies(by_partner, frozenset(clear), len(unclear))


def _coded(
    settings: Settings, partner: str, codes: Collection[str] | None = None
) -> Iterator[tuple[str, int, str]]:
    """Yield extract id, record id and code of a partner's records with a code, or with one of some codes."""
    for extract_id, entry in read_register(settings.landing, partner).items():
        for record, code in _withheld(entry):
            if codes is None or code in codes:
                yield extract_id, record, code
        for table in cells_of(parquet_path(settings.landing, partner, extract_id), _COLUMNS):
            is_code = pc.equal(table["field"], SUBMISSION_KEY)
            if codes is not None:
                is_code = pc.and_(is_code, pc.is_in(table["value"], pa.array(sorted(codes), pa.string())))
            for row in table.filter(is_code).to_pylist():
                yield extract_id, row["record_id"], row["value"]


def _withheld(entry: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    return ((int(record), code) for record, code in (entry.get("withheld_submissions") or {}).items())
