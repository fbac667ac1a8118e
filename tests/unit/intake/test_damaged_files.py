"""Damaged extracts: every line is read, refused or explained, or the file stays out with a sentence."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestration.core import SAMPLE_PARTNERS, Settings
from orchestration.drafting import try_contract
from orchestration.drafting.check import ContractReport
from tests.fixtures.damaged_files import CASES, SAMPLES, Case, Sample, write


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    return Settings(home, SAMPLE_PARTNERS, home / "keys", datetime(2026, 11, 24, tzinfo=UTC))


def rows_of(report: ContractReport) -> tuple[int, int, int]:
    """Rows read, refused and explained, with those of child sheets."""
    refused = sum(one["rows"] for one in [*report.refusals, *report.child_refusals])
    explained = sum(one["rows"] for one in report.rows_explained)
    read = report.rows_read + sum(report.child_rows_read.values())
    return read, refused, explained


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.file)
def test_every_line_of_an_undamaged_sample_is_accounted_for(settings: Settings, sample: Sample) -> None:
    contract = SAMPLE_PARTNERS / sample.contract
    report = try_contract(settings, contract, contract.parent / "extracts" / sample.file)
    assert report.ok
    assert rows_of(report) == (sample.read, sample.refused, sample.explained)
    assert sum(report.physical_rows.values()) == sample.read + sample.explained


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_damage_is_named_and_no_row_vanishes(settings: Settings, tmp_path: Path, case: Case) -> None:
    report = try_contract(settings, SAMPLE_PARTNERS / case.sample.contract, write(case, tmp_path))
    if case.stopped:
        [sentence] = report.faults
        assert re.search(case.stopped, sentence), sentence
        return
    assert report.faults == []
    assert rows_of(report) == case.rows
    assert sum(report.physical_rows.values()) == case.rows[0] + case.rows[2]
    assert tuple(failure["check_name"] for failure in report.held_because) == case.held_by
