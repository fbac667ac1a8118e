"""The profile of every landed extract: counts and shares, no values, beside the last good one and all before.

`quarantine_share` covers unreadable values and unknown places; dbt judges rules across fields after the gate.
A share is empty where there was nothing to measure, as in an extract that could not be typed.

The baseline is the most recent earlier extract that is neither held nor withdrawn; waived and accepted checks
hold nothing. Extracts are compared within one contract, which takes over the history of another one of the
partner that its first records are part of; volumes and columns also within one way of delivery and, for full
extracts, one declared period."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from expectations import thresholds
from expectations.extract_gate import EXTRACT_GATE, UNREAD_CAUSES
from orchestration.contracts import partners_without_contract
from orchestration.core import Settings
from orchestration.gates.extract_comparison import (
    COMPARISON_MEASURES,
    COMPARISON_TEXTS,
    AllRecords,
    History,
    Records,
    gone_from,
    read_records,
)
from orchestration.gates.landed import Landed
from orchestration.gates.parquet_views import add_matches, open_views
from orchestration.gates.submissions import SHARED_SHARE, SHARED_WITH, SentBefore, in_order_of_receipt
from orchestration.places import place_names

MEASURES = (
    "rows_read", "rows_landed", "rows_refused", "refused_share", "required_columns_missing",
    "required_columns_empty", "rows_unexplained",
    "row_shape_share", "rows_after_end", "child_rows_read", "orphan_share", "contract_present",
    "agreement_valid", "agreement_current", "statistics_agreed", "records", "untyped_rows", "usable_records",
    "readable_date_share", "filled_cells", "unread_share", "place_mentions", "place_resolved_share",
    "home_mentions", "county_share", "coded_records", "code_mapped_share", "quarantined_records",
    "quarantine_share", "referenced_records", "repeated_ref_share",
)  # fmt: skip
UNREAD_TEXTS = ("unread_field", "unread_column", "unread_cause")
HISTORY_COLUMNS = (
    "rows_last_time",
    "full_rows_vs_last",
    "incremental_rows_vs_last",
    "new_unmapped_columns",
    *COMPARISON_MEASURES,
    SHARED_SHARE,
)
HISTORY_TEXTS = (*COMPARISON_TEXTS, SHARED_WITH)
SCHEMA = pa.schema(
    [
        ("extract_id", pa.string()),
        ("partner", pa.string()),
        ("sequence", pa.int32()),
        *((name, pa.float64()) for name in (*MEASURES, *HISTORY_COLUMNS)),
        *((name, pa.string()) for name in (*UNREAD_TEXTS, *HISTORY_TEXTS)),
    ]
)

TYPED_TABLES = ("extracts", "records", "record_codes", "problems", "place_mentions")
_COUNTS = """
with places as (
    select mentions.partner, mentions.extract_id, mentions.record_id, mentions.place_role,
        -- "not known" is a valid answer, not an unresolved name
        coalesce(matches.place_id, '') <> 'unknown' or matches.country_alpha3 is not null as is_named,
        coalesce(
            matches.place_id <> 'unknown' or matches.country_alpha3 is not null
            or matches.geo_precision = 'region', false
        ) as is_known,
        -- Unresolved places count as at home, so that they lower the share of counties.
        coalesce(matches.country_alpha3, 'KEN') = 'KEN'
        and coalesce(matches.geo_precision, '') <> 'region' as is_at_home,
        matches.county_place_id is not null as has_county
    from place_mentions as mentions
    left join matches on mentions.mention_id = matches.mention_id
    where mentions.mention_id is not null
),
place_counts as (
    select partner, extract_id, count(*) filter (where is_named) as named,
        count(*) filter (where is_named and is_known) as known,
        count(*) filter (where is_at_home) as at_home,
        count(*) filter (where is_at_home and has_county) as with_county
    from places group by partner, extract_id
),
placed as (
    select distinct partner, extract_id, record_id
    from places inner join records using (partner, extract_id, record_id)
    where is_known and (place_role <> 'observation' or record_grain = 'flow_count')
),
-- Rows with one reference that are copies or contradict each other, by the problems of the type step.
copies as (
    select distinct partner, extract_id, record_id
    from problems
    where problem_code in (
        'duplicate_rows', 'older_copy_in_file', 'duplicate_key_conflict', 'incident_conflict', 'rows_disagree'
    )
),
unfit as (
    select partner, extract_id, record_id, bool_or(starts_with(problem_code, 'date_')) as unreadable_date
    from problems where outcome = 'Q' and record_id is not null
    group by partner, extract_id, record_id
),
judged as (
    select records.*,
        coalesce(date_precision, 'unknown') <> 'unknown' and not coalesce(unreadable_date, false) as is_dated,
        unfit.record_id is not null or placed.record_id is null as is_quarantined,
        key_basis = 'reference' as is_referenced,
        copies.record_id is not null as is_repeated
    from records
    left join unfit using (partner, extract_id, record_id)
    left join placed using (partner, extract_id, record_id)
    left join copies using (partner, extract_id, record_id)
)
select partner, extract_id, count(*) as records, sum(source_row_count) as typed_rows,
    count(*) filter (where is_dated) as dated,
    count(*) filter (where is_quarantined) as quarantined,
    count(*) filter (where is_referenced) as referenced,
    count(*) filter (where is_referenced and is_repeated) as repeated,
    coalesce(any_value(named), 0) as named, coalesce(any_value(known), 0) as known,
    -- Flow counts stand in no table of counties.
    coalesce(any_value(at_home) filter (record_grain <> 'flow_count'), 0) as at_home,
    coalesce(any_value(with_county) filter (record_grain <> 'flow_count'), 0) as with_county
