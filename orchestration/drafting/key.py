"""The key of a drafted contract: of the columns headed so, the one whose values are references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.contracts import CONTENT
from orchestration.drafting.columns import ColumnSample, Proposal
from orchestration.drafting.layout import DraftLayout
from orchestration.intake import readings

# They number the rows of a sheet at least as often as they name a record.
_BARE_NUMBERS = frozenset(["no", "nr", "sn", "s no", "serial no", "entry no", "na", "namba", "nambari"])
# A few rows of one reference are copies sent again.
_FEW_REPEATED = 0.05


@dataclass(frozen=True)
class DraftKey:
    """`key` as the contract says it; `column` is None where the content is the key."""

    key: str | list[str]
    note: str
    column: str | None = None
    is_repeated: bool = False


@dataclass(frozen=True)
class _Candidate:
    column: str
    rank: tuple[int, bool, float]
    rows: int
    filled: float
    repeated: int
    is_unique_with_sheet: bool


def choose_key(
    layout: DraftLayout,
    proposals: Iterable[Proposal],
    samples: Mapping[str, ColumnSample],
    are_persons: bool,
) -> DraftKey:
    """`are_persons`: the rows of one reference are the persons of one record, so a reference may repeat."""
    found = [
        _candidate(layout, one, samples[one.column], are_persons)
        for one in proposals
        if one.kind == "use" and one.means == "key"
    ]
    if not found:
        return DraftKey(CONTENT, "no column is a reference that is always filled and never repeated")
    best = max(found, key=lambda one: one.rank)
    told = f"filled in {best.filled:.0%} of {best.rows} rows"
    if not best.repeated:
        return DraftKey(best.column, f"{told}, never repeated in the sample", best.column)
    if are_persons:
        note = f"{told}, repeated in {best.repeated} rows: the persons of one record"
        return DraftKey(best.column, note, best.column, is_repeated=True)
    if layout.has_sheet_months and best.is_unique_with_sheet:
        return DraftKey(["sheet", best.column], f"{told}, starts again on every sheet", best.column)
    note = f"{told}, repeated in {best.repeated} rows: ask whether those are copies of one record"
    return DraftKey(best.column, note, best.column)


def _candidate(layout: DraftLayout, one: Proposal, sample: ColumnSample, are_persons: bool) -> _Candidate:
    at = layout.main.names.index(sample.name)
    seen = [
        (sheet, cell.value)
        for sheet, cells in layout.main.records
        if at < len(cells) and (cell := cells[at]) is not None
    ]
    repeated = len(seen) - len({value for _, value in seen})
    is_unique_with_sheet = len(set(seen)) == len(seen)
    if repeated <= _FEW_REPEATED * len(seen) or are_persons:
        fits = 2
    else:
        fits = 1 if layout.has_sheet_months and is_unique_with_sheet else 0
    said = next((word for word in readings(sample.name) if word.means == "key"), None)
    is_telling = said is not None and said.phrase not in _BARE_NUMBERS
    rank = (fits, is_telling, one.confidence)
    return _Candidate(one.column, rank, sample.rows, sample.filled, repeated, is_unique_with_sheet)
