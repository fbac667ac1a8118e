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
from tests.unit.partner_files import HEADER, ROW, add_partner, book, workbook

AS_OF = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
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
    workbook(folder / name, {"Cases": [header, *records]})
    return next(one for one in take_in(home, KEYS, AS_OF) if one.file == name)


def renamed(**names: str) -> list[str]:
    return [names.get(column, column) for column in HEADER]
