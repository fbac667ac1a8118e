"""The records that are compared: their fields with labels for readers, SQL, and arrays of codes."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from orchestration.core import seed_rows


class Field(NamedTuple):
    """A compared field: its column in RECORDS, its label, and the field of a contract that it comes from."""

    column: str
    label: str
    of_contract: str


with Path(__file__).with_name("compared_fields.csv").open(encoding="utf-8", newline="") as _lines:
    FIELDS = {row.pop("name"): Field(**row) for row in csv.DictReader(_lines)}
NAMES = tuple(FIELDS)
PLACES = tuple(name for name in FIELDS if name.startswith("place("))
_ROLES = [name[len("place(") : -1] for name in PLACES]
_DOMAINS = NAMES[NAMES.index("exploitation_type") :]
UNKNOWN = 0  # the code of what is not stated

_BY_ROLE = ", ".join(
    f"arg_min(place, coalesce(seq, 0)) filter (where place_role = '{role}') as {role}_place"
    for role in _ROLES
)
_BY_DOMAIN = ", ".join(
    f"string_agg(code, ' ' order by code) filter (where domain = '{domain}') as {domain}"
    for domain in _DOMAINS
)
_NOT_VICTIMS = ", ".join(
    f"'{row['code']}'"
    for row in seed_rows("codes")
    if row["domain"] == "trafficking_status" and row["counts_as_victim"] == "no"
)
_ANSWERS = ", ".join((*(f"{role}_place" for role in _ROLES), *_DOMAINS))
COMPARED_TABLES = ("extracts", "records", "record_codes", "place_mentions", "matches")
# What each typed record says; place names are counties, or countries outside Kenya.
RECORDS = f"""
with located as (
    select partner, extract_id, record_id, place_role, seq,
        -- A county or another country: "Kenya" alone says too little to be a place here.
        coalesce(county_place_id, nullif(country_alpha3, 'KEN')) as place
    from place_mentions inner join matches using (mention_id)
),
places as (
    select partner, extract_id, record_id, {_BY_ROLE},
        least(count(*) filter (where place_role = 'transit'), 3)::varchar as stops
    from located group by partner, extract_id, record_id
),
stated as (
    select partner, extract_id, record_id, {_BY_DOMAIN}
    from record_codes where code not in ('unknown', 'not_specified', 'not_applicable')
    group by partner, extract_id, record_id
),
wide as (
    select records.partner, records.extract_id, records.record_id, records.event_on,
        case when date_precision in ('day', 'month') then records.period_from end as dated,
        case when date_trunc('month', records.period_from) = date_trunc('month', records.period_to)
            then records.period_from end as within_a_month,
        nullif(sex, 'unknown') as sex, nullif(age_band, 'unknown') as age_band,
        nullif(trafficking_status, 'unknown') as trafficking_status,
        case when trafficking_status in ({_NOT_VICTIMS}) then 'no' else 'yes' end as counts_as_victim,
        case when person_count >= 10 then '10 and more' when person_count >= 5 then '5 to 9'
            when person_count >= 2 then '2 to 4' else person_count::varchar end as persons,
        case when date_precision = 'day' then day(event_on)::varchar end as day,
        coalesce(stops, '0') as stops,
        places.* exclude (partner, extract_id, record_id, stops),
        stated.* exclude (partner, extract_id, record_id)
    from records
    left join places using (partner, extract_id, record_id)
    left join stated using (partner, extract_id, record_id)
    where record_id is not null
)
select *, strftime(dated, '%Y-%m') as month, coalesce(year(dated) * 12 + month(dated) - 1, 0) as month_number,
    hash(event_on, sex, age_band, persons, stops, {_ANSWERS}) as likeness
