"""Taking in files: what lands is sealed, committed once and accounted for; the rest stays in the inbox."""

import hashlib
import json
import re
import sys
import tracemalloc
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyrage
import pytest

from orchestration.contracts import load_contracts
from orchestration.core import Keys, Settings, read_json, sha256_of
from orchestration.drafting.check import check_contract
from orchestration.intake import TakenExtract
from orchestration.intake.landing.landing import CELLS
from orchestration.intake.taking_in import take_in
from orchestration.typing.step import type_extracts
from tests.fixtures.drift_home import AS_OF, RECEIVED_ON, csv_in_the_inbox, home
from tests.fixtures.partner_files import BOOK, HEADER, ROW, add_partner, book, called, lying_still, workbook

__all__ = ["home"]
IDENTITY = pyrage.x25519.Identity.generate()
KEYS = Keys(record_key=b"k" * 32, stewards_recipient=str(IDENTITY.to_public()))
TODAY = date(2026, 3, 1)
TAKE_IN = sys.modules["orchestration.intake.taking_in"]


def send(home: Settings, name: str = "cases.xlsx", partner: str = "testpartner", number: int = 1) -> Path:
    rows = [HEADER, [number, *ROW[1:]], [number + 1, *ROW[1:6], "No", ""], ["TOTAL"]]
    folder = home.inbox / partner
    folder.mkdir(parents=True, exist_ok=True)
    return workbook(folder / name, {"Cases": rows})


def take(home: Settings, as_of: datetime = AS_OF) -> list[TakenExtract]:
    return take_in(home, KEYS, as_of)


def entry(home: Settings, extract_id: str | None, partner: str = "testpartner") -> dict[str, Any]:
    return read_json(home.landing / partner / f"{extract_id}.json")


def test_a_file_is_landed_sealed_and_leaves_the_inbox(home: Settings) -> None:
    file = send(home)
    original = file.read_bytes()
    [taken] = take(home)
    assert (taken.outcome, taken.rows_read, taken.rows_landed, taken.rows_refused) == ("landed", 3, 1, 2)
    assert not file.exists()
    sealed = home.sealed / "testpartner" / f"{taken.extract_id}.age"
    assert pyrage.decrypt(sealed.read_bytes(), [IDENTITY]) == original
    table = pq.read_table(home.landing / "testpartner" / f"{taken.extract_id}.parquet")
    assert table.schema.equals(CELLS)
    assert sorted(table["field"].to_pylist()) == sorted(BOOK["fields"])
    assert set(table["record_id"].to_pylist()) == {KEYS.record_id("testpartner", "book|1")}


def test_the_json_accounts_for_every_row_and_column(home: Settings) -> None:
    send(home)
    [taken] = take(home)
    found = entry(home, taken.extract_id)
    assert found["rows_read"] == found["rows_landed"] + sum(line["rows"] for line in found["refusals"])
    assert {line["reason"] for line in found["refusals"]} == {"withheld:no_consent", "skip:total_row"}
    assert found["columns_found"] == HEADER
    assert found["stripped"] == {"strip:denied_column": 1}
    assert found["received_on"] == "2026-11-25", "the day in Nairobi, not in UTC"
    assert found["sequence"] == 1
    assert "0712345678" not in json.dumps(found)


def test_a_changed_contract_relands_the_same_file_in_place(home: Settings) -> None:
    first = send(home)
    content = first.read_bytes()
    take(home)
    send(home, "later.xlsx", number=5)
    take(home, AS_OF + timedelta(days=1))
    fields = {name: spec for name, spec in BOOK["fields"].items() if name != "sex"}
    add_partner(home.partners, book(version=2, fields=fields))
    first.write_bytes(content)
    lying_still(first)
    [taken] = take(home, AS_OF + timedelta(days=2))
    again = entry(home, taken.extract_id)
    assert (taken.outcome, again["sequence"], again["received_on"]) == ("landed", 1, "2026-11-25")
    table = pq.read_table(home.landing / "testpartner" / f"{taken.extract_id}.parquet")
    assert "sex" not in table["field"].to_pylist()


