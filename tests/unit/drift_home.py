"""A home with one partner that sends workbooks whose columns may change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyrage
import pytest

from orchestration.core import Keys, Settings
from orchestration.intake import TakenExtract
from orchestration.intake.taking_in import take_in
from tests.unit.partner_files import HEADER, ROW, add_partner, book, called, lying_still, workbook

AS_OF = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
RECEIVED_ON = "2026-11-25"  # in Nairobi
KEYS = Keys(record_key=b"k" * 32, stewards_recipient=str(pyrage.x25519.Identity.generate().to_public()))


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    partners = tmp_path / "partners"
    partners.mkdir()
    add_partner(partners, book())
    return Settings(tmp_path / "home", partners, tmp_path / "keys")


def rows(count: int = 30, **changed: Any) -> list[list[Any]]:
    """Records of the plain book; `Sex=["F", "M"]` goes through the values in turn."""
    made = []
    for number in range(1, count + 1):
        row = [number, *ROW[1:]]
        for column, values in changed.items():
            row[HEADER.index(column)] = values[number % len(values)]
        made.append(row)
    return made


def send(home: Settings, name: str, header: list[str], records: list[list[Any]]) -> TakenExtract:
    folder = home.inbox / "testpartner"
    folder.mkdir(parents=True, exist_ok=True)
    file = workbook(folder / name, {"Cases": [header, *records]})
    names = called(file), called(file, RECEIVED_ON)
    return next(one for one in take_in(home, KEYS, AS_OF) if one.file in names)


def csv_rows(first: int, last: int) -> str:
    return "".join(f"{number},04/03/2024,F,16,Busia,1,Yes,\n" for number in range(first, last + 1))


def csv_in_the_inbox(home: Settings, last: int) -> Path:
    """A CSV file with rows 1 to `last`, and the contract for it."""
    add_partner(home.partners, book(format={"kind": "csv", "encoding": "utf-8", "delimiter": ","}))
    file = home.inbox / "testpartner" / f"cases_{last}.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(",".join(HEADER) + "\n" + csv_rows(1, last), encoding="utf-8")
    return lying_still(file)


def renamed(**names: str) -> list[str]:
    return [names.get(column, column) for column in HEADER]
