"""What a decision would say, with places by their names, and records by where partners find them.

Codes alone cannot be read before deciding; after it, the decision names what it is about by code alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration import places
from orchestration.core import Settings
from orchestration.stewardship import review
from orchestration.stewardship.decision_kinds import (
    Decision,
    LinkAccept,
    LinkReject,
    PlaceAlias,
    RowExclude,
    RowRelease,
    what_it_says,
)
from orchestration.stewardship.said import listed, say

_FULL = "{says} ({what})"
_ROW, _ROW_OF_SHEET = "{extract}, row {row}", "{extract}, sheet {sheet}, row {row}"


def told_in_full(settings: Settings, made: Sequence[Decision]) -> list[str]:
    """A sentence for each decision."""
    known = places.place_names()
    rows = _rows(settings) if any(isinstance(one, RowRelease | RowExclude) for one in made) else {}
    pairs = _pairs(settings) if any(isinstance(one, LinkAccept | LinkReject) for one in made) else {}
    told = []
    for one in made:
        what = ""
        if isinstance(one, PlaceAlias) and one.place_id in known:
            what = places.described(one.place_id)
        elif isinstance(one, RowRelease | RowExclude):
            what = rows.get(one.record, "")
        elif isinstance(one, LinkAccept | LinkReject):
            what = pairs.get(frozenset(one.pair), "")
        told.append(say(_FULL, says=what_it_says(one), what=what) if what else what_it_says(one))
    return told


def _rows(settings: Settings) -> dict[str, str]:
    found = review.read(settings, review.QUARANTINED_ROWS)
    return {row["record"]: _row(row["extract_id"], row["sheet"], row["row_number"]) for row in found}


def _pairs(settings: Settings) -> dict[frozenset[str], str]:
    return {
        frozenset((row["record_a"], row["record_b"])): listed([_end(row, "a"), _end(row, "b")], "; ")
        for row in review.read(settings, review.LINKS)
    }


def _end(row: Mapping[str, str], letter: str) -> str:
    extract = f"{row[f'partner_{letter}']}/{row[f'extract_{letter}']}"
    return _row(extract, row[f"sheet_{letter}"], row[f"row_{letter}"])


def _row(extract: str, sheet: str, row: str) -> str:
    return say(_ROW_OF_SHEET if sheet else _ROW, extract=extract, sheet=sheet, row=row)