def test_two_contracts_with_equal_references_make_different_records(home: Settings) -> None:
    add_partner(home.partners, book(files="cases*"))
    add_partner(home.partners, book(contract="hotline", files="calls*"), "hotline.yml")
    send(home, "cases.xlsx")
    rows = [HEADER, [1, "09/05/2024", "M", 31, "Kwale", 1, "Yes", ""]]
    workbook(home.inbox / "testpartner" / "calls.xlsx", {"Calls": rows})
    ids = []
    for taken in take(home):
        table = pq.read_table(home.landing / "testpartner" / f"{taken.extract_id}.parquet")
        ids.append(set(table["record_id"].to_pylist()))
    assert [len(found) for found in ids] == [1, 1]
    assert ids[0].isdisjoint(ids[1]), "No 1 of the hotline is another person than No 1 of the book"


def test_personal_names_of_files_sheets_and_columns_are_withheld(home: Settings) -> None:
    declared = [{"match": "*Barasa*", "period": {"from": "2024-02-01", "to": "2024-02-29", "round": "2"}}]
    add_partner(home.partners, book(files="hotline case of *", extracts=declared))
    secrets = ("Nekesa", "Barasa", "0722000111", "Wafula")
    folder = home.inbox / "testpartner"
    folder.mkdir(parents=True)
    stem = "hotline case of Nekesa Barasa 0722000111"
    rows = [[*HEADER, "Mary Wafula"], [*ROW, "x"], [2, *ROW[1:6], "No", "", ""]]
    workbook(folder / f"{stem}.xlsx", {"Nekesa Barasa 0722 000111": rows})
    (folder / f"{stem} (2).xlsx").write_bytes(b"")
    lying_still(folder / f"{stem} (2).xlsx")
    (home.inbox / "Mary Wafula").mkdir()
    (home.inbox / "Mary Wafula" / f"{stem}.csv").write_bytes(b"x")
    lying_still(home.inbox / "Mary Wafula" / f"{stem}.csv")
    taken = take(home)
    assert [one.outcome for one in taken] == ["held", "unreadable", "landed"]
    assert all(
        re.fullmatch(r"(testpartner|name withheld \(.*\)) 20\d\d(-\d\d){2} [0-9a-f]{8,16}…?", one.file)
        for one in taken
    )
    outcomes_text = json.dumps([one.as_dict() for one in taken])
    landed = entry(home, taken[2].extract_id)
    assert landed["file"] == taken[2].file
    assert landed["period"]["round"] == "2", "matching uses the real name"
    assert landed["refusals"] == [
        {"sheet": "sheet 1 (name withheld)", "reason": "withheld:no_consent", "rows": 1, "row_numbers": "3"}
    ]
    assert landed["unmapped_columns"] == ["column 9"]
    parquet = pq.read_table(home.landing / "testpartner" / f"{taken[2].extract_id}.parquet")
    assert set(parquet["sheet"].to_pylist()) == {"sheet 1 (name withheld)"}
    type_extracts(home, KEYS)
    typed = [pq.read_table(path).to_pylist() for path in sorted(home.typed.rglob("*.parquet"))]
    names = [str(path) for part in (home.landing, home.sealed, home.work) for path in part.rglob("*")]
    steward = "data@testpartner.example"
    assert load_contracts(home.partners).valid["testpartner"][0].partner.steward == steward
    assert steward not in f"{landed}{typed}"
    content = {key: value for key, value in landed.items() if key not in ("contract_content", "period_match")}
    everything = f"{outcomes_text}{content}{parquet.to_pylist()}{typed}{names}"
    assert [secret for secret in secrets if secret in everything] == []
    [extract] = pq.read_table(home.typed / "extracts" / f"{taken[2].extract_id}.parquet").to_pylist()
    assert (extract["round"], extract["period_from"]) == ("2", date(2024, 2, 1)), "from the landing note"


