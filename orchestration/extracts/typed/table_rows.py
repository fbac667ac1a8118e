"""One extract's landed cells → the rows of its typed tables, in memory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from orchestration.extracts.cells import same
from orchestration.extracts.contract import Contract, Period
from orchestration.extracts.records import LandedCell
from orchestration.extracts.shown_names import is_withheld
from orchestration.extracts.typed.assembly import Record, assemble
from orchestration.extracts.typed.mentions import Texts
from orchestration.extracts.typed.rows import RowTypist
from orchestration.extracts.typed.tables import SCHEMAS
from orchestration.extracts.typed.vocabulary import Vocabulary
from orchestration.keys import Keys

Tables = dict[str, list[dict[str, Any]]]


def typed_tables(
    cells: Iterable[LandedCell],
    entry: dict[str, Any],
    contract: Contract,
    vocabulary: Vocabulary,
    keys: Keys,
) -> Tables:
    """The rows of every typed table for one extract; holds nothing but its arguments."""
    received_on = date.fromisoformat(entry["received_on"][:10])
    period = period_of(entry, contract)
    typist = RowTypist(contract, vocabulary, period, received_on, int(entry.get("date_system") or 1900))
    own = {"extract_id": entry["extract_id"], "partner": entry["partner"]}
    default_country = contract.locale.default_country
    named: dict[int, dict[str, Any]] = {}
    known: dict[tuple[str, ...], int] = {}

    def mention_id(texts: Texts) -> int:
        key = tuple(same(text or "") for text in texts)
        if key not in known:
            code = key[3:] if texts.place_code else ()
            known[key] = keys.number("mention", *key[:3], default_country or "", *code)
        named.setdefault(known[key], texts._asdict())
        return known[key]

    tables: Tables = {table: [] for table in SCHEMAS}
    for record in assemble(cells, typist, period.round if period else None, mention_id):
        _add(tables, own, record)
    tables["extracts"] = [_extract_row(own, entry, contract, period, keys)]
    tables["coverage"] = [
        {**own, "place_id": place, "role": role, "valid_from": first, "valid_to": last}
        for place, role, first, last in dict.fromkeys(
            (place, role, watched.from_, watched.to)
            for watched in contract.coverage
            for place in watched.places
            for role in watched.roles
        )
    ]
    tables["refusals"] = [
        {**own, "sheet": refusal["sheet"], "reason": refusal["reason"], "row_count": refusal["rows"]}
        for refusal in entry.get("refusals", [])
    ]
    tables["mentions"] = [
        {"extract_id": own["extract_id"], "mention_id": number, **texts, "default_country": default_country}
        for number, texts in named.items()
    ]
    return tables


def period_of(entry: dict[str, Any], contract: Contract) -> Period | None:
    """By today's contract; a file whose name was withheld keeps the period it declared when it landed."""
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
        "agreement_from": contract.agreement.valid_from,
        "agreement_to": contract.agreement.valid_to,
        "finest_place": contract.agreement.finest_place,
        "cadence": contract.delivery.cadence,
        "grace_days": contract.delivery.grace_days,
        "steward": contract.partner.steward,
    }
