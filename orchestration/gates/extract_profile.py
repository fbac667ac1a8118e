"""The profile of every landed extract: counts and shares, no values, beside the last good one and all before.

`quarantine_share` covers unreadable values and unknown places; dbt judges rules across fields after the gate.
A share is empty where there was nothing to measure, as in an extract that could not be typed.

The baseline is the most recent earlier extract that is neither held nor withdrawn; waived and accepted checks
hold nothing. Extracts are compared within one contract, which takes over the history of another one of the
partner that its first records are part of; volumes and columns also within one way of delivery and, for full
extracts, one declared period."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from expectations import thresholds
from expectations.extract_gate import EXTRACT_GATE, UNREAD_CAUSES
from orchestration.contracts import covers_receipt, partners_without_contract
from orchestration.core import (
    Settings,
    code_of,
    durable,
    fingerprint_of,
    forget_artifact,
    note_artifact,
    valid_artifact,
)
from orchestration.gates.compared_records import AllRecords, Records, read_records
from orchestration.gates.extract_comparison import COMPARISON_MEASURES, COMPARISON_TEXTS, History, gone_from
from orchestration.gates.inputs import CODE, ENGINES, inputs_of_extracts
from orchestration.gates.judging import judge_row
from orchestration.gates.landed import Landed
from orchestration.gates.submissions import (
    SHARED_SHARE,
    SHARED_WITH,
    SentBefore,
    in_order_of_receipt,
    sharing,
)
from orchestration.places import place_names
from orchestration.stewardship import Decisions, waiver_for
from orchestration.typing import open_views

MEASURES = (
    "rows_read", "rows_landed", "rows_refused", "refused_share", "required_columns_missing",
    "required_columns_empty", "rows_unexplained",
    "row_shape_share", "rows_after_end", "child_rows_read", "orphan_share", "contract_present",
    "agreement_valid", "agreement_current", "statistics_agreed", "records", "untyped_rows", "usable_records",
    "readable_date_share", "filled_cells", "unread_share", "place_mentions", "place_resolved_share",
    "home_mentions", "county_share", "coded_records", "code_mapped_share", "quarantined_records",
    "quarantine_share", "referenced_records", "repeated_ref_share", "first_delivery_years",
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
BATCH_ROWS = 100_000  # landed rows after which a batch of partners is full
_TYPED = """
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
        copies.record_id is not null as is_repeated, true as is_record
    from records
    left join unfit using (partner, extract_id, record_id)
    left join placed using (partner, extract_id, record_id)
    left join copies using (partner, extract_id, record_id)
)
select partner, extract_id, any_value(agreement_from) as agreement_from,
    any_value(agreement_to) as agreement_to, any_value(statistics_agreed) as statistics_agreed,
    count(is_record) as records, sum(source_row_count) as typed_rows,
    count(*) filter (where is_dated) as dated,
    (any_value(received_on) - min(judged.period_from) filter (where record_grain = 'case')) // 365 as years,
    count(*) filter (where is_quarantined) as quarantined,
    count(*) filter (where is_referenced) as referenced,
    count(*) filter (where is_referenced and is_repeated) as repeated,
    any_value(named) as named, any_value(known) as known,
    -- Flow counts stand in no table of counties.
    any_value(at_home) filter (record_grain <> 'flow_count') as at_home,
    any_value(with_county) filter (record_grain <> 'flow_count') as with_county
