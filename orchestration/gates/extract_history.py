"""What the same measure was in the last good extract: the baseline an extract is compared with.

The baseline is the most recent earlier extract of the same partner and contract (of the same declared
period, where a full extract declares one) whose own volume would not be held: neither a shrunk nor a swollen
extract may become what the next one is compared with. A steward's acceptance makes it the baseline; a
withdrawn one never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from expectations import thresholds
from orchestration.gates.landed import Landed

_SHARES = {
    "readable_date": "readable_date_share",
    "place_resolved": "place_resolved_share",
    "code_mapped": "code_mapped_share",
    "quarantine": "quarantine_share",
}
HISTORY_COLUMNS = (
    "rows_last_time",
    "full_rows_vs_last",
    "incremental_rows_vs_last",
    "new_unmapped_columns",
    *(f"{name}_last" for name in _SHARES),
    *(f"{name}_change" for name in _SHARES),
)


def compare_with_last(
    rows: Sequence[dict[str, Any]],
    register: Sequence[Landed],
    accepted: set[tuple[str, str]],
    withdrawn: set[tuple[str, str]],
) -> None:
    """Add HISTORY_COLUMNS to the rows, which follow the register: by partner, in the order of landing."""
    last_good: dict[tuple[Any, ...], tuple[dict[str, Any], Landed]] = {}
    for row, landed in zip(rows, register, strict=True):
        period = landed.declared_period if landed.is_full else ()
        line = (landed.partner, landed.contract, landed.is_full, period)
        before = last_good.get(line)
        row |= _against(row, landed, before[0] if before else None, before[1] if before else None)
        if landed.key not in withdrawn and (landed.key in accepted or _is_plausible(row, landed)):
            last_good[line] = (row, landed)


def _against(
    row: dict[str, Any], landed: Landed, last: dict[str, Any] | None, last_landed: Landed | None
) -> dict[str, Any]:
    ratio = row["rows_landed"] / last["rows_landed"] if last and last["rows_landed"] else None
    nothing_to_shrink_from = last is None or not last["rows_landed"]
    if landed.is_full and nothing_to_shrink_from and not row["rows_landed"] and not landed.declared_period:
        ratio = (
            0.0  # an empty full extract would empty the partner; for a declared period it is a reported zero
        )
    new = landed.unmapped_columns - last_landed.unmapped_columns if last_landed else None
    compared = {
        "rows_last_time": last["rows_landed"] if last else None,
        "full_rows_vs_last": ratio if landed.is_full else None,
        "incremental_rows_vs_last": None if landed.is_full else ratio,
        "new_unmapped_columns": None if new is None else len(new),
    }
    for name, share in _SHARES.items():
        before = last[share] if last else None
        compared[f"{name}_last"] = before
        known = before is not None and row[share] is not None
        compared[f"{name}_change"] = round(row[share] - before, 9) if known else None
    return compared


def _is_plausible(row: dict[str, Any], landed: Landed) -> bool:
    if not landed.is_full:
        # A reported zero says nothing about the usual volume.
        ratio = row["incremental_rows_vs_last"]
        return row["rows_landed"] > 0 and (ratio is None or ratio <= thresholds.INCREMENTAL_ROWS_VS_LAST_MAX)
    ratio = row["full_rows_vs_last"]
    return ratio is None or thresholds.FULL_ROWS_VS_LAST_MIN <= ratio <= thresholds.FULL_ROWS_VS_LAST_MAX
