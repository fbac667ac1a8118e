"""Completeness and timeliness of a partner's newest extract, compared with its own earlier ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import NamedTuple

from orchestration.contracts import Contract
from orchestration.core import Settings, open_duckdb
from orchestration.gates import next_due
from orchestration.outputs.receipts.columns import columns_of
from orchestration.typing import TYPED_TABLES

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
