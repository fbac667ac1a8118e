"""Make the typed tables of an extract, a batch of records at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from itertools import islice
from typing import Any

import pyarrow as pa

from orchestration.contracts import STATISTICS, Contract, Period, Vocabulary, load_vocabulary, same
from orchestration.core import Keys
from orchestration.intake import LandedCell
from orchestration.typing.assembly import Record, assemble
from orchestration.typing.corrections import Correction, Corrections
from orchestration.typing.landed_cells import LandedCells
from orchestration.typing.mentions import Texts
from orchestration.typing.row_reader import RowReader
from orchestration.typing.tables import MENTIONS_TABLE, SCHEMAS

Tables = dict[str, pa.Table]
RECORDS_IN_A_BATCH = 5_000
_PLACES_REMEMBERED = 20_000


def typed_tables(
    cells: LandedCells,
    entry: Mapping[str, Any],
    contract: Contract,
    vocabulary: Vocabulary,
    keys: Keys,
    corrections: Corrections | None = None,
) -> Iterator[Tables]:
    """Yield the typed tables: first those of the extract itself, then of batches of records.

    Memory holds one batch, what was read of distinct cells, and the ids of mentions; a mention gets one row,
    with its first spelling.
    """
    yield tables_of_extract(entry, contract, keys)
    reader = RowReader(entry, contract, vocabulary)
    mentions = _Mentions(entry, contract, keys)
    with closing(cells.records()) as records:
        while found := list(islice(records, RECORDS_IN_A_BATCH)):
            applied = map(corrections.applied, found) if corrections else found
            made = [assemble(one, reader, mentions.number_of) for one in applied]
            yield _tables_of_records(entry, keys, made) | mentions.tables()


def tables_of_record(
    cells: list[LandedCell],
    entry: Mapping[str, Any],
    contract: Contract,
    keys: Keys,
    corrections: Sequence[Correction] = (),
) -> Tables:
    """Return the typed tables of one record under these corrections."""
    reader, mentions = RowReader(entry, contract, load_vocabulary()), _Mentions(entry, contract, keys)
    applied = Corrections(corrections, contract, keys).applied(cells)
    made = [assemble(applied, reader, mentions.number_of)]
    return _tables_of_records(entry, keys, made) | mentions.tables()


def together(batches: Iterable[Tables]) -> Tables:
    """Return all batches as one, every table with its schema."""
    parts: dict[str, list[pa.Table]] = {name: [schema.empty_table()] for name, schema in SCHEMAS.items()}
    for tables in batches:
        for name, table in tables.items():
            parts[name].append(table)
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


class _Mentions:
    """The mentions of an extract, numbered; `tables` has those that are new since it was asked last."""

    def __init__(self, entry: Mapping[str, Any], contract: Contract, keys: Keys) -> None:
        self._own = {"extract_id": entry["extract_id"], "default_country": contract.locale.default_country}
        self._keys = keys
        self._numbers: dict[Texts, int] = {}
        self._named: set[int] = set()
        self._new: list[dict[str, Any]] = []

    def number_of(self, texts: Texts) -> int:
        """Return the number of a mention: spellings that differ by case alone have one."""
        if (number := self._numbers.get(texts)) is None:
            key = tuple(same(text or "") for text in texts)
            code = key[3:] if texts.place_code else ()
            number = self._keys.number("mention", *key[:3], self._own["default_country"] or "", *code)
            if len(self._numbers) >= _PLACES_REMEMBERED:
                self._numbers.clear()
            self._numbers[texts] = number
        if number not in self._named:
            self._named.add(number)
            self._new.append(self._own | {"mention_id": number} | texts._asdict())
        return number

    def tables(self) -> Tables:
        new, self._new = self._new, []
        return {MENTIONS_TABLE: pa.Table.from_pylist(new, schema=SCHEMAS[MENTIONS_TABLE])}


def _tables_of_records(entry: Mapping[str, Any], keys: Keys, records: list[Record]) -> Tables:
    own = {"extract_id": entry["extract_id"], "partner": entry["partner"]}
    ids = pa.array([record.values["record_id"] for record in records], pa.int64())
    protection_keys = keys.protection_keys(ids).to_pylist()
    tables: dict[str, list[dict[str, Any]]] = {
        "records": [
            {**own, "protection_key": key, **record.values}
            for key, record in zip(protection_keys, records, strict=True)
        ],
        "record_codes": [],
        "place_mentions": [],
        "problems": [],
    }
    for record in records:
        of_record = {**own, "record_id": record.values["record_id"]}
        tables["record_codes"] += [
            {**of_record, "domain": domain, "code": code, "seq": seq} for domain, code, seq in record.codes
        ]
        tables["place_mentions"] += [
            {
                **of_record,
                "place_role": mention.role,
                "seq": mention.seq,
                "place_basis": mention.basis,
                "transport_mode": mention.transport_mode,
                "mention_id": number,
                "child_sheet": mention.child[0] if mention.child else None,
                "child_row_number": mention.child[1] if mention.child else None,
            }
            for mention, number in record.mentions
        ]
        tables["problems"] += [{**of_record, **problem._asdict()} for problem in record.problems]
    return {name: pa.Table.from_pylist(rows, schema=SCHEMAS[name]) for name, rows in tables.items()}


def tables_of_extract(entry: Mapping[str, Any], contract: Contract, keys: Keys) -> Tables:
    """Return the tables that the landing note and the contract fill."""
    own = {"extract_id": entry["extract_id"], "partner": entry["partner"]}
    period = contract.period_of(entry)
    tables: dict[str, list[dict[str, Any]]] = {}
    tables["extracts"] = [_extract_row(own, entry, contract, period, keys)]
    watched = dict.fromkeys(
        (place, role, time.from_, time.to, time.office)
        for time in contract.coverage
        for place in time.places
        for role in time.roles
    )
    columns = ("place_id", "role", "valid_from", "valid_to", "office_place_id")
    tables["coverage"] = [own | dict(zip(columns, place, strict=True)) for place in watched]
    tables["campaigns"] = [
        {**own, "campaign": one.name, "place_id": place, "valid_from": one.from_, "valid_to": one.to}
        for one in contract.campaigns
        for place in (*one.places,) or (None,)
    ]
    tables["refusals"] = [
        {**own, "sheet": refusal["sheet"], "reason": refusal["reason"], "row_count": refusal["rows"]}
        for refusal in entry.get("refusals", [])
    ]
    whole, persons = (entry.get(name) or {} for name in ("withheld_records", "withheld_persons"))
    submissions = entry.get("withheld_submissions") or {}
    tables["withheld_records"] = [
        {**own, "record_id": record_id, "reason": reason, "is_one_person": is_one_person}
        | {"submission_key": submissions.get(str(record_id))}
        for is_one_person, withheld in ((False, whole), (True, persons))
        for reason, ids in withheld.items()
        for record_id in ids
        if not (is_one_person and record_id in whole.get(reason, ()))
    ]
    return {name: pa.Table.from_pylist(rows, schema=SCHEMAS[name]) for name, rows in tables.items()}


def _extract_row(
    own: dict[str, str], entry: Mapping[str, Any], contract: Contract, period: Period | None, keys: Keys
) -> dict[str, Any]:
    publication, agreement = contract.publication, contract.agreement
    return {
        **own,
        **{name: entry[name] for name in ("sequence", "rows_read", "rows_refused", "rows_landed")},
        "partner_code": keys.partner_code(entry["partner"]),
        "contract": contract.contract,
        "contract_version": contract.version,
        "grain": contract.grain,
        "data_source": contract.data_source,
        "delivery_mode": contract.delivery.mode,
        "period_from": period.from_ if period else None,
        "period_to": period.to if period else None,
        "round": period.round if period else None,
        "received_on": date.fromisoformat(entry["received_on"][:10]),
        "stated_delivery": contract.delivered_on(entry),
        "agreement_id": agreement.id,
        "agreement_from": agreement.valid_from,
        "agreement_to": agreement.valid_to,
        "statistics_agreed": STATISTICS in agreement.purposes,
        "retention_years": agreement.retention_years,
        "finest_place": agreement.finest_place,
        "partner_name": contract.partner.name if agreement.may_be_named else None,
        "cadence": contract.delivery.cadence,
        "grace_days": contract.delivery.grace_days,
        "publication": publication.title if publication else None,
        "publisher": publication.publisher if publication else None,
        "publication_url": publication.url if publication else None,
        "publication_licence": publication.licence if publication else None,
        "may_be_public": publication is not None and publication.in_public_edition,
    }
