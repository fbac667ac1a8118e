"""The key of a drafted contract: a form server's id, else a fitting column whose values are references."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestration.contracts import CONTENT
from orchestration.drafting.columns import Proposal
from orchestration.drafting.layout import DraftLayout
from orchestration.drafting.samples import ColumnSample
from orchestration.drafting.servers import server_of
from orchestration.intake import readings

# Headings that number rows of a sheet as often as they identify a record.
_BARE_NUMBERS = frozenset(["no", "nr", "sn", "s no", "serial no", "entry no", "na", "namba", "nambari"])
# A few repeated references are copies that were sent again.
_FEW_REPEATED = 0.05


@dataclass(frozen=True)
class DraftKey:
    """`key`: as in the contract. `column`: None where the content is the key."""

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
    """Choose the key. `are_persons`: rows with one reference are persons of one record, so it may repeat."""
    found = [
        _candidate(layout, one, samples[one.column], are_persons)
        for one in proposals
        if one.kind == "use" and one.means == "key"
    ]
    if not found:
        return DraftKey(CONTENT, "no column is a reference that is always filled and never repeated")
    best = max(found, key=lambda one: one.rank)
    filled = f"filled in {best.filled:.0%} of {best.rows} rows"
    if not best.repeated:
        return DraftKey(best.column, f"{filled}, never repeated in the sample", best.column)
    if are_persons:
        note = f"{filled}, repeated in {best.repeated} rows: the persons of one record"
        return DraftKey(best.column, note, best.column, is_repeated=True)
    if layout.has_sheet_months and best.is_unique_with_sheet:
        return DraftKey(["sheet", best.column], f"{filled}, starts again on every sheet", best.column)
    note = f"{filled}, repeated in {best.repeated} rows: ask whether those are copies of one record"
    return DraftKey(best.column, note, best.column)


def server_key(layout: DraftLayout) -> DraftKey | None:
    """Return the id that a form server gives every record. A case number is typed: it repeats and changes."""
    main = layout.main
    server = server_of(main.names)
    for name in server.keys if server else ():
        if name not in main.names:
            continue
        at = main.names.index(name)
        found = [cell.value for _, cells in main.records if at < len(cells) and (cell := cells[at])]
        if len(found) == len(main.records):
            repeated = len(found) - len(set(found))
            copies = f"; {repeated} rows of the sample are copies that were sent again" if repeated else ""
            filled = ", filled in every row" if found else ""
            return DraftKey(name, f"the server's id of a record{filled}{copies}", name)
    return None


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
    read = next((read for read in readings(sample.name) if read.means == "key"), None)
    is_clear = read is not None and read.phrase not in _BARE_NUMBERS
    rank = (fits, is_clear, one.confidence)
    return _Candidate(one.column, rank, sample.rows, sample.filled, repeated, is_unique_with_sheet)
