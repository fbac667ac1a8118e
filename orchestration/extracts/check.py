"""`njia contract check`: read, rename, minimise and type a file by a contract, with no home and no trace."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from orchestration.extracts.contract import Contract
from orchestration.extracts.contract_loading import ContractFault, load_contract
from orchestration.extracts.drift_codes import find_new_codes
from orchestration.extracts.drift_report import drift_item, last_extract
from orchestration.extracts.landing import EXTRACT_ID_LENGTH, account, read_register, sha256_of
from orchestration.extracts.outcomes import ExtractStopped
from orchestration.extracts.reading import open_source
from orchestration.extracts.records import RecordReader
from orchestration.extracts.shown_names import shown_file
from orchestration.extracts.typed.table_rows import typed_tables
from orchestration.extracts.typed.vocabulary import load_vocabulary
from orchestration.keys import Keys
from orchestration.settings import REFERENCE_SEEDS

ROWS_NAMED = 5


@dataclass(frozen=True)
class ContractReport:
    """What a refresh would make of a file. Counts, codes and column names; never a value."""

    contract: str
    file: str
    ok: bool
    faults: list[str] = field(default_factory=list)
    rows_read: int = 0
    rows_landed: int = 0
    rows_refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    child_rows: dict[str, int] = field(default_factory=dict)
    child_refusals: list[dict[str, Any]] = field(default_factory=list)
    stripped: dict[str, int] = field(default_factory=dict)
    columns_found: list[str] = field(default_factory=list)
    unmapped_columns: list[str] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    filled_share: dict[str, float] = field(default_factory=dict)
    records: int = 0
    typing_problems: list[dict[str, Any]] = field(default_factory=list)
    drift: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_contract(
    contract_path: Path, file_path: Path, today: date, landing: Path | None = None
) -> ContractReport:
    """Dry-run a contract on a file, as if it were received today.

    `landing` is the landing folder of a home, if there is one: its last extract of the contract is what the
    columns are compared with.
    """
    label = f"{contract_path.parent.name}/{contract_path.name}"
    file_name = shown_file(file_path.name)
    try:
        contract = load_contract(contract_path, check_folder=False)
    except ContractFault as fault:
        return ContractReport(label, file_name, ok=False, faults=fault.sentences)
    if not file_path.is_file():
        return ContractReport(label, file_name, ok=False, faults=[f"File {file_name} does not exist."])
    faults = []
    if not contract.reads(file_path.name):
        faults.append(
            f"{contract.partner.code}: the contract's `files` pattern {contract.files!r} does not match "
            f"{file_name}; a refresh would not read this file with it."
        )
    period = contract.period_of(file_path.name)
    keys = Keys(record_key=secrets.token_bytes(32), stewards_recipient="")
    reader = RecordReader(contract, keys, file_path.name)
    register = read_register(landing, contract.partner.code) if landing else {}
    last = last_extract(register, contract, sha256_of(file_path)[:EXTRACT_ID_LENGTH])
    try:
        with open_source(file_path, contract) as source:
            cells = list(reader.landed_cells(source))
            date_system = source.date_system
    except ExtractStopped as fault:
        drift = reader.drift(last)
        told = drift_item(contract, {"file": file_name}, drift, [], is_held=True) if drift else None
        return ContractReport(label, file_name, ok=False, faults=[*faults, fault.sentence], drift=told)
    counts = account(contract, reader.tally, date_system)
    entry = counts | {
        "extract_id": "0" * 16,
        "partner": contract.partner.code,
        "file": file_name,
        "period": period.model_dump(mode="json", by_alias=True) if period else None,
        "received_on": today.isoformat(),
        "sequence": 1,
    }
    vocabulary = load_vocabulary(REFERENCE_SEEDS)
    typed = typed_tables(cells, entry, contract, vocabulary, keys)
    drift = reader.drift(last)
    coded = ((cell.record_id, cell.field, cell.value, cell.kind) for cell in cells)
    codes = find_new_codes(contract, coded, vocabulary)
    told = drift_item(contract, {"file": file_name}, drift, codes, is_held=False) if drift or codes else None
    return _report(label, file_name, contract, reader, counts, typed, faults, told)


def _report(
    label: str,
    file_name: str,
    contract: Contract,
    reader: RecordReader,
    counts: dict[str, Any],
    typed: dict[str, list[dict[str, Any]]],
    faults: list[str],
    drift: dict[str, Any] | None,
) -> ContractReport:
    tally = reader.tally
    shown = {name: counts[name] for name in ContractReport.__dataclass_fields__ if name in counts}
    return ContractReport(
        **(shown | {"contract": label}),
        file=file_name,
        ok=not faults,
        faults=faults,
        filled_share={
            name: round(tally.filled[name] / tally.rows_landed, 4) if tally.rows_landed else 0.0
            for name, spec in contract.fields.items()
            if spec.is_read
        },
        records=len(typed["records"]),
        typing_problems=_typing_problems(typed["problems"]),
        drift=drift,
    )


def _typing_problems(problems: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Counts by rule and field, the most frequent first, with the first rows it happened in."""
    counts: Counter[tuple[str, str, str]] = Counter()
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for problem in problems:
        key = (problem["outcome"], problem["problem_code"], problem["field"])
        counts[key] += 1
        if len(rows[key]) < ROWS_NAMED:
            rows[key].append(f"{problem['sheet']} {problem['row_number']}".strip())
    return [
        {
            "outcome": outcome,
            "code": code,
            "field": name,
            "count": count,
            "first_rows": rows[outcome, code, name],
        }
        for (outcome, code, name), count in counts.most_common()
    ]
