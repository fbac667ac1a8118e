"""Consent, withdrawal and purpose: excluded records never land, and take out what landed before."""

from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import Contract
from orchestration.contracts.codes import unknown_codes
from tests.fixtures.partner_files import HEADER, KEYS, ROW, book, read, why_held, workbook

CONSENT = {"column": "Consent", "values": {"Yes": "given", "No": "refused", "Taken back": "withdrawn"}}
BY_AGREEMENT = {"basis": "agreement", "reference": "§4"}
PURPOSE = {"column": "For", "values": {"Takwimu": "statistics", "Court": "prosecution"}}


def record_id(number: int) -> int:
    return KEYS.record_id("testpartner", f"book|{number}")


def row(number: int = 1, **changes: Any) -> list[Any]:
    cells = dict(zip(HEADER, ROW, strict=True)) | {"No": number} | changes
    return [cells.get(name) for name in [*HEADER, *(name for name in changes if name not in HEADER)]]


@pytest.mark.parametrize(("answer", "reason"), [
    ("Yes", None), ("No", "withheld:no_consent"), ("taken BACK ", "withheld:withdrawn"),
    (None, "withheld:consent_not_recorded"), ("perhaps", "withheld:consent_not_recorded"),
])  # fmt: skip
def test_each_consent_answer_has_its_reason(tmp_path: Path, answer: str | None, reason: str | None) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row(7, Consent=answer)]})
    cells, reader = read(path, book(consent=CONSENT))
    assert bool(cells) == (reason is None)
    assert list(reader.tally.refusals) == ([("Cases", reason)] if reason else [])
    # Nothing of it is kept but its keyed id, by which an earlier copy is found.
    assert reader.tally.withheld == ({reason: {record_id(7)}} if reason else {})


@pytest.mark.parametrize(("values", "mark", "is_withdrawn"), [
    ([], "03/05/2025", True), ([], None, False), (["ndiyo"], "Ndiyo", True), (["ndiyo"], "hapana", False),
])  # fmt: skip
def test_a_column_of_its_own_marks_a_withdrawal(
    tmp_path: Path, values: list[str], mark: str | None, is_withdrawn: bool
) -> None:
    header = [*HEADER, "Taken back on"]
    path = workbook(tmp_path / "a.xlsx", {"Cases": [header, [*row(7), mark]]})
    content = book(consent=BY_AGREEMENT, withdrawn={"column": "Taken back on", "values": values})
    cells, reader = read(path, content)
    assert bool(cells) != is_withdrawn
    assert reader.tally.withheld == ({"withheld:withdrawn": {record_id(7)}} if is_withdrawn else {})


def test_withdrawal_needs_only_the_reference_and_the_mark(tmp_path: Path) -> None:
    header = [*HEADER, "Taken back on"]
    bare = [7, *[None] * (len(HEADER) - 1), "03/05/2025"]
    path = workbook(tmp_path / "a.xlsx", {"Cases": [header, [*row(8), None], bare]})
    _, reader = read(path, book(consent=BY_AGREEMENT, withdrawn={"column": "Taken back on"}))
    assert reader.tally.withheld == {"withheld:withdrawn": {record_id(7)}}


def test_withdrawal_counts_even_without_recorded_consent(tmp_path: Path) -> None:
    header = [*HEADER, "Taken back on"]
    path = workbook(tmp_path / "a.xlsx", {"Cases": [header, [*row(7, Consent=None), "yes"]]})
    _, reader = read(path, book(consent=CONSENT, withdrawn={"column": "Taken back on"}))
    assert list(reader.tally.withheld) == ["withheld:withdrawn"]


def test_a_file_without_the_column_is_held_unless_it_is_optional(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row()]})
    assert "Taken back on" in why_held(path, book(withdrawn={"column": "Taken back on"}))
    cells, _ = read(path, book(withdrawn={"column": "Taken back on", "optional_column": True}))
    assert cells


@pytest.mark.parametrize(("stated", "lands"), [
    ("Takwimu", True),
    ("Court; Takwimu", True),
    ("Statistics and research", True),
    (None, True),  # the agreement's purposes hold
    ("-", True),
    ("Court", False),
    ("case_support", False),
    ("unknown", False),
    ("something nobody mapped", False),
])  # fmt: skip
def test_a_record_lands_only_for_statistics(tmp_path: Path, stated: str | None, lands: bool) -> None:
    content = book(fields=book()["fields"] | {"purpose": PURPOSE})
    path = workbook(tmp_path / "a.xlsx", {"Cases": [[*HEADER, "For"], [*row(7), stated]]})
    cells, reader = read(path, content)
    assert bool(cells) == lands
    assert reader.tally.withheld == ({} if lands else {"withheld:other_purpose": {record_id(7)}})


@pytest.mark.parametrize(("flags", "lands"), [((1, 0), True), ((0, 1), False), ((0, 0), False)])
def test_purposes_as_one_column_a_choice(tmp_path: Path, flags: tuple[int, int], lands: bool) -> None:
    purpose = {"column": "For", "select_multiple": "flags"}
    content = book(fields=book()["fields"] | {"purpose": purpose})
    header = [*HEADER, "For/statistics", "For/prosecution"]
    path = workbook(tmp_path / "a.xlsx", {"Cases": [header, [*row(), *flags]]})
    assert bool(read(path, content)[0]) == lands


def test_the_purpose_of_every_record_may_be_stated_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, row()]})
    for code, lands in (("statistics", True), ("prosecution", False)):
        content = book(fields=book()["fields"] | {"purpose": {"constant": code}})
        assert bool(read(path, content)[0]) == lands


def test_a_withdrawal_that_could_not_be_found_again_is_refused_in_the_contract() -> None:
    incremental = {"mode": "incremental", "cadence": "monthly", "key": "content"}
    for taken_back in ({"consent": CONSENT}, {"withdrawn": {"column": "Taken back on"}}):
        with pytest.raises(ValueError, match="cannot be found again"):
            Contract.model_validate(book(delivery=incremental, **taken_back))
        Contract.model_validate(book(delivery=incremental | {"mode": "full"}, **taken_back))


def test_purposes_of_an_agreement_are_codes() -> None:
    agreement = book()["agreement"]
    assert Contract.model_validate(book()).agreement.purposes == ["statistics"]
    misspelt = Contract.model_validate(book(agreement=agreement | {"purposes": ["statistic"]}))
    [sentence] = unknown_codes(misspelt)
    assert "`agreement.purposes`" in sentence and "Did you mean `statistics`?" in sentence
    with pytest.raises(ValueError):
        Contract.model_validate(book(agreement=agreement | {"purposes": []}))


def test_changed_terms_of_landing_change_the_reading_hash() -> None:
    plain = Contract.model_validate(book())
    with_column = Contract.model_validate(book(withdrawn={"column": "Taken back on"}))
    purpose = Contract.model_validate(book(fields=book()["fields"] | {"purpose": PURPOSE}))
    other = PURPOSE | {"values": {"Takwimu": "research"}}
    other_purpose = Contract.model_validate(book(fields=book()["fields"] | {"purpose": other}))
    hashes = [contract.reading_hash for contract in (plain, with_column, purpose, other_purpose)]
    assert len(set(hashes)) == 4
