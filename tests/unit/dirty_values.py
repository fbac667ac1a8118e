"""Small extracts with one dirty value a row, taken on their real way: read, rename, minimise, land, type.

The tests named `test_dirty_values_*` hold the catalogue of what partners really write; an id such as `D6` is a
row of it (D dates, C counts, A ages, S sex, T stops, M ways of travelling, K codes, R rows, E encodings,
X extracts, V what identifies people). Its setting: dates dmy, decimal `.`, thousands `,`, English and Swahili,
Kenya as the default country, route reports, received on 15 October 2020.
"""

from __future__ import annotations

import copy
import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pyarrow.parquet as pq
import pyrage
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from orchestration.core import Keys, Settings, read_json, read_texts
from orchestration.intake import TakenExtract, texts_of
from orchestration.intake.taking_in import take_in
from orchestration.typing.step import type_extracts
from tests.unit.partner_files import add_partner

KEYS = Keys(b"k" * 32, str(pyrage.x25519.Identity.generate().to_public()))
RECEIVED = datetime(2020, 10, 15, 9, tzinfo=UTC)
PARTNER = "testpartner"
SETTING: dict[str, Any] = {
    "contract": "dirty_values",
    "version": 1,
    "partner": {"code": PARTNER, "steward": "data@testpartner.example"},
    "grain": "route_report",
    "agreement": {"id": "A", "valid_from": "2010-01-01", "valid_to": "2035-12-31"},
    "delivery": {"mode": "full", "cadence": "monthly", "key": "Ref"},
    "format": {"kind": "csv"},
    "locale": {"dates": "dmy", "languages": ["en", "sw"], "default_country": "KEN"},
    "fields": {
        "event_on": {"column": "Date", "required": True},
        "person_count": "Persons",
        "sex": "Sex",
        "age_band": {"column": "Age", "from": "age_text"},
        "place(origin).place_text": "From",
    },
}
CONSENT = {"basis": "agreement", "reference": "clause 4"}
CLEAN_ROW = {"Date": "04/03/2020", "From": "Nairobi"}


class Shown(NamedTuple):
    """A workbook's cell and the number format it is shown in."""

    value: Any
    number_format: str


@dataclass
class Arrived:
    """What became of a file; `records` stand in the order of the partner's rows."""

    settings: Settings
    taken: TakenExtract
    note: dict[str, Any]
    tables: dict[str, list[dict[str, Any]]]

    @property
    def landed(self) -> list[dict[str, Any]]:
        """The landed cells, with their texts."""
        path = self.settings.landing / PARTNER / f"{self.taken.extract_id}.parquet"
        texts, rows = texts_of(path, KEYS), pq.read_table(path).to_pylist()
        return [row | {"value": texts.get(row["value"], row["value"])} for row in rows]

    @property
    def records(self) -> list[dict[str, Any]]:
        return sorted(self.tables["records"], key=lambda row: (row["sheet"], row["row_number"]))

    def seen(self, *columns: str) -> list[tuple[Any, ...]]:
        return [tuple(record[column] for column in columns) for record in self.records]

    def problems(self, *fields: str) -> list[list[str]]:
        """The problems of each record, of all its fields or of some."""
        return [
            [
                f"{problem['outcome']}:{problem['problem_code']}"
                for problem in self.tables["problems"]
                if problem["record_id"] == record["record_id"] and (not fields or problem["field"] in fields)
            ]
            for record in self.records
        ]

    def codes(self, domain: str) -> list[list[str]]:
        """The codes of each record in a domain that may hold several."""
        return [
            [
                row["code"]
                for row in sorted(self.tables["record_codes"], key=lambda row: row["seq"])
                if (row["record_id"], row["domain"]) == (record["record_id"], domain)
            ]
            for record in self.records
        ]

    def places(self, role: str) -> list[list[tuple[Any, ...]]]:
        """(seq, place, country) of each record's places in a role."""
        texts = {row["mention_id"]: row for row in self.tables["mentions"]}
        return [
            [
                (row["seq"], text["place_text"], text["country_text"])
                for row in sorted(self.tables["place_mentions"], key=lambda row: row["seq"] or 0)
                if (row["record_id"], row["place_role"]) == (record["record_id"], role)
                for text in [texts[row["mention_id"]]]
            ]
            for record in self.records
        ]

    @property
    def refused(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for line in self.note["refusals"]:
            counts[line["reason"]] = counts.get(line["reason"], 0) + line["rows"]
        return counts

    @property
    def file_problems(self) -> list[str]:
        """The problems of the file itself, such as a hidden sheet."""
        return [problem["code"] for problem in self.note["problems"]]


def contract(fields: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """The contract of the setting with some fields and keys changed; None takes one away."""
    content = copy.deepcopy(SETTING) | changes
    mapped = content["fields"] | (fields or {})
    content["fields"] = {name: spec for name, spec in mapped.items() if spec is not None}
    return {key: value for key, value in content.items() if value is not None}


def arrive(
    folder: Path,
    rows: Iterable[dict[str, Any]],
    content: dict[str, Any] | None = None,
    *,
    sheet: str = "Sheet1",
    date_system: int = 1900,
) -> Arrived:
    """Rows (column → value, over a clean row) become a file of the contract's kind, which arrives.

    A value of None leaves the cell blank.
    """
    content = content or contract()
    filled = [{"Ref": f"r{number}", **CLEAN_ROW, **row} for number, row in enumerate(rows, start=1)]
    header = list(dict.fromkeys(column for row in filled for column in row))
    lines = [[row.get(column) for column in header] for row in filled]
    if content["format"]["kind"] == "csv":
        return arrive_file(folder, "extract.csv", csv_bytes([header, *lines]), content)
    return arrive_file(
        folder, "extract.xlsx", workbook_bytes(folder, {sheet: [header, *lines]}, date_system), content
    )


def arrive_file(
    folder: Path, name: str, sent: bytes, content: dict[str, Any], received: datetime = RECEIVED
) -> Arrived:
    """Put a file in the inbox, take it in and type it."""
    settings = Settings(folder / "home", folder / "partners", folder / "keys")
    add_partner(settings.partners, content)
    inbox = settings.inbox / PARTNER
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_bytes(sent)
    os.utime(inbox / name, (0, 0))
    (taken,) = take_in(settings, KEYS, received)
    type_extracts(settings, KEYS)
    note_path = settings.landing / PARTNER / f"{taken.extract_id}.json"
    note = read_json(note_path) if taken.extract_id else {}
    tables = {
        table.name: pq.read_table(table / f"{taken.extract_id}.parquet").to_pylist()
        for table in settings.typed.iterdir()
        if (table / f"{taken.extract_id}.parquet").exists()
    }
    mentions = settings.typed / "mentions" / f"{taken.extract_id}.texts"
    tables |= {"mentions": read_texts(mentions, KEYS)} if mentions.exists() else {}
    return Arrived(settings, taken, note, tables)


def csv_bytes(lines: list[list[Any]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(lines)
    return text.getvalue().encode(encoding)


def workbook_bytes(folder: Path, sheets: dict[str, list[list[Any]]], date_system: int = 1900) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    if date_system == 1904:
        book.epoch = CALENDAR_MAC_1904
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for number, line in enumerate(lines, start=1):
            for column, value in enumerate(line, start=1):
                cell = sheet.cell(number, column)
                cell.value = value.value if isinstance(value, Shown) else value
                if isinstance(value, Shown):
                    cell.number_format = value.number_format
    folder.mkdir(exist_ok=True)
    path = folder / "made.xlsx"
    book.save(path)
    return path.read_bytes()
