"""Small contracts and files of synthetic partners, for the tests of contracts, intake and typing."""

from __future__ import annotations

import copy
import os
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import yaml

from orchestration import typing
from orchestration.contracts import Contract, Vocabulary, load_vocabulary
from orchestration.core import REFERENCE_SEEDS, Keys, sha256_of
from orchestration.intake import ExtractStopped, LandedCell, RecordReader, account, open_source
from orchestration.intake.inbox import listed_name
from orchestration.intake.shown_names import extract_name, shown_file

Tables = dict[str, list[dict[str, Any]]]
KEYS = Keys(record_key=b"k" * 32, stewards_recipient="")
BOOK: dict[str, Any] = {
    "contract": "book",
    "version": 1,
    "partner": {"code": "testpartner", "steward": "data@testpartner.example"},
    "grain": "case",
    "agreement": {"id": "DSA-1", "valid_from": "2020-01-01", "valid_to": "2035-12-31"},
    "consent": {"column": "Consent", "values": {"Yes": "given", "No": "refused"}},
    "delivery": {"mode": "full", "cadence": "monthly", "key": "No"},
    "format": {"kind": "xlsx", "sheet": 0},
    "locale": {"dates": "dmy"},
    "fields": {
        "event_on": {"column": "Date", "required": True},
        "sex": {"column": "Sex", "values": {"F": "female", "M": "male"}},
        "age_band": {"column": "Age", "from": "age_text"},
        "place(origin).place_text": "From",
        "person_count": "Persons",
    },
    "deny": ["Remarks"],
}
HEADER = ["No", "Date", "Sex", "Age", "From", "Persons", "Consent", "Remarks"]
ROW = [1, "04/03/2024", "F", 16, "Busia", 1, "Yes", "called 0712345678"]


def book(**changes: Any) -> dict[str, Any]:
    """The contract of a plain book, with some keys changed; None takes a key away."""
    content = copy.deepcopy(BOOK) | changes
    return {key: value for key, value in content.items() if value is not None}


def workbook(path: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    book_ = openpyxl.Workbook()
    book_.remove(book_.active)
    for name, rows in sheets.items():
        sheet = book_.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book_.save(path)
    return lying_still(path)


def read(path: Path, content: dict[str, Any]) -> tuple[list[LandedCell], RecordReader]:
    """What a file lands by a contract, and the reader with its tally."""
    contract = Contract.model_validate(content)
    period = contract.declared_of(path.name)["period"]
    reader = RecordReader(contract, KEYS, shown_file(path.name), period=period)
    with open_source(path, contract) as source:
        return list(reader.landed_cells(source)), reader


def reads_or_reports(path: Path, content: dict[str, Any]) -> None:
    """Read any file: either a sentence says why not, or every row is accounted for."""
    try:
        cells, reader = read(path, content)
    except ExtractStopped as fault:
        assert fault.sentence.startswith(f"testpartner: file {path.name}")
        assert fault.sentence.endswith((".", "contract."))
        return
    tally = reader.tally
    assert tally.rows_unexplained == 0
    assert tally.rows_read == tally.rows_landed + tally.rows_refused
    refused = sum(tally.child_refusals.values())
    assert sum(tally.child_read.values()) == sum(tally.child_landed.values()) + refused
    assert len({(cell.sheet, cell.row_number) for cell in cells if not cell.part}) <= tally.rows_read


def typed(path: Path, content: dict[str, Any], received_on: str = "2024-12-31") -> Tables:
    """The typed tables of a file, as if it had been received that day."""
    cells, reader = read(path, content)
    contract = Contract.model_validate(content)
    entry = account(contract, reader.tally, 1900) | {
        "extract_id": "0" * 16,
        "partner": contract.partner.code,
        "file": path.name,
        "received_on": received_on,
        "sequence": 1,
    }
    return typed_tables(cells, entry, contract)


def typed_tables(cells: list[LandedCell], entry: dict[str, Any], contract: Contract) -> Tables:
    """The rows of an extract's typed tables."""
    with TemporaryDirectory() as spill:
        landed = typing.cells_in_memory(cells, Path(spill))
        tables = typing.together(typing.typed_tables(landed, entry, contract, vocabulary(), KEYS))
    return {name: table.to_pylist() for name, table in tables.items()}


@cache
def vocabulary() -> Vocabulary:
    return load_vocabulary(REFERENCE_SEEDS)


def problems(tables: Tables) -> list[str]:
    return sorted(f"{found['outcome']}:{found['problem_code']}" for found in tables["problems"])


def values(cells: list[LandedCell], field: str) -> list[str]:
    return [cell.value for cell in cells if cell.field == field]


def called(path: Path, received_on: date | str | None = None, partner: str = "testpartner") -> str:
    """What lists call a file: as it lies in the inbox, or as it landed on a day."""
    return (
        extract_name(partner, str(received_on), sha256_of(path))
        if received_on
        else listed_name(partner, path)
    )


def lying_still(path: Path) -> Path:
    """The file, as if written an hour ago: a younger one waits in the inbox."""
    an_hour_ago = path.stat().st_mtime - 3600
    os.utime(path, (an_hour_ago, an_hour_ago))
    return path


def add_partner(partners: Path, content: dict[str, Any], file: str = "contract.yml") -> Path:
    folder = partners / content["partner"]["code"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder / file


KOBO_HEADER = [
    "_uuid",
    "_index",
    "left_on",
    "origin",
    "transport",
    "transport/bus",
    "transport/foot",
    "con",
    "_tags",
]
LEGS_HEADER = ["leg_place", "leg_transport", "_parent_index", "_submission__uuid"]


def kobo(**changes: Any) -> dict[str, Any]:
    return (
        book(
            consent={"column": "con", "values": {"TRUE": "given", "FALSE": "refused"}},
            delivery={"mode": "full", "cadence": "monthly", "key": "_uuid"},
            format={"kind": "xlsx", "sheet": 0, "repeats": {"legs": {"parent": "_submission__uuid"}}},
            fields={
                "event_on": "left_on",
                "place(origin).place_text": "origin",
                "transport_mode": {"column": "transport", "select_multiple": "both"},
                "place(transit).place_text": "legs/leg_place",
                "place(transit).transport_mode": {"column": "legs/leg_transport", "optional_column": True},
            },
            deny=["_tags"],
        )
        | changes
    )


def kobo_file(path: Path, main: list[list[Any]], legs: list[list[Any]]) -> Path:
    return workbook(path, {"Journeys": [KOBO_HEADER, *main], "legs": [LEGS_HEADER, *legs]})


def case(
    uuid: str, consent: Any = True, transport: Any = "bus", flags: tuple[Any, Any] = (1, 0)
) -> list[Any]:
    return [uuid, 1, "2024-03-04", "Busia", transport, *flags, consent, "tag"]
