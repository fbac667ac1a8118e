"""One delivery: what happened to each file, what changed in its columns, and how it compares with the past.

Columns appear under names that may be shown (`shown_names`), answers only where they identify no person
(`intake.may_be_shown`). Completeness and timeliness are compared with the partner's own earlier extracts.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any, NamedTuple

from orchestration.contracts import Contract
from orchestration.core import Settings, open_duckdb
from orchestration.gates import next_due
from orchestration.intake import TakenExtract
from orchestration.outputs.receipts import explanations
from orchestration.outputs.receipts.explanations import Explanation, columns_of, own_column
from orchestration.typing import TYPED_TABLES

_RESULTS = {
    "landed": "read",
    "already_landed": "we have it already; nothing to do",
    "held": "waits",
    "unreadable": "could not be read",
}


@dataclass(frozen=True)
class Change:
    """One change in a file's columns or in their answers; `detail` may be empty."""

    column: str
    explanation: Explanation
    detail: str = ""


@dataclass(frozen=True)
class Delivered:
    """One file of this refresh. `why` and `columns`: the reason why it was not taken.

    `has_earlier`: the changes are against the last file, else against the contract. `is_held`: the file was
    read, and a check of the whole file keeps all of it out.
    """

    taken: TakenExtract
    why: Explanation | None
    columns: str
    changes: list[Change]
    has_earlier: bool
    is_held: bool = False

    @property
    def file(self) -> str:
        return self.taken.file

    @property
    def result(self) -> str:
        return "read, but held: nothing of it is in use" if self.is_held else _RESULTS[self.taken.outcome]


def delivered_files(
    taken: Iterable[TakenExtract],
    partner: str,
    contracts: Mapping[str, Contract],
    drift: Iterable[Mapping[str, Any]],
    held: Container[str | None] = (),
) -> list[Delivered]:
    """Return the partner's files in the order of intake.

    `drift`: items of all files after typing, which finds new answers (`drift_items`). `held`: extract ids.
    """
    new_codes = {(item["partner"], item["extract_id"]): item["new_codes"] for item in drift}
    return [
        _delivered(extract, contracts, new_codes.get((partner, extract.extract_id), []), held)
        for extract in taken
        if extract.partner == partner
    ]


def _delivered(
    extract: TakenExtract,
    contracts: Mapping[str, Contract],
    new_codes: list[Mapping[str, Any]],
    held: Container[str | None],
) -> Delivered:
    contract = contracts.get(extract.drift["contract"]) if extract.drift else None
    if contract is None and len(contracts) == 1:
        [contract] = contracts.values()
    has_earlier = bool(extract.drift and extract.drift["compared_with"])
    # The receipt of a first file that was read lists unmapped columns anyway.
    with_added = has_earlier or extract.outcome != "landed"
    changes = list(_column_changes(extract.drift, contract, with_added)) if extract.drift else []
    if extract.outcome == "landed":
        changes += [_answer_change(codes, contract) for codes in new_codes]
    why = explanations.file_reason(extract.code) if extract.code else None
    columns = ", ".join(own_column(contract, column) for column in extract.columns)
    is_held = extract.outcome == "landed" and extract.extract_id in held
    return Delivered(extract, why, columns, changes, has_earlier, is_held)


def _column_changes(
    drift: Mapping[str, Any], contract: Contract | None, with_added: bool
) -> Iterator[Change]:
    def own(column: str) -> str:
        return own_column(contract, column)

    for renamed in drift["renamed"]:
        kind = "column_renamed" if _is_read(renamed) else "unread_column_renamed"
        yield Change(f"{own(renamed['before'])} → {own(renamed['now'])}", _explain(kind))
    for gone in drift["gone"]:
        yield Change(own(gone["column"]), _explain("column_gone" if _is_read(gone) else "unread_column_gone"))
    for column in drift["added"] if with_added else ():
        yield Change(own(column), _explain("column_added"))


def _answer_change(codes: Mapping[str, Any], contract: Contract | None) -> Change:
    shown, hidden = codes["shown"], codes["not_shown"]
    answers = [f"“{answer}”" for answer in shown]
    if hidden:
        answers.append(f"{hidden:,} {'more ' if shown else ''}that we do not repeat here")
    counts = f"{codes['records']:,} of the {codes['answered']:,} records that answer"
    detail = f"{', '.join(answers)}: in {counts}"
    return Change(own_column(contract, codes["column"]), _explain("new_codes"), detail)


def _is_read(use: Mapping[str, Any]) -> bool:
    return bool(set(use["feeds"]) - {"deny"})


def _explain(change: str) -> Explanation:
    return explanations.file_reason(f"drift:{change}")