from judged
left join place_counts using (partner, extract_id)
group by partner, extract_id
"""

_COUNTED = (
    *("records", "typed_rows", "dated", "quarantined", "referenced", "repeated"),
    *("named", "known", "at_home", "with_county"),
)

# Per field, as the worst one decides: an average would hide one changed list of choices.
_UNREAD = """
select partner, extract_id, field, problem_code, count(distinct record_id) from problems
where problem_code in (select unnest(?)) and outcome in ('Q', 'unk') group by all
"""


def profile_extracts(
    settings: Settings,
    register: Sequence[Landed],
    as_of: datetime,
    accepted: Collection[tuple[str, str]] = (),
    withdrawn: Collection[tuple[str, str]] = (),
    waived: Collection[tuple[str, str, str]] = (),
) -> pa.Table:
    """Profile every landed extract, one row each. Stewards' decisions settle the baseline of a comparison."""
    gone = partners_without_contract(settings.partners, (landed.partner for landed in register))
    with open_views(settings, *TYPED_TABLES) as con:
        add_matches(con, settings)
        rows = profile_rows(con, register, as_of.date(), gone)
        records = read_records(con, place_names())
        compare_with_last(rows, register, accepted, withdrawn, waived, SentBefore(con), records)
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def profile_rows(
    con: duckdb.DuckDBPyConnection, register: Sequence[Landed], today: date, gone: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Measure extracts whose typed tables and matches are open on a connection.

    `gone`: partners without a contract.
    """
    counts, problems, agreements, agreed = _measure(con)
    rows = []
    for landed in register:
        row: dict[str, Any] = {"contract_present": float(landed.partner not in gone)}
        row |= _of_register(landed, agreements.get(landed.key), agreed.get(landed.key), today)
        _add_counts(row, counts.get(landed.key))
        _add_unread(row, landed, problems.get(landed.key, {}))
        rows.append(row)
    return rows


def _of_register(
    landed: Landed, agreement: tuple[date | None, date | None] | None, agreed: bool | None, today: date
) -> dict[str, Any]:
    content = landed.content
    read, refused = int(content.get("rows_read") or 0), int(content.get("rows_refused") or 0)
    ends = agreement[1] if agreement else None
    received = landed.received_on
    return {
        "extract_id": landed.extract_id,
        "partner": landed.partner,
        "sequence": landed.sequence,
        "rows_read": read,
        "rows_landed": int(content.get("rows_landed") or 0),
        "rows_refused": refused,
        "refused_share": _share(refused, read),
        "required_columns_missing": landed.required_columns_missing,
        "required_columns_empty": landed.required_columns_empty,
        "rows_unexplained": content.get("rows_unexplained"),
        "row_shape_share": _share(landed.rows_of_other_shape, read),
        "rows_after_end": content.get("rows_after_end"),
        "child_rows_read": sum((content.get("child_rows_read") or {}).values()),
        "orphan_share": landed.orphan_share,
        # An extract that is not typed has no agreement. A renewed agreement keeps what came under the earlier
        # one, as noted at landing.
        "agreement_valid": float(
            _covers(agreement, received) or bool(agreement and _covers(landed.agreement, received))
        ),
        "agreement_current": float(ends is None or today <= ends) if agreement else None,
        "statistics_agreed": None if agreed is None else float(agreed),
    }


def _covers(agreement: tuple[date | None, date | None] | None, received: date | None) -> bool:
    starts, ends = agreement or (None, None)
    return bool(starts and received and starts <= received <= (ends or date.max))


def _add_counts(row: dict[str, Any], counts: dict[str, int] | None) -> None:
    counts = counts or dict.fromkeys(_COUNTED, 0)
    records, landed = counts["records"], row["rows_landed"]
    row |= {
        "records": records,
        "untyped_rows": landed - counts["typed_rows"],
        "usable_records": records - counts["quarantined"] if records else None,
        "readable_date_share": _share(counts["dated"], records),
        "place_mentions": counts["named"],
        "place_resolved_share": _share(counts["known"], counts["named"]),
        "home_mentions": counts["at_home"],
        "county_share": _share(counts["with_county"], counts["at_home"]),
        "quarantined_records": counts["quarantined"],
        "quarantine_share": _share(counts["quarantined"], records),
        "referenced_records": counts["referenced"],
        "repeated_ref_share": _share(counts["repeated"], counts["referenced"]),
    }


def _add_unread(row: dict[str, Any], landed: Landed, problems: Mapping[str, Counter[str]]) -> None:
    """Add unmapped codes, and of the column with the largest share of unread cells this and its cause.

    Unmapped codes that hold an extract by themselves are not counted again.
    """
    filled, records = landed.content.get("filled") or {}, row["records"]
    codes, unread = [], []
    for field, found in problems.items():
        cells = max(found.total(), min(int(filled.get(field) or records), records))
        if unmapped := found["code_unmapped"]:
            codes.append((unmapped, cells))
        if cells >= thresholds.UNREAD_CELLS_FEWEST and not _would_hold(unmapped, cells):
            unread.append((found.total() / cells, field, cells))
    _add_codes(row, codes)
    row |= dict.fromkeys(("unread_share", "filled_cells", *UNREAD_TEXTS))
    if unread:
        row["unread_share"], row["unread_field"], row["filled_cells"] = max(unread)
        row["unread_column"] = f"“{landed.column_of(row['unread_field']) or row['unread_field']}”"
        row["unread_cause"] = UNREAD_CAUSES[problems[row["unread_field"]].most_common(1)[0][0]]


def _add_codes(row: dict[str, Any], fields: list[tuple[int, int]]) -> None:
    """Add the counts of the worst field, so that a field with few answers only warns."""
    if not fields:
        row |= {"coded_records": row["records"], "code_mapped_share": 1.0 if row["records"] else None}
        return
    unmapped, answered = max(fields, key=lambda field: (_would_hold(*field), _lower_bound(*field), field[0]))
    row |= {"coded_records": answered, "code_mapped_share": 1 - unmapped / answered}


def _would_hold(unmapped: int, answered: int) -> bool:
    """Whether a field would hold the extract; one with few answers only warns."""
    return answered >= thresholds.SMALL_EXTRACT and 1 - unmapped / answered < thresholds.CODES_MAPPED_MIN


def _lower_bound(unmapped: int, answered: int) -> float:
    """Return the unmapped share of a field, shrunk for few answers: 3 of 3 weighs less than 90 of 100."""
    return unmapped / (answered + 20)


def _measure(
    con: duckdb.DuckDBPyConnection,
) -> tuple[dict[Any, Any], dict[Any, Any], dict[Any, Any], dict[tuple[str, str], bool | None]]:
    cursor = con.execute(_COUNTS)
    names = [column[0] for column in cursor.description or ()]
    counts = {
        (row[0], row[1]): dict(zip(names[2:], (int(number or 0) for number in row[2:]), strict=True))
        for row in cursor.fetchall()
    }
    extracts = con.execute(
        "select partner, extract_id, agreement_from, agreement_to, statistics_agreed from extracts"
    ).fetchall()
    agreements = {(partner, found): (starts, ends) for partner, found, starts, ends, _ in extracts}
    agreed = {(partner, found): answer for partner, found, _, _, answer in extracts}
    problems: dict[Any, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for partner, extract_id, field, code, records in con.execute(_UNREAD, [list(UNREAD_CAUSES)]).fetchall():
        problems[partner, extract_id][field][code] = records
    return counts, problems, agreements, agreed


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


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
