"""Compare an extract with the last good one, its baseline, and with all that its partner sent before.

The baseline is the most recent earlier extract that is neither held nor withdrawn; waived and accepted checks
hold nothing. Extracts are compared within one contract, which takes over the history of another one of the
partner that its first records are part of; volumes and columns also within one way of delivery and, for full
extracts, one declared period.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from expectations import thresholds
from expectations.extract_gate import EXTRACT_GATE
from orchestration.gates.comparison import MEASURES, TEXTS, AllRecords, History, Records, gone_from
from orchestration.gates.landed import Landed
from orchestration.gates.submissions import SHARED_SHARE, SHARED_WITH, SentBefore, in_order_of_receipt

HISTORY_COLUMNS = (
    "rows_last_time",
    "full_rows_vs_last",
    "incremental_rows_vs_last",
    "new_unmapped_columns",
    *MEASURES,
    SHARED_SHARE,
)
HISTORY_TEXTS = (*TEXTS, SHARED_WITH)


def compare_with_last(
    rows: Sequence[dict[str, Any]],
    register: Sequence[Landed],
    accepted: Collection[tuple[str, str]] = (),
    withdrawn: Collection[tuple[str, str]] = (),
    waived: Collection[tuple[str, str, str]] = (),
    sent_before: SentBefore | None = None,
    all_records: AllRecords | None = None,
) -> None:
    """Add HISTORY_COLUMNS and HISTORY_TEXTS to the rows, which are in the register's order.

    `accepted` and `withdrawn`: keys of extracts; `waived`: keys with the name of a check. `sent_before`:
    which submissions other partners sent before.
    """
    last_good: dict[tuple[Any, ...], tuple[dict[str, Any], Landed]] = {}
    histories: dict[tuple[str, str], History] = {}
    of_extracts: Mapping[tuple[str, str], Records] = all_records.of_extracts if all_records else {}
    for row, landed in ((rows[at], register[at]) for at in in_order_of_receipt(register)):
        row |= dict.fromkeys((*HISTORY_COLUMNS, *HISTORY_TEXTS))
        period = landed.declared_period if landed.is_full else ()
        line = (landed.partner, landed.contract, landed.is_full, period)
        last, last_landed = last_good.get(line) or (None, None)
        records = of_extracts.get(landed.key)
        if all_records and records:
            key = landed.partner, landed.contract
            if key not in histories:
                histories[key] = _begin(histories, landed.partner, records) or History(all_records.values)
            history = histories[key]
            row |= history.compare(records, landed.is_full)
            if landed.is_full and last_landed and last_landed.key in of_extracts:
                row |= gone_from(of_extracts[last_landed.key], records)
        row |= _against(row, landed, last, last_landed)
        row |= sent_before.shared_by(landed) if sent_before else {}
        if landed.key in withdrawn or _is_held(row, landed.key, accepted, waived):
            if all_records and records and landed.key not in withdrawn:
                history.hold(records)
            continue
        if sent_before:
            sent_before.add(landed, row)
        if records:
            history.add(records, row)
        if landed.is_full or row["rows_landed"]:  # a reported zero is no baseline of volume
            last_good[line] = (row, landed)


def _begin(histories: Mapping[tuple[str, str], History], partner: str, records: Records) -> History | None:
    """Return the history that a new contract takes over: of the partner's contract it shares most with."""
    own = [(one.shared_with(records), key) for key, one in histories.items() if key[0] == partner]
    shared, key = max(own, default=(0, ("", "")))
    return histories[key].taken_over() if shared >= thresholds.SMALL_EXTRACT else None


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
