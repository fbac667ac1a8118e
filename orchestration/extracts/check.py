"""`njia contract check`: read, rename and minimise a file by a contract, with no home and no trace."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from orchestration.extracts.contract import Contract
from orchestration.extracts.contract_loading import ContractFault, load_contract
from orchestration.extracts.landing import account
from orchestration.extracts.outcomes import ExtractStopped
from orchestration.extracts.reading import open_source
from orchestration.extracts.records import RecordReader
from orchestration.extracts.tally import LandedCell
from orchestration.keys import Keys

CellsSeen = Callable[[LandedCell], None]


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

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_contract(contract_path: Path, file_path: Path, seen: CellsSeen | None = None) -> ContractReport:
    """Dry-run a contract on a file. `seen` gets every cell that would land, e.g. to type it."""
    label = f"{contract_path.parent.name}/{contract_path.name}"
    try:
        contract = load_contract(contract_path, check_folder=False)
    except ContractFault as fault:
        return ContractReport(label, file_path.name, ok=False, faults=fault.sentences)
    if not file_path.is_file():
        return ContractReport(
            label, file_path.name, ok=False, faults=[f"File {file_path.name} does not exist."]
        )
    faults = []
    if not contract.reads(file_path.name):
        faults.append(
            f"{contract.partner.code}: the contract's `files` pattern {contract.files!r} does not match "
            f"{file_path.name}; a refresh would not read this file with it."
        )
    keys = Keys(record_key=secrets.token_bytes(32), stewards_recipient="")
    reader = RecordReader(contract, keys, file_path.name)
    try:
        with open_source(file_path, contract) as source:
            for cell in reader.landed_cells(source):
                if seen:
                    seen(cell)
    except ExtractStopped as fault:
        return ContractReport(label, file_path.name, ok=False, faults=[*faults, fault.sentence])
    return _report(label, file_path.name, contract, reader, faults)


def _report(
    label: str, file_name: str, contract: Contract, reader: RecordReader, faults: list[str]
) -> ContractReport:
    tally = reader.tally
    counts = account(contract, tally, 1900)
    shown = {name: counts[name] for name in ContractReport.__dataclass_fields__ if name in counts}
    return ContractReport(
        **(shown | {"contract": label}),
        file=file_name,
        ok=not faults,
        faults=faults,
        filled_share={
            name: round(tally.filled[name] / tally.rows_landed, 4) if tally.rows_landed else 0.0
            for name, spec in contract.fields.items()
            if spec.column
        },
    )