_ROLES = ("origin", "transit", "intended_destination", "exploitation", "observation")
_OF_RECORDS = {
    "event_on": ("Day of the event", "date_precision = 'day'"),
    "person_count": ("Number of people", "person_count is not null"),
    "sex": ("Sex", "sex is not null and sex <> 'unknown'"),
    "age_band": ("Age", "is_child is not null or (age_band is not null and age_band <> 'unknown')"),
}
_OF_CODES = {
    "nationality": "Nationality",
    "exploitation_type": "Kind of exploitation",
    "industry": "Industry",
    "recruitment_method": "How they were recruited",
    "means_of_control": "Means of control",
    "transport_mode": "How they travelled",
}
_MEASURES = """
with records as (select * from read_parquet($records, union_by_name = true)),
codes as (
    select partner, extract_id, domain, count(distinct record_id) as known
    from read_parquet($record_codes, union_by_name = true) where code <> 'unknown' group by all
),
places as (
    select partner, extract_id, 'place(' || place_role || ')' as domain, count(distinct record_id) as known
    from read_parquet($place_mentions, union_by_name = true) where mention_id is not null group by all
)
select partner, extract_id, '' as measure, count(*) as known from records group by all
union all select partner, extract_id, domain, known from codes
union all select partner, extract_id, domain, known from places
"""
_EXTRACTS = """
select partner, extract_id, contract, received_on, cadence, grace_days, last_day
from read_parquet($extracts, union_by_name = true)
left join (
    select partner, extract_id, max(period_to) as last_day
    from read_parquet($records, union_by_name = true) group by all
) using (partner, extract_id)
order by partner, contract, sequence
"""


class _Extract(NamedTuple):
    partner: str
    extract_id: str
    contract: str
    received_on: date
    cadence: str
    grace_days: int
    last_day: date | None


@dataclass(frozen=True)
class Measures:
    """Counts of records by (partner, extract id, measure); measure `''` counts all. Extracts in order."""

    known: dict[tuple[str, str, str], int]
    extracts: list[_Extract]


@dataclass(frozen=True)
class Completeness:
    """Shares of records (0 to 1) with a readable value; `before` is None without an earlier extract."""

    label: str
    columns: str
    now: float
    before: float | None


@dataclass(frozen=True)
class Timeliness:
    """Days from the last day in the extract to its receipt; `before`: median of the earlier extracts."""

    contract: str
    received_on: date
    days: int | None
    before: float | None
    next_due: date | None


@dataclass(frozen=True)
class Past:
    completeness: list[Completeness]
    timeliness: list[Timeliness]


def measure_past(settings: Settings) -> Measures:
    """Measure every typed extract, once for all receipts."""
    paths = {table: str(settings.typed / table / "*.parquet") for table in TYPED_TABLES}
    own = "".join(
        f"union all select partner, extract_id, '{field}', count(*) filter (where {known}) "
        "from records group by all "
        for field, (_, known) in _OF_RECORDS.items()
    )
    with open_duckdb() as con:
        given = {name: paths[name] for name in ("records", "record_codes", "place_mentions")}
        counted = con.execute(_MEASURES + own, given).fetchall()
        extracts = con.execute(_EXTRACTS, {name: paths[name] for name in ("extracts", "records")}).fetchall()
    known = {(partner, extract_id, measure): count for partner, extract_id, measure, count in counted}
    return Measures(known, [_Extract(*row) for row in extracts])


def own_past(measures: Measures, partner: str, contracts: Iterable[Contract]) -> Past:
    """Compare the newest extract of each contract with the partner's own earlier ones."""
    completeness: list[Completeness] = []
    timeliness: list[Timeliness] = []
    for contract in contracts:
        own = [
            extract
            for extract in measures.extracts
            if (extract.partner, extract.contract) == (partner, contract.contract)
        ]
        if own:
            completeness += _completeness(contract, own, measures.known)
            timeliness.append(_timeliness(contract.contract, own))
    return Past(completeness, timeliness)


def _completeness(
    contract: Contract, own: list[_Extract], known: dict[tuple[str, str, str], int]
) -> list[Completeness]:
    fields = []
    for field, label in _read_fields(contract):
        now = _share(field, own[-1:], known)
        if now is not None:
            before = _share(field, own[:-1], known)
            columns = columns_of(contract, field)
            fields.append(Completeness(label, columns, now, before))
    return fields


def _read_fields(contract: Contract) -> list[tuple[str, str]]:
    """Return the fields that the contract reads from the file, with their labels; constants are left out."""
    read = {name for name, spec in contract.fields.items() if spec.column}
    labels = {field: label for field, (label, _) in _OF_RECORDS.items()} | _OF_CODES
    fields = [(field, label) for field, label in labels.items() if field in read]
    for role in _ROLES:
        if any(name.startswith(f"place({role}).") for name in read):
            fields.append((f"place({role})", f"Place: {role.replace('_', ' ')}"))
    return fields


def _share(field: str, extracts: list[_Extract], known: dict[tuple[str, str, str], int]) -> float | None:
    keys = [(extract.partner, extract.extract_id) for extract in extracts]
    records = sum(known.get((*key, ""), 0) for key in keys)
    return sum(known.get((*key, field), 0) for key in keys) / records if records else None


def _timeliness(contract: str, own: list[_Extract]) -> Timeliness:
    lags = [(extract.received_on - extract.last_day).days if extract.last_day else None for extract in own]
    newest = own[-1]
    before = [lag for lag in lags[:-1] if lag is not None]
    return Timeliness(
        contract,
        newest.received_on,
        lags[-1],
        median(before) if before else None,
        next_due(newest.received_on, newest.cadence, newest.grace_days),
    )