from extracts
left join judged using (partner, extract_id)
left join place_counts using (partner, extract_id)
group by partner, extract_id
"""

_COUNTED = (
    *("records", "typed_rows", "dated", "quarantined", "referenced", "repeated"),
    *("named", "known", "at_home", "with_county"),
)

# What is known of the places that each partner names.
_PLACES = """
select partner, sum(hash(matches)::hugeint)::varchar
from (select distinct partner, mention_id from place_mentions) as named
inner join matches using (mention_id)
group by partner
"""

# Per field, as the worst one decides: an average would hide one changed list of choices.
_UNREAD = """
select partner, extract_id, field, problem_code, count(distinct record_id) from problems
where problem_code in (select unnest(?)) and outcome in ('Q', 'unk') group by all order by all
"""


def profile_extracts(
    settings: Settings, register: Sequence[Landed], as_of: datetime, decisions: Decisions
) -> pa.Table:
    """Profile every landed extract, one row each. Stewards' decisions settle the baseline of a comparison.

    A partner has a file of profiles, those that share submissions have one together, which is kept while
    nothing that decides it has changed.
    """
    with open_views(settings, "records", "place_mentions", "matches") as con:
        first_of = sharing(con, {landed.partner for landed in register})
        places = dict(con.execute(_PLACES).fetchall())
    groups: dict[str, list[Landed]] = {}
    for landed in register:
        groups.setdefault(first_of[landed.partner], []).append(landed)
    files = {first: settings.work / "gates" / "profiles" / f"{first}.parquet" for first in groups}
    for path in {*(settings.work / "gates" / "profiles").glob("*")} - {*files.values()}:
        forget_artifact(settings.work, f"gates/{path.stem}")
        durable.remove(path)
    gone = partners_without_contract(settings.partners, first_of)
    inputs = inputs_of_extracts(settings, register, TYPED_TABLES, as_of, decisions)
    code = code_of(*CODE, *(f"{name}==" for name in ENGINES))
    batches: dict[int, dict[str, str]] = {}  # fingerprints by batch: several small partners are read at once
    rows_changed = 0
    for first, extracts in groups.items():
        of_partners = {one.partner: [one.partner in gone, places.get(one.partner)] for one in extracts}
        fingerprint = fingerprint_of(code, of_partners, [[one.key, *inputs[one.key]] for one in extracts])
        if not valid_artifact(settings.work, f"gates/{first}", fingerprint):
            batches.setdefault(rows_changed // BATCH_ROWS, {})[first] = fingerprint
            rows_changed += sum(int(one.content.get("rows_landed") or 0) for one in extracts)
    for batch in batches.values():
        extracts = [landed for first in batch for landed in groups[first]]
        ids = {landed.extract_id for landed in extracts}
        with open_views(settings, *TYPED_TABLES, "matches", extract_ids=ids) as con:
            rows = profile_rows(con, extracts, as_of.date(), gone)
            records = read_records(con, place_names())
            compare_with_last(rows, extracts, decisions, as_of, SentBefore(con), records)
        for first, fingerprint in batch.items():
            own = [row for row in rows if first_of[row["partner"]] == first]
            write_table(pa.Table.from_pylist(own, schema=SCHEMA), files[first])
            note_artifact(settings.work, f"gates/{first}", fingerprint, [files[first]], {})
    profiles = pa.concat_tables([SCHEMA.empty_table(), *map(pq.read_table, files.values())])
    return profiles.sort_by([(name, "ascending") for name in ("partner", "sequence", "extract_id")])


def profile_rows(
    con: duckdb.DuckDBPyConnection, register: Sequence[Landed], today: date, gone: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Measure extracts whose typed tables and matches are open on a connection.

    `gone`: partners without a contract.
    """
    typed = {
        (row["partner"], row["extract_id"]): row for row in con.execute(_TYPED).to_arrow_table().to_pylist()
    }
    problems: dict[Any, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for partner, extract_id, field, code, records in con.execute(_UNREAD, [list(UNREAD_CAUSES)]).fetchall():
        problems[partner, extract_id][field][code] = records
    rows = []
    for landed in register:
        row: dict[str, Any] = {
            "extract_id": landed.extract_id,
            "partner": landed.partner,
            "sequence": landed.sequence,
            "contract_present": float(landed.partner not in gone),
        }
        row |= _of_file(landed) | _of_agreement(landed, typed.get(landed.key), today)
        row |= _of_records(row["rows_landed"], typed.get(landed.key, {}))
        years = typed.get(landed.key, {}).get("years")
        row["first_delivery_years"] = years if landed.sequence == 1 else None
        _add_unread(row, landed, problems.get(landed.key, {}))
        rows.append(row)
    return rows


def _of_file(landed: Landed) -> dict[str, Any]:
    content = landed.content
    child_rows, orphans = content.get("child_rows_read") or {}, content.get("child_orphans") or {}
    of_other_shape = sum(one["records"] for one in landed.refused_rows if one["rule_code"] == "row_shape")
    read, refused = int(content.get("rows_read") or 0), int(content.get("rows_refused") or 0)
    return {
        "rows_read": read,
        "rows_landed": int(content.get("rows_landed") or 0),
        "rows_refused": refused,
        "refused_share": _share(refused, read),
        "required_columns_missing": landed.required_columns_missing,
        "required_columns_empty": landed.required_columns_empty,
        "rows_unexplained": content.get("rows_unexplained"),
        "row_shape_share": _share(of_other_shape, read),
        "rows_after_end": content.get("rows_after_end"),
        "child_rows_read": sum(child_rows.values()),
        # In the child sheet with most rows that have no record.
        "orphan_share": max(
            (orphans.get(name, 0) / rows for name, rows in child_rows.items() if rows), default=None
        ),
    }


def _of_agreement(landed: Landed, typed: Mapping[str, Any] | None, today: date) -> dict[str, Any]:
    """Measure the agreement; an extract that is not typed has none."""
    if typed is None:
        return {"agreement_valid": 0.0, "agreement_current": None, "statistics_agreed": None}
    ends, agreed = typed["agreement_to"], typed["statistics_agreed"]
    # A renewed agreement keeps what came under the earlier one, as noted at landing.
    terms = [(typed["agreement_from"], ends), landed.agreement]
    return {
        "agreement_valid": float(covers_receipt(terms, landed.received_on)),
        "agreement_current": float(ends is None or today <= ends),
        "statistics_agreed": None if agreed is None else float(agreed),
    }


def _of_records(landed: int, typed: Mapping[str, Any]) -> dict[str, Any]:
    count = {name: int(typed.get(name) or 0) for name in _COUNTED}
    records = count["records"]
    return {
        "records": records,
        "untyped_rows": landed - count["typed_rows"],
        "usable_records": records - count["quarantined"] if records else None,
        "readable_date_share": _share(count["dated"], records),
        "place_mentions": count["named"],
        "place_resolved_share": _share(count["known"], count["named"]),
        "home_mentions": count["at_home"],
        "county_share": _share(count["with_county"], count["at_home"]),
        "quarantined_records": count["quarantined"],
        "quarantine_share": _share(count["quarantined"], records),
        "referenced_records": count["referenced"],
        "repeated_ref_share": _share(count["repeated"], count["referenced"]),
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
    if codes:  # the worst field, so that a field with few answers only warns
        unmapped, answered = max(codes, key=_weight)
        row |= {"coded_records": answered, "code_mapped_share": 1 - unmapped / answered}
    else:
        row |= {"coded_records": records, "code_mapped_share": 1.0 if records else None}
    row |= dict.fromkeys(("unread_share", "filled_cells", *UNREAD_TEXTS))
    if unread:
        row["unread_share"], row["unread_field"], row["filled_cells"] = max(unread)
        row["unread_column"] = f"“{landed.column_of(row['unread_field']) or row['unread_field']}”"
        row["unread_cause"] = UNREAD_CAUSES[problems[row["unread_field"]].most_common(1)[0][0]]


def _would_hold(unmapped: int, answered: int) -> bool:
    """Whether a field would hold the extract; one with few answers only warns."""
    return answered >= thresholds.SMALL_EXTRACT and 1 - unmapped / answered < thresholds.CODES_MAPPED_MIN


def _weight(field: tuple[int, int]) -> tuple[bool, float, int]:
    """Order fields by their unmapped share, shrunk for few answers: 3 of 3 weighs less than 90 of 100."""
    unmapped, answered = field
    return _would_hold(unmapped, answered), unmapped / (answered + 20), unmapped


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def extract_keys(decided: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Map (partner, extract id) to the decision's id."""
    return {(str(entry["partner"]), str(entry["extract_id"])): str(entry["id"]) for entry in decided}


def compare_with_last(
    rows: Sequence[dict[str, Any]],
    register: Sequence[Landed],
    decisions: Decisions,
    as_of: datetime,
    sent_before: SentBefore,
    all_records: AllRecords,
) -> None:
    """Add HISTORY_COLUMNS and HISTORY_TEXTS to the rows, which are in the register's order."""
    accepted, withdrawn = (extract_keys(decisions[f"extract_{kind}"]) for kind in ("accept", "withdraw"))
    last_good: dict[tuple[Any, ...], tuple[dict[str, Any], Landed]] = {}
    histories: dict[tuple[str, str], History] = {}
    of_extracts = all_records.of_extracts
    for row, landed in ((rows[at], register[at]) for at in in_order_of_receipt(register)):
        period = landed.declared_period if landed.is_full else ()
        line = (landed.partner, landed.contract, landed.is_full, period)
        last_row, last = last_good.get(line) or (None, None)
        row |= beside_last(row, landed, last_row, last)
        row |= sent_before.shared_by(landed)
        records, history = of_extracts.get(landed.key), None
        if records:
            key = landed.partner, landed.contract
            if key not in histories:
                histories[key] = _begin(histories, landed.partner, records) or History(all_records.values)
            history = histories[key]
            row |= history.compare(records, landed.is_full)
            if landed.is_full and last and last.key in of_extracts:
                row |= gone_from(of_extracts[last.key], records)
        if landed.key in withdrawn:
            continue
        if _is_held(row, landed, accepted, decisions["check_waiver"], as_of):
            if history and records:
                history.hold(records)
            continue
        sent_before.add(landed, row)
        if history and records:
            history.add(records, row)
        if landed.is_full or row["rows_landed"]:  # a reported zero is no baseline of volume
            last_good[line] = (row, landed)


def _begin(histories: Mapping[tuple[str, str], History], partner: str, records: Records) -> History | None:
    """Return the history that a new contract takes over: of the partner's contract it shares most with."""
    own = [(one.shared_with(records), key) for key, one in histories.items() if key[0] == partner]
    shared, key = max(own, default=(0, ("", "")))
    return histories[key].taken_over() if shared >= thresholds.SMALL_EXTRACT else None


def beside_last(
    row: Mapping[str, Any],
    landed: Landed,
    last_row: Mapping[str, Any] | None = None,
    last: Landed | None = None,
) -> dict[str, Any]:
    """Return volume and columns beside the last good extract; the other measures of history are empty."""
    ratio = row["rows_landed"] / last_row["rows_landed"] if last_row and last_row["rows_landed"] else None
    if ratio is None and landed.is_full and not row["rows_landed"] and not landed.declared_period:
        ratio = 0.0  # it would delete all records of the partner; for a declared period it is a reported zero
    return dict.fromkeys((*HISTORY_COLUMNS, *HISTORY_TEXTS)) | {
        "rows_last_time": last_row["rows_landed"] if last_row else None,
        "full_rows_vs_last": ratio if landed.is_full else None,
        "incremental_rows_vs_last": None if landed.is_full else ratio,
        "new_unmapped_columns": len(landed.unmapped_columns - last.unmapped_columns) if last else None,
    }


def _is_held(
    row: Mapping[str, Any],
    landed: Landed,
    accepted: Collection[tuple[str, str]],
    waivers: Sequence[Mapping[str, Any]],
    as_of: datetime,
) -> bool:
    scope = f"{landed.partner}/{landed.extract_id}"
    return any(
        judgement.broken
        and judgement.severity_of(row) == "hold"
        and not (judgement.expectation.waivable and landed.key in accepted)
        and not waiver_for(waivers, judgement.expectation, scope, as_of)
        for judgement in judge_row(row, EXTRACT_GATE)
    )


def write_table(table: pa.Table, path: Path) -> None:
    with durable.replacing(path) as part:
        pq.write_table(table, part)