from wide
"""
_BATCH = 100_000  # rows as texts at a time


@dataclass(frozen=True)
class Records:
    """Records as parallel arrays. `codes` has a column for each field; UNKNOWN where it is not stated."""

    ids: npt.NDArray[np.int64]
    months: npt.NDArray[np.int64]
    likeness: npt.NDArray[np.uint64]
    codes: npt.NDArray[np.int32]

    def only(self, chosen: Any) -> Records:
        return Records(self.ids[chosen], self.months[chosen], self.likeness[chosen], self.codes[chosen])

    def with_others(self, others: Records) -> Records:
        pairs = zip(vars(self).values(), vars(others).values(), strict=True)
        return Records(*(np.concatenate(pair) for pair in pairs))

    def of_field(self, name: str) -> npt.NDArray[np.int32]:
        """Return the codes of one field."""
        return self.codes[:, NAMES.index(name)]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class AllRecords:
    """The records of each extract by (partner, extract id), and the text of each code by field."""

    of_extracts: Mapping[tuple[str, str], Records]
    values: Mapping[str, Sequence[str]]


def read_records(con: duckdb.DuckDBPyConnection, place_names: Mapping[str, str]) -> AllRecords:
    """Read the records to compare from a connection on which typed tables and matches are open.

    Codes are in the order of their labels, records in that of their ids: no result depends on other partners.
    """
    columns = [*(field.column for field in FIELDS.values()), "partner", "extract_id"]
    numbers: list[dict[str | None, int]] = [{None: UNKNOWN} for _ in columns]
    none = np.zeros(0, np.int64)
    batches = [Records(none, none, none.astype(np.uint64), np.zeros((0, len(columns)), np.int32))]
    for batch in con.execute(RECORDS).to_arrow_reader(_BATCH):
        codes = [_numbered(batch[name], known) for name, known in zip(columns, numbers, strict=True)]
        ids, months, likeness = (batch[name].to_numpy() for name in ("record_id", "month_number", "likeness"))
        batches.append(Records(ids, months, likeness, np.stack(codes, axis=1)))
    whole = Records(*map(np.concatenate, zip(*(vars(one).values() for one in batches), strict=True)))
    values = {}
    for at, name in enumerate(FIELDS):
        labels = {text: label_of(name, text, place_names) for text in numbers[at] if text is not None}
        in_order = sorted(labels, key=lambda text: (labels[text], text))
        values[name] = ["unknown", *(labels[text] for text in in_order)]
        rank = np.zeros(len(values[name]), np.int32)
        rank[[numbers[at][text] for text in in_order]] = np.arange(1, len(rank))
        whole.codes[:, at] = rank[whole.codes[:, at]]
    of_extract = whole.codes[:, len(FIELDS) :]
    partners, extracts = (list(known) for known in numbers[len(FIELDS) :])
    order = np.lexsort((whole.ids, *of_extract.T))
    ends = np.flatnonzero(np.diff(of_extract[order], axis=0, append=0).any(axis=1)) + 1
    found = {}
    for chosen in np.split(order, ends)[:-1]:
        partner, extract_id = of_extract[chosen[0]]
        own = whole.only(chosen)
        found[str(partners[partner]), str(extracts[extract_id])] = replace(
            own, codes=own.codes[:, : len(FIELDS)]
        )
    return AllRecords(found, values)


def _numbered(texts: pa.Array, known: dict[str | None, int]) -> npt.NDArray[np.int32]:
    """Return the number of each text; new ones are added to those that are known."""
    encoded = texts.cast(pa.string()).dictionary_encode("encode")
    numbers = [known.setdefault(text, len(known)) for text in encoded.dictionary.to_pylist()]
    return np.array(numbers, np.int32)[encoded.indices.to_numpy()]


def label_of(field: str, value: str, place_names: Mapping[str, str]) -> str:
    """Return the name of a place, or the label of one code or of several in one answer."""
    if field in PLACES:
        return place_names.get(value, value)
    labels = _labels_of_codes().get(field)
    return ", ".join(labels.get(code, code) for code in value.split(" ")) if labels else value


@cache
def _labels_of_codes() -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for row in seed_rows("codes"):
        labels.setdefault(row["domain"], {})[row["code"]] = row["label"]
    return labels
