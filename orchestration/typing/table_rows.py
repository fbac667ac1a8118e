"""Make the rows of an extract's typed tables, some thousands of records at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from orchestration.contracts import STATISTICS, Contract, Period, Vocabulary, same
from orchestration.core import Keys
from orchestration.intake import LandedCell, is_withheld
from orchestration.typing.assembly import Record, assemble
from orchestration.typing.mentions import Texts
from orchestration.typing.row_reader import RowReader
from orchestration.typing.tables import SCHEMAS

Tables = dict[str, list[dict[str, Any]]]
RECORDS_IN_A_BATCH = 5_000
_PLACES_REMEMBERED = 20_000


def typed_batches(
    records: Iterable[list[LandedCell]],
    entry: dict[str, Any],
    contract: Contract,
    vocabulary: Vocabulary,
    keys: Keys,
    batch_size: int = RECORDS_IN_A_BATCH,
) -> Iterator[Tables]:
    """Yield the rows of every typed table: first those of the extract itself, then batches of records.

    `records`: the cells of one record after another. Memory holds one batch and the ids of mentions; a
    mention gets one row, with its first spelling.
    """
    row_reader, period = reader_of(entry, contract, vocabulary)
    own = {"extract_id": entry["extract_id"], "partner": entry["partner"]}
    default_country = contract.locale.default_country
    yield _of_extract(own, entry, contract, period, keys)
    tables = _no_rows()
    named: set[int] = set()

    @lru_cache(_PLACES_REMEMBERED)
    def number_of(texts: Texts) -> int:
        key = tuple(same(text or "") for text in texts)
        code = key[3:] if texts.place_code else ()
        return keys.number("mention", *key[:3], default_country or "", *code)

    def mention_id(texts: Texts) -> int:
        number = number_of(texts)
        if number not in named:
            named.add(number)
            own_mention = {"extract_id": own["extract_id"], "mention_id": number}
            tables["mentions"].append(own_mention | texts._asdict() | {"default_country": default_country})
        return number

    of_round = period.round if period else None
    for cells in records:
        record = assemble(cells, row_reader, of_round, mention_id)
        record.values["protection_key"] = keys.protection_key(record.values["record_id"])
        _add(tables, own, record)
        if len(tables["records"]) == batch_size:
            yield tables
            tables = _no_rows()
    if tables["records"]:
        yield tables


def reader_of(
    entry: Mapping[str, Any], contract: Contract, vocabulary: Vocabulary
) -> tuple[RowReader, Period | None]:
    """Return the reader of an extract's rows, and the period that it declares."""
    received_on = date.fromisoformat(entry["received_on"][:10])
    period = period_of(entry, contract)
    date_system = int(entry.get("date_system") or 1900)
    return RowReader(contract, vocabulary, period, received_on, date_system), period


def _no_rows() -> Tables:
    return {table: [] for table in SCHEMAS}


def _of_extract(
    own: dict[str, str], entry: dict[str, Any], contract: Contract, period: Period | None, keys: Keys
) -> Tables:
    tables = _no_rows()
    tables["extracts"] = [_extract_row(own, entry, contract, period, keys)]
    tables["coverage"] = [
        {
            **own,
            "place_id": place,
            "role": role,
            "valid_from": first,
            "valid_to": last,
            "office_place_id": office,
        }
        for place, role, first, last, office in dict.fromkeys(
            (place, role, watched.from_, watched.to, watched.office)
            for watched in contract.coverage
            for place in watched.places
            for role in watched.roles
        )
    ]
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
        {
            **own,
            "record_id": record_id,
            "reason": reason,
            "is_one_person": is_one_person,
            "submission_key": submissions.get(str(record_id)),
        }
        for is_one_person, withheld in ((False, whole), (True, persons))
        for reason, ids in withheld.items()
        for record_id in ids
        if not (is_one_person and record_id in whole.get(reason, ()))
    ]
    return tables


def period_of(entry: Mapping[str, Any], contract: Contract) -> Period | None:
    """Return an extract's period by today's contract; with a withheld file name, the period at landing."""
    if not is_withheld(entry["file"]):
        return contract.period_of(entry["file"])
    return Period.model_validate(entry["period"]) if entry.get("period") else None


def _add(tables: Tables, own: dict[str, str], record: Record) -> None:
    of_record = {**own, "record_id": record.values["record_id"]}
    tables["records"].append({**own, **record.values})
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
    tables["problems"] += [
        {
            **of_record,
            "sheet": problem.sheet,
            "row_number": problem.row_number,
            "field": problem.field,
            "outcome": problem.outcome,
            "problem_code": problem.code,
        }
        for problem in record.problems
    ]


def _extract_row(
    own: dict[str, str], entry: dict[str, Any], contract: Contract, period: Period | None, keys: Keys
) -> dict[str, Any]:
    publication = contract.publication
    return {
        **own,
        "partner_code": keys.partner_code(entry["partner"]),
        "contract": contract.contract,
        "contract_version": contract.version,
        "grain": contract.grain,
        "delivery_mode": contract.delivery.mode,
        "period_from": period.from_ if period else None,
        "period_to": period.to if period else None,
        "round": period.round if period else None,
        "received_on": date.fromisoformat(entry["received_on"][:10]),
        "sequence": entry["sequence"],
        "rows_read": entry["rows_read"],
        "rows_refused": entry["rows_refused"],
        "rows_landed": entry["rows_landed"],
        "agreement_id": contract.agreement.id,
        "agreement_from": contract.agreement.valid_from,
        "agreement_to": contract.agreement.valid_to,
        "statistics_agreed": STATISTICS in contract.agreement.purposes,
        "retention_years": contract.agreement.retention_years,
        "finest_place": contract.agreement.finest_place,
        "partner_name": contract.partner.name if contract.agreement.may_be_named else None,
        "cadence": contract.delivery.cadence,
        "grace_days": contract.delivery.grace_days,
        "publication": publication.title if publication else None,
        "publisher": publication.publisher if publication else None,
        "publication_url": publication.url if publication else None,
        "publication_licence": publication.licence if publication else None,
        "may_be_public": publication is not None and publication.in_public_edition,
    }