def test_contract_check_withholds_personal_file_names(home: Settings, tmp_path: Path) -> None:
    file = workbook(tmp_path / "Mary Wanjiku.xlsx", {"Mary Wanjiku": [HEADER, ROW]})
    add_partner(home.partners, book(files="cases*"))
    report = check_contract(home.partners / "testpartner" / "contract.yml", file, TODAY)
    assert "does not match name withheld (" in report.faults[0]
    assert "Wanjiku" not in json.dumps(report.as_dict())


def crash(*_: object) -> None:
    raise KeyboardInterrupt


def reread(home: Settings) -> Path:
    """A landed extract whose file came again, to be read by a contract that was changed meanwhile."""
    send(home, "first.xlsx", number=9)
    file = send(home)
    content = file.read_bytes()
    take(home)
    fields = {name: spec for name, spec in BOOK["fields"].items() if name != "sex"}
    add_partner(home.partners, book(version=2, fields=fields))
    file.write_bytes(content)
    lying_still(file)
    return file


@pytest.mark.parametrize("step", ["seal", "set_aside", "sha256_of", "write_json"])
def test_a_crash_while_relanding_leaves_note_and_cells_consistent(
    home: Settings, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    file = reread(home)
    extract_id = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    real, before = getattr(TAKE_IN, step), entry(home, extract_id)

    def crash_in_the_middle(*arguments: Any) -> Any:
        if step == "set_aside":  # after it, but before the Parquet is replaced
            real(*arguments)
        elif step == "sha256_of" and arguments[0].suffix != ".parquet":
            return real(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TAKE_IN, step, crash_in_the_middle)
        take(home)
    for note in (home.landing / "testpartner").glob("*.json"):
        found = read_json(note)
        assert found["parquet_sha256"] == sha256_of(note.with_suffix(".parquet"))
    send(home, "another.xlsx", number=20)
    another, again = take(home, AS_OF + timedelta(days=3))
    assert again.outcome == "landed"
    again = entry(home, extract_id)
    assert (again["sequence"], again["received_on"]) == (before["sequence"], before["received_on"])
    assert entry(home, another.extract_id)["sequence"] == 3
    assert again["contract_version"] == 2
    assert (home.sealed / "testpartner" / f"{extract_id}.age").exists()
    assert not list(home.landing.rglob("*.earlier"))


def test_a_failed_relanding_restores_the_old_cells(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = reread(home)
    extract_id = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    before, real = entry(home, extract_id), TAKE_IN.set_aside

    def fail(*arguments: Any) -> None:
        real(*arguments)
        raise OSError(5, "input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(TAKE_IN, "set_aside", fail)
        [taken] = take(home)
    assert taken.outcome == "unreadable"
    assert entry(home, extract_id) == before
    assert file.exists()


def test_a_crash_while_relanding_keeps_the_original(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = reread(home)
    sealed = home.sealed / "testpartner" / f"{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}.age"

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TAKE_IN, "write_json", crash)
        take(home)
    add_partner(home.partners, book(grian="case"))
    [taken] = take(home)
    assert taken.outcome == "held"
    assert sealed.exists()


def test_damaged_cells_are_relanded_from_the_same_file(home: Settings) -> None:
    file = send(home)
    content = file.read_bytes()
    [first] = take(home)
    parquet = home.landing / "testpartner" / f"{first.extract_id}.parquet"
    whole = parquet.read_bytes()
    parquet.write_bytes(b"other cells")
    file.write_bytes(content)
    lying_still(file)
    [again] = take(home)
    assert (again.outcome, parquet.read_bytes()) == ("landed", whole)


def test_files_are_taken_by_period_then_by_name(home: Settings) -> None:
    declared = [
        {"match": "*new*", "period": {"from": "2024-02-01", "to": "2024-02-29"}},
        {"match": "*", "period": {"from": "2024-01-01", "to": "2024-01-31"}},
    ]
    add_partner(home.partners, book(extracts=declared))
    for number, name in enumerate(["a new.xlsx", "b 10.xlsx", "b 2.xlsx"]):
        send(home, name, number=number * 10)
    files = [home.inbox / "testpartner" / name for name in ("b 2.xlsx", "b 10.xlsx", "a new.xlsx")]
    names = [called(file, RECEIVED_ON) for file in files]
    sequences = [(one.file, entry(home, one.extract_id)["sequence"]) for one in take(home)]
    assert sequences == list(zip(names, (1, 2, 3), strict=True))


def test_one_bad_file_never_stops_the_others(home: Settings) -> None:
    send(home, "good.xlsx")
    (home.inbox / "testpartner" / "empty.xlsx").write_bytes(b"")
    lying_still(home.inbox / "testpartner" / "empty.xlsx")
    send(home, partner="testpartnr")
    add_partner(home.partners, book(partner={"code": "broken", "steward": "x@y.example"}, grian="case"))
    send(home, partner="broken")
    workbook(home.inbox / "lost.xlsx", {"Cases": [HEADER, ROW]})
    before = {path for path in home.inbox.rglob("*.xlsx") if path.name != "good.xlsx"}
    outcomes = {(one.partner, one.outcome): one.reason or "" for one in take(home)}
    assert outcomes.keys() >= {("testpartner", "landed"), ("testpartner", "unreadable")}
    assert "Did you mean 'testpartner'?" in outcomes["testpartnr", "held"]
    assert "key `grian` is not known" in outcomes["broken", "held"]
    assert "Move it into its partner's folder" in outcomes["", "held"]
    assert set(home.inbox.rglob("*.xlsx")) == before, "nothing is lost"


def test_a_file_that_two_contracts_read_is_held(home: Settings) -> None:
    add_partner(home.partners, book(contract="second"), "second.yml")
    send(home)
    [taken] = take(home)
    assert taken.outcome == "held"
    assert "matches the `files` of the contracts 'book' and 'second'" in (taken.reason or "")


def test_an_unexpected_error_quotes_no_cell(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def quoting(*_: object) -> None:
        raise ValueError("cannot cast 'Mary Testperson'")

    monkeypatch.setattr("orchestration.intake.records.slots.minimised", quoting)
    send(home)
    [taken] = take(home)
    assert taken.outcome == "unreadable"
    assert "ValueError" in (taken.reason or "")
    assert "Testperson" not in (taken.reason or "")


def test_a_file_claimed_by_a_killed_refresh_is_taken_first(home: Settings) -> None:
    file = send(home)
    (file.parent / ".claimed").mkdir()
    file.rename(file.parent / ".claimed" / file.name)
    send(home, number=7)
    first, second = take(home)
    assert (first.outcome, second.outcome) == ("landed", "landed")
    assert entry(home, first.extract_id)["sequence"] < entry(home, second.extract_id)["sequence"]
    assert not list(file.parent.iterdir())


def test_a_held_file_returns_beside_a_newer_one(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    file = send(home)
    bad = file.read_bytes()

    def hold_while_a_better_one_comes(*_: object) -> None:
        send(home, number=7)
        raise TAKE_IN.ExtractHeld("hold:column_missing", "the file is not as agreed")

    with monkeypatch.context() as patched:
        patched.setattr(TAKE_IN, "write_cells", hold_while_a_better_one_comes)
        [held] = take(home)
    assert held.outcome == "held"
    assert {path.name for path in file.parent.iterdir()} == {"cases.xlsx", "cases (2).xlsx"}
    assert (file.parent / "cases (2).xlsx").read_bytes() == bad


def test_a_held_file_returns_to_the_inbox(home: Settings) -> None:
    file = send(home)
    sent = file.read_bytes()
    add_partner(home.partners, book(fields={"event_on": {"column": "Gone", "required": True}}))
    [taken] = take(home)
    assert taken.outcome == "held"
    assert file.read_bytes() == sent and [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("step", ["write_cells", "seal", "sha256_of", "write_json", "use_up"])
def test_a_crashed_run_is_finished_later(home: Settings, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    file = send(home)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(TAKE_IN.Claim if step == "use_up" else TAKE_IN, step, crash)
        take(home)
    assert file.exists()
    committed = list(home.landing.rglob("*.json"))
    assert len(committed) == (1 if step == "use_up" else 0)
    [taken] = take(home)
    assert taken.outcome == ("already_landed" if step == "use_up" else "landed")
    assert not file.exists()
    names = sorted(path.suffix for path in home.landing.rglob("*") if path.is_file())
    assert names == [".json", ".parquet", ".texts"]
    assert len(list(home.sealed.rglob("*.age"))) == 1


def test_leftovers_of_a_crash_are_removed(home: Settings) -> None:
    for folder, name in ((home.landing, "0" * 16 + ".parquet"), (home.sealed, "0" * 16 + ".age")):
        (folder / "testpartner").mkdir(parents=True)
        (folder / "testpartner" / name).write_bytes(b"left over")
        (folder / "testpartner" / f".tmp-{name}").write_bytes(b"left over")
    send(home)
    [taken] = take(home)
    assert {path.stem for path in home.landing.rglob("*") if path.is_file()} == {taken.extract_id}
    assert {path.stem for path in home.sealed.rglob("*.age")} == {taken.extract_id}


def test_landing_is_deterministic(home: Settings, tmp_path: Path) -> None:
    other = Settings(tmp_path / "other", home.partners, home.keys)
    content = send(home).read_bytes()
    (other.inbox / "testpartner").mkdir(parents=True)
    (other.inbox / "testpartner" / "cases.xlsx").write_bytes(content)
    lying_still(other.inbox / "testpartner" / "cases.xlsx")
    [one], [two] = take(home), take(other)
    assert entry(home, one.extract_id)["parquet_sha256"] == entry(other, two.extract_id)["parquet_sha256"]


def test_memory_does_not_grow_with_the_file(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven times the rows cost less than 40 bytes for each row more: nothing keeps them."""
    monkeypatch.setattr("orchestration.intake.landing.landing._CELLS_IN_A_GROUP", 2_000)
    monkeypatch.setattr("orchestration.intake.reading.block.ROWS_IN_A_BLOCK", 1_000)
    peaks = []
    for rows in (1_000, 2_000, 14_000):  # the first loads what is loaded once
        csv_in_the_inbox(home, rows)
        tracemalloc.start()
        [taken] = take(home)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert taken.rows_landed == rows
    assert (peaks[2] - peaks[1]) / 12_000 < 40


def test_contract_check_names_missing_columns(home: Settings) -> None:
    fields = {**BOOK["fields"], "person_count": "Persns", "industry": {"column": "Qqqq"}}
    contract = add_partner(home.partners, book(fields=fields))
    report = check_contract(contract, send(home), TODAY)
    assert sorted(report.columns_missing) == [
        "Column 'Persns' named by the contract is not in the file. "
        "The nearest column that no field names is 'Persons'.",
        "Column 'Qqqq' named by the contract is not in the file.",
    ]


def test_contract_check_refuses_a_contract_in_another_partners_folder(home: Settings) -> None:
    file = send(home)
    contract = home.partners / "testpartner" / "contract.yml"
    moved = home.partners / "another" / "contract.yml"
    moved.parent.mkdir()
    moved.write_text(contract.read_text())
    report = check_contract(moved, file, TODAY)
    assert not report.ok and "partner.code is 'testpartner' but the folder is 'another'" in report.faults[0]
