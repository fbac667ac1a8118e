"""`njia contract check`: try a contract on a file, as a refresh would, in memory and without a home."""

from __future__ import annotations

import csv
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa

from orchestration.contracts import Contract, ContractFault, load_contract, load_vocabulary
from orchestration.core import REFERENCE_SEEDS, Keys, Settings, sha256_of
from orchestration.drafting.check_warnings import KeyColumns, warnings_of
from orchestration.gates import would_fail
from orchestration.intake import (
    EXTRACT_ID_LENGTH,
    ExtractStopped,
    RecordReader,
    Tally,
    account,
    drift_item,
    find_new_codes,
    last_extract,
    open_source,
    read_register,
    shown_file,
)
from orchestration.places import keys_of, locate_rows
from orchestration.stewardship import active_decisions
from orchestration.typing import Tables, cells_in_memory, together, typed_tables

ROWS_NAMED = 5


@dataclass(frozen=True)
class Trial:
    """The landing note and typed tables of a file, for the gate; their values are never shown."""

    note: dict[str, Any]
    tables: dict[str, pa.Table]


@dataclass(frozen=True)
class ContractReport:
    """The result of a trial: counts, codes and column names; never a value.

    `was_read`: False where contract or file stopped it before any row. `titles`: of what was stripped.
    `try_contract` adds the results of gate and places: `held_because`, `told_because`, `places`.
    """

    contract: str
    file: str
    ok: bool
    faults: list[str] = field(default_factory=list)
    physical_rows: dict[str, int] = field(default_factory=dict)
    rows_explained: list[dict[str, Any]] = field(default_factory=list)
    rows_read: int = 0
    rows_landed: int = 0
    rows_refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)
    child_rows: dict[str, int] = field(default_factory=dict)
    child_rows_read: dict[str, int] = field(default_factory=dict)
    child_refusals: list[dict[str, Any]] = field(default_factory=list)
    stripped: dict[str, int] = field(default_factory=dict)
    columns_found: list[str] = field(default_factory=list)
    unmapped_columns: list[str] = field(default_factory=list)
    problems: list[dict[str, str]] = field(default_factory=list)
    columns_missing: list[str] = field(default_factory=list)
    filled_share: dict[str, float] = field(default_factory=dict)
    records: int = 0
    typing_problems: list[dict[str, Any]] = field(default_factory=list)
    drift: dict[str, Any] | None = None
    is_contract_valid: bool = True
    was_read: bool = False
    titles: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    held_because: list[dict[str, Any]] = field(default_factory=list)
    told_because: list[dict[str, Any]] = field(default_factory=list)
    places: dict[str, int] | None = None
    trial: Trial | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        content = asdict(replace(self, trial=None))
        del content["trial"]
        return content


def try_contract(settings: Settings, contract_path: Path, file_path: Path) -> ContractReport:
    """Try a contract on a file received today; `ok` only if nothing would hold it.

    Decisions on places of a home count, if there is one. Volume and shares are not compared with earlier
    extracts, because the file may be any of them.
    """
    now = settings.as_of()
    report = check_contract(contract_path, file_path, now.date(), settings.landing)
    if report.trial is None:
        return report
    aliases = active_decisions(settings, now).place_aliases if settings.decisions.is_dir() else []
    tables = report.trial.tables
    located, waiting = locate_rows(tables, aliases, keys_of(settings, aliases))
    failures = would_fail(report.trial.note, tables | located, now.date())
    held = [asdict(failure) for failure in failures if failure.holds]
    return replace(
        report,
        ok=report.ok and not held,
        held_because=held,
        told_because=[asdict(failure) for failure in failures if not failure.holds],
        places={"names": len(located["matches"]), "open": len(waiting), **Counter(waiting)},
    )


