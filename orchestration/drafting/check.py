"""`njia contract check`: try a contract on a file, as a refresh would, in memory and without a home.

Warnings name settings that are almost certainly mistakes. They name columns and count rows, and never hold a
value.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestration.contracts import (
    MANY_CODES,
    SHEET,
    SINGLE_CODES,
    Contract,
    ContractFault,
    load_contract,
    load_vocabulary,
    place_parts,
)
from orchestration.core import Keys, Settings, seed_rows, sha256_of
from orchestration.drafting.bases import bases_tried
from orchestration.drafting.column_signs import personal_heading, personal_values
from orchestration.gates import would_fail
from orchestration.intake import (
    AFTER_END,
    EXTRACT_ID_LENGTH,
    LIKE_NAMES,
    LIKE_TOTALS,
    Block,
    ColumnPlan,
    ExtractStopped,
    LandedCell,
    RecordReader,
    Tally,
    account,
    denial_in,
    drift_item,
    find_new_codes,
    last_extract,
    open_source,
    read_register,
    readings,
    shown_file,
)
from orchestration.places import keys_of, locate_rows
from orchestration.stewardship import active_decisions
from orchestration.typing import LandedCells, Tables, cells_of, read_date, together, typed_tables

ROWS_NAMED = 5
_REFERENCES_LOOKED_AT = 5_000
_HOLDS = {"name of a person": "names", "phone or address": "phones or addresses", "ID number": "ID numbers"}


@dataclass(frozen=True)
class ContractReport:
    """The result of a trial: counts, codes and column names; never a value.

    `was_read`: False where contract or file stopped it before any row. `titles`: of what was stripped.
    `try_contract` adds the results of gate and places: `held_because`, `told_because`, `places`, `bases`.
    `trial`: the landing note and typed tables for it; their values are never shown.
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
    bases: list[dict[str, Any]] = field(default_factory=list)
    trial: tuple[dict[str, Any], Tables] | None = field(default=None, repr=False, compare=False)

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
    aliases = active_decisions(settings, now)["place_alias"]
    note, tables = report.trial
    located, waiting = locate_rows(tables, aliases, keys_of(settings, aliases))
    failures = would_fail(note, tables | located, now.date())
    held = [asdict(failure) for failure in failures if failure.holds]
    return replace(
        report,
        ok=report.ok and not held,
        held_because=held,
        told_because=[asdict(failure) for failure in failures if not failure.holds],
        places={"names": len(located["matches"]), "open": len(waiting), **Counter(waiting)},
        bases=bases_tried(load_contract(contract_path), tables, located["matches"]),
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
            tables = list(reader.landed_tables(source))
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
    vocabulary = load_vocabulary()
    with TemporaryDirectory() as spill:
        landed = LandedCells(lambda names: (table.select(list(names)) for table in tables), Path(spill))
        typed = together(typed_tables(landed, entry, contract, vocabulary, keys))
    drift = reader.drift(last)
    cells = [cell for table in tables for cell in cells_of(table, {})]
    coded = ((cell.record_id, cell.field, cell.value, cell.kind) for cell in cells)
    codes = find_new_codes(contract, coded, vocabulary)
    item = drift_item(contract, {"file": file_name}, drift, codes, is_held=False) if drift or codes else None
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
        drift=item,
        warnings=warnings_of(contract, tally, key_columns, cells),
        trial=(entry, typed),
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
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for problem in problems:
        key = (problem["outcome"], problem["problem_code"], problem["field"])
        rows[key].append(f"{problem['sheet']} {problem['row_number']}".strip())
    return [
        {
            "outcome": outcome,
            "code": code,
            "title": title_of(code),
            "field": name,
            "count": len(at),
            "first_rows": at[:ROWS_NAMED],
        }
        for (outcome, code, name), at in sorted(rows.items(), key=lambda item: -len(item[1]))
    ]


def title_of(code: str) -> str:
    """Return the title of a rule or refusal: `unk:age_list`, `strip:denied_column`, `age_list` …"""
    rule = code.rpartition(":")[2]
    return _titles().get(code) or _titles().get(rule) or rule.replace("_", " ").capitalize()


@cache
def _titles() -> dict[str, str]:
    return {row["rule_code"]: row["title"] for row in seed_rows("quality_rules")} | {
        row["reason"]: row["title"] for row in seed_rows("refusal_reasons")
    }


class KeyColumns:
    """Collect values of the key columns from the first rows, for the warnings only."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._values: dict[str, list[str]] = {
            part: [] for part in contract.delivery.key_parts if part != SHEET
        }

    def watch(self, plan: ColumnPlan, block: Block, rows: npt.NDArray[np.int64]) -> None:
        for part, at in zip(self._contract.delivery.key_parts, plan.key, strict=True):
            column = block.column(at)
            if part != SHEET and column is not None:
                cells = column.cell_of_each_row()
                values = [cell.value for row in rows.tolist() if (cell := cells[row])]
                self._values[part] += values[: _REFERENCES_LOOKED_AT - len(self._values[part])]

    def warnings(self) -> Iterator[str]:
        for column, values in self._values.items():
            by_heading, by_values = personal_heading(column), personal_values(values)
            if by_heading or by_values:
                data = f"{by_heading}, by its heading" if by_heading else f"{by_values}, by its values"
                yield (
                    f"`delivery.key`: column {column!r} is no reference ({data}). Persons share, change and "
                    "lack such data, so records would merge or count twice. Name the partner's own record "
                    "number, or `content` if there is none, and deny this column."
                )


def warnings_of(contract: Contract, tally: Tally, keys: KeyColumns, cells: Iterable[LandedCell]) -> list[str]:
    return [
        *(
            f"{problem['detail'][:1].upper()}{problem['detail'][1:]}{_ADVICE[problem['code']]}"
            for problem in tally.problems
            if problem["code"] in _ADVICE
        ),
        *keys.warnings(),
        *_mapped_names(contract),
        *_campaigns(contract),
        *_times_without_zone(contract, cells),
    ]


def _times_without_zone(contract: Contract, cells: Iterable[LandedCell]) -> Iterator[str]:
    """Warn of dates that lie on another day if their times, which state no zone, are in another one."""
    locale, zone = contract.locale, contract.zone_of("event_on")
    if locale.naive_times_are:
        return
    other = locale.timezone if zone == "UTC" else "UTC"
    how: dict[str, Any] = {"order": locale.dates, "received_on": date.max, "timezone": locale.timezone}
    found = Counter((cell.value, cell.kind) for cell in cells if cell.field == "event_on")
    days = months = 0
    for (value, kind), rows in found.items():
        days_read = [read_date(value, kind, naive_times_are=name, **how).first for name in (zone, other)]
        days += rows * (len(set(days_read)) > 1)
        months += rows * (len({day and day.month for day in days_read}) > 1)
    if days:
        yield (
            f"`fields.event_on`: times without a zone are read as {zone}. As {other}, {days:,} records would "
            f"lie on another day, {months:,} of them in another month. Ask the partner which zone it writes, "
            "and state it as `locale.naive_times_are`."
        )


def _campaigns(contract: Contract) -> Iterator[str]:
    """Warn of campaigns that leave years out, or name places that are not watched."""
    if not contract.campaigns:
        return
    watched = {place for time in contract.coverage for place in time.places}
    around = {one for place in watched for one in _line(place)}
    for campaign in contract.campaigns:
        days = (campaign.to - campaign.from_).days + 1
        if days > _LONGEST_CAMPAIGN:
            yield (
                f"`campaigns`: {campaign.name!r} has {days:,} days. All are left out of shifts and alerts. "
                "Name only the time of extra work."
            )
        for place in campaign.places if watched else ():
            if place not in around and not watched.intersection(_line(place)):
                yield (
                    f"`campaigns`: {campaign.name!r} was at {place}, which no entry under `coverage` watches."
                    " Correct the place, or add it to the coverage."
                )


def _line(place: str) -> Iterator[str]:
    """Yield a place and those it lies in."""
    parents = {row["place_id"]: row["parent_place_id"] for row in seed_rows("places")}
    while place in parents:
        yield place
        place = parents[place] if parents[place] not in (place, "world") else ""


def _mapped_names(contract: Contract) -> Iterator[str]:
    """Warn of mapped columns whose heading names personal data; detectors remove only what they know."""
    for name, spec in contract.fields.items():
        if not place_parts(name) and name not in (*SINGLE_CODES, *MANY_CODES):
            continue
        for column in contract.names_of(spec):
            found = readings(column)
            denied = denial_in(found)
            if denied and denied.means in _HOLDS and not any(read.kind == "part" for read in found):
                yield (
                    f"`fields.{name}`: column {column!r} holds {_HOLDS[denied.means]} by its heading. They "
                    "must not land, and detectors remove only those that they know. Deny the column, unless "
                    "its heading misleads."
                )


_ADVICE = {
    AFTER_END: "; they are not read. If they are records, remove that word from `format.stop_at`: rows that "
    "say Total or Jumla are skipped without it.",
    LIKE_NAMES: ", as names are; expected were numbers. Only codes of them are kept, but records of one name "
    "would count as one incident, or be linked as one person. Name the column with the number, or take the "
    "field out of `link`.",
    LIKE_TOTALS: ". If they are totals, ask the partner to write Total beside the sum and nothing else.",
}
_LONGEST_CAMPAIGN = 366  # days: extra work of more than a year is the work
