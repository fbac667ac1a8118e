"""Compare an extract with the last good one, its baseline.

The baseline is the most recent earlier extract that is neither held nor withdrawn; waived and accepted checks
hold nothing. Volumes and columns are compared within one contract and, for full extracts, one declared
period; shares within one contract.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from expectations import thresholds
from expectations.extract_gate import EXTRACT_GATE
from orchestration.gates.landed import Landed
from orchestration.gates.submissions import SHARED_SHARE, SHARED_WITH, SentBefore, in_order_of_receipt

# Column of each share, and of its denominator.
_SHARES = {
    "readable_date": ("readable_date_share", "records"),
    "month_date": ("month_date_share", "records"),
    "place_resolved": ("place_resolved_share", "place_mentions"),
    "county": ("county_share", "home_mentions"),
    "code_mapped": ("code_mapped_share", "coded_records"),
    "quarantine": ("quarantine_share", "records"),
}
_FALLS = ("month_date", "county")
STATED = "stated"  # key of a row: number of records that state each coded field
HISTORY_COLUMNS = (
    "rows_last_time",
    "full_rows_vs_last",
    "incremental_rows_vs_last",
    "new_unmapped_columns",
    *(f"{name}_last" for name in _SHARES),
    *(f"{name}_change" for name in _SHARES),
    *(f"{name}_fall" for name in _FALLS),
    "code_stated_share",
    "code_stated_last",
    "code_stated_fall",
    SHARED_SHARE,
)
Measured = tuple[float, int]  # a share and its denominator


def compare_with_last(
    rows: Sequence[dict[str, Any]],
    register: Sequence[Landed],
    accepted: Collection[tuple[str, str]] = (),
    withdrawn: Collection[tuple[str, str]] = (),
    waived: Collection[tuple[str, str, str]] = (),
    sent_before: SentBefore | None = None,
) -> None:
    """Add HISTORY_COLUMNS and SHARED_WITH to the rows, which are in the register's order.

    `accepted` and `withdrawn`: keys of extracts; `waived`: keys with the name of a check. `sent_before`:
    which submissions other partners sent before.
    """
    last_good: dict[tuple[Any, ...], tuple[dict[str, Any], Landed]] = {}
    last_shares: dict[tuple[str, str], dict[str, Measured]] = {}
    for row, landed in ((rows[at], register[at]) for at in in_order_of_receipt(register)):
        row |= dict.fromkeys((*HISTORY_COLUMNS, SHARED_WITH))
        period = landed.declared_period if landed.is_full else ()
        line = (landed.partner, landed.contract, landed.is_full, period)
        before = last_good.get(line)
        shares = last_shares.setdefault((landed.partner, landed.contract), {})
        row |= _against(row, landed, before[0] if before else None, before[1] if before else None)
        measured = _measured(row, shares)
        row |= _shares_against(measured, shares) | _stated_against(measured, shares)
        row |= sent_before.shared_by(landed) if sent_before else {}
        if landed.key in withdrawn or _is_held(row, landed.key, accepted, waived):
            continue
        if sent_before:
            sent_before.add(landed, row)
        if landed.is_full or row["rows_landed"]:  # a reported zero is no baseline of volume
            last_good[line] = (row, landed)
        for name, share in measured.items():
            # A small delivery does not replace the shares of larger ones.
            if _is_enough(share) or not _is_enough(shares.get(name, (0.0, 0))):
                shares[name] = share


def _against(
    row: dict[str, Any], landed: Landed, last: dict[str, Any] | None, last_landed: Landed | None
) -> dict[str, Any]:
    ratio = row["rows_landed"] / last["rows_landed"] if last and last["rows_landed"] else None
    if ratio is None and landed.is_full and not row["rows_landed"] and not landed.declared_period:
        ratio = 0.0  # it would delete all records of the partner; for a declared period it is a reported zero
    new = landed.unmapped_columns - last_landed.unmapped_columns if last_landed else None
    return {
        "rows_last_time": last["rows_landed"] if last else None,
        "full_rows_vs_last": ratio if landed.is_full else None,
        "incremental_rows_vs_last": None if landed.is_full else ratio,
        "new_unmapped_columns": None if new is None else len(new),
    }


def _measured(row: Mapping[str, Any], last: Collection[str]) -> dict[str, Measured]:
    """Return all measured shares of a row; a field of `last` that no record states now has 0."""
    shares = {name: (row[share], row[whole]) for name, (share, whole) in _SHARES.items()}
    found = {name: measured for name, measured in shares.items() if measured[0] is not None}
    if records := row["records"]:
        fields = {f"{STATED} {field}": stating for field, stating in row[STATED].items()}
        gone = dict.fromkeys((name for name in last if name.startswith(STATED)), 0)
        found |= {name: (stating / records, records) for name, stating in (gone | fields).items()}
    return found


def _shares_against(now: Mapping[str, Measured], last: Mapping[str, Measured]) -> dict[str, float | None]:
    compared: dict[str, float | None] = {f"{name}_last": last[name][0] for name in _SHARES if name in last}
    for name in _SHARES:
        if name in now and name in last:
            compared[f"{name}_change"] = round(now[name][0] - last[name][0], 9)
            if name in _FALLS:
                compared[f"{name}_fall"] = _fall(now[name], last[name])
    return compared


def _stated_against(now: Mapping[str, Measured], last: Mapping[str, Measured]) -> dict[str, float | None]:
    """Compare the coded field that fell most: an average would hide one emptied column."""
    falls = {
        name: _fall(now[name], last[name]) for name in sorted(last) if name.startswith(STATED) and name in now
    }
    if not falls:
        return {}
    worst = max(falls, key=lambda name: falls[name])
    return {
        "code_stated_share": now[worst][0],
        "code_stated_last": last[worst][0],
        "code_stated_fall": falls[worst],
    }


def _is_enough(share: Measured) -> bool:
    return share[1] >= thresholds.SMALL_EXTRACT


def _fall(now: Measured, before: Measured) -> float:
    """Return by how much a share fell; 0 for too few rows or a fall within chance.

    Interval of Agresti and Caffo (2000): one success and one failure more on both sides, for few rows and
    shares near 0 and 1.
    """
    if not _is_enough(now):
        return 0.0
    sides = [((share * whole + 1) / (whole + 2), whole + 2) for share, whole in (now, before)]
    error = math.sqrt(sum(share * (1 - share) / whole for share, whole in sides))
    explained = thresholds.CHANCE_STANDARD_ERRORS * error
    return round(before[0] - now[0], 9) if sides[1][0] - sides[0][0] > explained else 0.0


def _is_held(
    row: Mapping[str, Any],
    key: tuple[str, str],
    accepted: Collection[tuple[str, str]],
    waived: Collection[tuple[str, str, str]],
) -> bool:
    return any(
        check.severity_of(row) == "hold"
        and not all(limit.is_kept(row[limit.column]) for limit in check.limits)
        and not (check.waivable and (key in accepted or (*key, check.name) in waived))
        for check in EXTRACT_GATE
    )