def check_contract(
    contract_path: Path, file_path: Path, today: date, landing: Path | None = None
) -> ContractReport:
    """Read, minimise and type a file by a contract, as if it were received today.

    `landing`: the landing folder of a home, if any, whose last extract the columns are compared with.
    """
    label = f"{contract_path.parent.name}/{contract_path.name}"
    file_name = shown_file(file_path.name)
    try:
        contract = load_contract(contract_path)
    except ContractFault as fault:
        return ContractReport(label, file_name, False, fault.sentences, is_contract_valid=False)
    if not file_path.is_file():
        return ContractReport(label, file_name, ok=False, faults=[f"File {file_name} does not exist."])
    faults = []
    if not contract.reads(file_path.name):
        faults.append(
            f"{contract.partner.code}: the contract's `files` pattern {contract.files!r} does not match "
            f"{file_name}; a refresh would not read this file with it."
        )
    declared = contract.declared_of(file_path.name)
    keys = Keys(record_key=secrets.token_bytes(32), stewards_recipient="")
    key_columns = KeyColumns(contract)
    reader = RecordReader(contract, keys, file_name, key_columns.watch, period=declared["period"])
    register = read_register(landing, contract.partner.code) if landing else {}
    last = last_extract(register, contract, sha256_of(file_path)[:EXTRACT_ID_LENGTH])
    try:
        with open_source(file_path, contract) as source:
            cells = list(reader.landed_cells(source))
            date_system = source.date_system
    except ExtractStopped as fault:
        drift = reader.drift(last)
        item = drift_item(contract, {"file": file_name}, drift, [], is_held=True) if drift else None
        return ContractReport(label, file_name, ok=False, faults=[*faults, fault.sentence], drift=item)
    counts = account(contract, reader.tally, date_system)
    entry = counts | {
        "extract_id": "0" * 16,
        "partner": contract.partner.code,
        "file": file_name,
        **declared,
        "received_on": today.isoformat(),
        "sequence": 1,
    }
    vocabulary = load_vocabulary(REFERENCE_SEEDS)
    with TemporaryDirectory() as spill:
        landed = cells_in_memory(cells, Path(spill))
        typed = together(typed_tables(landed, entry, contract, vocabulary, keys))
    drift = reader.drift(last)
    coded = ((cell.record_id, cell.field, cell.value, cell.kind) for cell in cells)
    codes = find_new_codes(contract, coded, vocabulary)
    item = drift_item(contract, {"file": file_name}, drift, codes, is_held=False) if drift or codes else None
    report = _report(label, file_name, contract, reader, counts, typed, faults, item)
    warnings = warnings_of(contract, reader.tally, key_columns, cells)
    return replace(report, warnings=warnings, trial=Trial(entry, typed))


def _report(
    label: str,
    file_name: str,
    contract: Contract,
    reader: RecordReader,
    counts: dict[str, Any],
    typed: Tables,
    faults: list[str],
    drift: dict[str, Any] | None,
) -> ContractReport:
    tally = reader.tally
    shown = {name: counts[name] for name in ContractReport.__dataclass_fields__ if name in counts}
    for name in ("refusals", "child_refusals"):
        shown[name] = [one | {"title": title_of(one["reason"])} for one in counts[name]]
    return ContractReport(
        **(shown | {"contract": label}),
        file=file_name,
        ok=not faults,
        faults=faults,
        was_read=True,
        titles={code: title_of(code) for code in counts["stripped"]},
        filled_share={
            name: _share(tally.filled[name], tally, contract.part_of(spec)[0])
            for name, spec in contract.fields.items()
            if spec.is_read
        },
        columns_missing=[_not_in_the_file(column, counts["unmapped_columns"]) for column in tally.missing],
        records=len(typed["records"]),
        typing_problems=_typing_problems(typed["problems"].to_pylist()),
        drift=drift,
    )


def _share(filled: int, tally: Tally, part: str) -> float:
    """Return the filled share of the landed rows of the field's sheet."""
    rows = tally.child_landed[part] if part in tally.child_read else tally.rows_landed
    return round(filled / rows, 4) if rows else 0.0


def _not_in_the_file(column: str, unmapped: list[str]) -> str:
    near = get_close_matches(column, unmapped, n=1, cutoff=0.5)
    meant = f" The nearest column that no field names is {near[0]!r}." if near else ""
    return f"Column {column!r} named by the contract is not in the file.{meant}"


def _typing_problems(problems: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return counts by rule and field with their first rows, the most frequent first."""
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
            "title": title_of(code),
            "field": name,
            "count": count,
            "first_rows": rows[outcome, code, name],
        }
        for (outcome, code, name), count in counts.most_common()
    ]


def title_of(code: str) -> str:
    """Return the title of a rule or refusal: `unk:age_list`, `strip:denied_column`, `age_list` …"""
    rule = code.rpartition(":")[2]
    return _titles().get(code) or _titles().get(rule) or rule.replace("_", " ").capitalize()


@cache
def _titles() -> dict[str, str]:
    titles: dict[str, str] = {}
    for seed, column in (("quality_rules.csv", "rule_code"), ("refusal_reasons.csv", "reason")):
        with (REFERENCE_SEEDS / seed).open(encoding="utf-8", newline="") as lines:
            titles |= {row[column]: row["title"] for row in csv.DictReader(lines)}
    return titles
