"""Forgetting a record: landing, link codes and sealed originals are erased, later copies do not land."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.core import (
    FORGOTTEN,
    Damaged,
    Due,
    Keys,
    Tombstones,
    UsageError,
    due_erasures,
    load_keys,
    pattern_of,
    says,
    set_tombstones,
    settle,
    tombstones_of,
)
from orchestration.intake import read_register
from orchestration.intake.landing.erasing import erase_forgotten, erase_in_originals, records_in_row
from orchestration.intake.taking_in import take_in
from orchestration.operations import prove
from orchestration.operations.forget import Erased, erase, records_called, with_copies
from orchestration.operations.forget_proof import Needles
from orchestration.operations.rotation_stewards import rotate_stewards
from tests import scenario
from tests.evidence_base import EvidenceBase

LINKED = "link: {given: Name, phone: Phone}\n"


def keys_of(base: EvidenceBase) -> Keys:
    return load_keys(base.settings)


def landed(base: EvidenceBase) -> list[dict]:
    assert {one.outcome for one in take_in(base.settings, keys_of(base), scenario.AS_OF)} <= {
        "landed",
        "already_landed",
    }
    return list(read_register(base.settings.landing, "swala_post").values())


def forget(base: EvidenceBase, reference: str, identity: pyrage.x25519.Identity | None = None):
    keys = keys_of(base)
    records = records_called(base.settings, keys, "swala_post", reference)
    asked = Tombstones(
        keys, "swala_post", frozenset(keys.tombstone("swala_post", record) for record in records)
    )
    done = erase_in_originals(base.settings, asked, str(identity)) if identity else {}
    set_tombstones(base.settings, keys, "swala_post", records, done=done)
    return erase_forgotten(base.settings, tombstones_of(base.settings, keys, "swala_post"))


def sealed_original(base: EvidenceBase, entry: dict) -> Path:
    return base.settings.sealed / "swala_post" / f"{entry['extract_id']}.age"


def original(base: EvidenceBase, entry: dict, identity: pyrage.x25519.Identity) -> str:
    return pyrage.decrypt(sealed_original(base, entry).read_bytes(), [identity]).decode()


@pytest.fixture
def base(empty_base: EvidenceBase) -> EvidenceBase:
    contract = (
        scenario.PARTNERS["swala_post"]
        .replace("deny:", LINKED + "deny:")
        .replace("deny: [Name, Phone, Notes]", "deny: [Notes]")
    )
    empty_base.write_contract("swala_post", contract)
    empty_base.deliver("swala_post", "swala_2026-02.csv", scenario.SWALA)
    return empty_base


@pytest.fixture
def identity(base: EvidenceBase) -> pyrage.x25519.Identity:
    made = pyrage.x25519.Identity.generate()
    rotate_stewards(base.settings, str(made.to_public()), None)
    return made


def test_cells_and_codes_of_the_record_are_erased_and_others_stay(base: EvidenceBase) -> None:
    (before,) = landed(base)
    (one,), _ = forget(base, "S3")
    (after,) = read_register(base.settings.landing, "swala_post").values()
    cells = pq.read_table(base.settings.landing / "swala_post" / f"{before['extract_id']}.parquet")
    codes = pq.read_table(base.settings.link_codes / "swala_post" / f"{before['extract_id']}.parquet")
    assert one.rows == {("", 4)}
    assert not set(one.records) & {*cells["record_id"].to_pylist(), *codes["record_id"].to_pylist()}
    assert len(set(cells["record_id"].to_pylist())) == before["rows_landed"] - 1 == after["rows_landed"]
    assert after["rows_read"] == after["rows_refused"] + after["rows_landed"]
    assert {"sheet": "", "reason": FORGOTTEN, "rows": 1, "row_numbers": ""} in after["refusals"]
    assert after["parquet_sha256"] != before["parquet_sha256"]


@pytest.mark.parametrize("rows", [1, 30_000], ids=["by rows", "by blocks"])
def test_a_later_copy_of_a_forgotten_record_does_not_land(base: EvidenceBase, rows: int) -> None:
    landed(base)
    forget(base, "S3")
    more = "".join(
        f"T{n};04/03/2025;F;16;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n" for n in range(rows)
    )
    base.write_contract("swala_post", scenario.PARTNERS["swala_post"])  # without codes it lands by blocks
    base.deliver(
        "swala_post", "swala_2026-03.csv", scenario.CASE_HEADER + more + scenario.SWALA.split("\n", 1)[1]
    )
    again = max(landed(base), key=lambda one: one["sequence"])
    refusals = [one for one in again["refusals"] if one["reason"] == FORGOTTEN]
    assert refusals == [{"sheet": "", "reason": FORGOTTEN, "rows": 1, "row_numbers": ""}]
    assert again["rows_landed"] == rows + 12  # of the fourteen S3 is forgotten and S8 refused consent


def test_with_the_private_key_the_original_is_resealed_without_the_row(
    base: EvidenceBase, identity: pyrage.x25519.Identity
) -> None:
    (entry,) = landed(base)
    _, originals = forget(base, "S3", identity)
    text = original(base, entry, identity)
    assert "Otieno" not in text and "Kampala" not in text
    assert text.splitlines()[3] == ""  # the other rows keep their numbers
    assert "Amina Testperson" in text and "Imani Testperson" in text
    assert list(originals.values()) == ["sealed again without rows of forgotten records"]


def test_a_row_that_never_landed_leaves_the_original_too(
    base: EvidenceBase, identity: pyrage.x25519.Identity
) -> None:
    (entry,) = landed(base)
    forget(base, "S8", identity)  # refused consent: only its id is kept, as withheld
    assert "Rehema" not in original(base, entry, identity)
    (after,) = read_register(base.settings.landing, "swala_post").values()
    assert after["withheld_records"] == {}


def test_without_the_private_key_the_original_is_destroyed(base: EvidenceBase) -> None:
    landed(base)
    forget(base, "S3")
    assert list((base.settings.sealed / "swala_post").iterdir()) == []
    base.deliver("swala_post", "swala_2026-02.csv", scenario.SWALA)
    (again,) = landed(base)
    assert again["original"].startswith("destroyed")
    assert list((base.settings.sealed / "swala_post").iterdir()) == []


def test_a_new_file_is_sealed_without_forgotten_records(
    base: EvidenceBase, identity: pyrage.x25519.Identity
) -> None:
    landed(base)
    forget(base, "S3", identity)
    base.deliver("swala_post", "swala_2026-03.csv", scenario.SWALA + "\n")
    again = max(landed(base), key=lambda one: one["sequence"])
    assert "Otieno" not in original(base, again, identity)


def forget_wholly(base: EvidenceBase, reference: str, *identities: pyrage.x25519.Identity) -> Erased:
    """As the command does it, marks and all."""
    keys = keys_of(base)
    found = records_called(base.settings, keys, "swala_post", reference)
    private_key = "\n".join(map(str, identities)) or None
    asked = with_copies(base.settings, "swala_post", found)
    [erased], _ = erase(base.settings, keys, asked, [reference], private_key, scenario.AS_OF)
    return erased


@pytest.mark.parametrize("is_damaged", [False, True])
def test_an_original_that_the_key_does_not_open_stops_before_anything_is_erased(
    base: EvidenceBase, identity: pyrage.x25519.Identity, is_damaged: bool
) -> None:
    """An earlier rotation left it sealed to the old key."""
    (entry,) = landed(base)
    sealed = sealed_original(base, entry)
    if is_damaged:
        sealed.write_bytes(sealed.read_bytes()[:-20])
    before = {path: path.read_bytes() for path in base.settings.home.rglob("*") if path.is_file()}
    with pytest.raises(UsageError, match=f"{entry['extract_id']}.+Nothing was erased"):
        forget_wholly(base, "S3", identity if is_damaged else pyrage.x25519.Identity.generate())
    assert {path: path.read_bytes() for path in base.settings.home.rglob("*") if path.is_file()} == before


def test_an_original_of_an_earlier_key_is_resealed_given_both_keys(
    base: EvidenceBase, identity: pyrage.x25519.Identity
) -> None:
    (entry,) = landed(base)
    new = pyrage.x25519.Identity.generate()
    rotate_stewards(base.settings, str(new.to_public()), None)
    erased = forget_wholly(base, "S3", new, identity)
    assert list(erased.originals.values()) == ["sealed again without rows of forgotten records"]
    assert "Otieno" not in original(base, entry, new)


def test_the_proof_counts_originals_it_cannot_open(
    base: EvidenceBase, identity: pyrage.x25519.Identity
) -> None:
    landed(base)
    needles = Needles(frozenset({"Otieno Sampleton"}), frozenset())
    other = str(pyrage.x25519.Identity.generate())
    assert prove(base.settings, keys_of(base), needles, other).sealed_not_searched == 1
    assert prove(base.settings, keys_of(base), needles, f"{other}\n{identity}").sealed_not_searched == 0


def workbook(hidden: bool = False) -> bytes:
    book = openpyxl.Workbook()
    for line in scenario.SWALA.splitlines():
        book.active.append(line.split(";"))
    if hidden:
        book.create_sheet("cache").append(["Otieno Sampleton"])
        book["cache"].sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize("hidden", [False, True])
def test_a_workbook_is_kept_only_if_no_other_sheet_holds_the_row(
    base: EvidenceBase, identity: pyrage.x25519.Identity, hidden: bool, tmp_path: Path
) -> None:
    for file in (base.settings.inbox / "swala_post").iterdir():
        file.unlink()
    contract = scenario.PARTNERS["swala_post"]
    csv_format = 'format: {kind: csv, encoding: utf-8, delimiter: ";"}'
    base.write_contract(
        "swala_post", contract.replace(csv_format, "format: {kind: xlsx}").replace("*.csv", "*.xlsx")
    )
    base.deliver("swala_post", "swala.xlsx", workbook(hidden))
    (entry,) = landed(base)
    forget(base, "S3", identity)
    sealed = sealed_original(base, entry)
    if hidden:
        assert not sealed.exists()
        return
    opened = tmp_path / "opened.xlsx"
    opened.write_bytes(pyrage.decrypt(sealed.read_bytes(), [identity]))
    assert says(opened, ["Amina Testperson"])
    assert not says(opened, ["Otieno Sampleton"])
    assert openpyxl.load_workbook(opened).active["A5"].value == "S4"


@pytest.mark.parametrize("moment", ["before the cells are replaced", "after"])
def test_a_kill_between_cells_and_note_is_repaired_by_the_next_refresh(
    base: EvidenceBase, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = landed(base)
    folder = base.settings.landing / "swala_post"
    note, cells = folder / f"{before['extract_id']}.json", folder / f"{before['extract_id']}.parquet"
    old_note, old_cells = note.read_bytes(), cells.read_bytes()
    forget(base, "S3")
    note.rename(note.with_suffix(".next"))
    note.write_bytes(old_note)
    if moment == "before the cells are replaced":
        cells.write_bytes(old_cells)
    (after,) = landed(base)  # the next refresh takes in, and ends what was begun
    assert after["rows_landed"] == before["rows_landed"] - 1
    assert not list(folder.glob("*.next"))
    assert len(set(pq.read_table(cells)["record_id"].to_pylist())) == after["rows_landed"]


class Killed(Exception):
    pass


def killed(*_: object, **__: object) -> None:
    raise Killed


@pytest.mark.parametrize("step", ["set_tombstones", "intake.erase_forgotten"])
def test_after_a_kill_a_refresh_keeps_the_resealed_original(
    base: EvidenceBase, identity: pyrage.x25519.Identity, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (entry,) = landed(base)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(f"orchestration.operations.forget.{step}", killed)
        forget_wholly(base, "S3", identity)
    (after,) = landed(base)  # the next refresh takes in, and ends what was begun
    assert "Otieno" not in original(base, entry, identity)
    is_erased = step != "set_tombstones"
    assert entry["rows_landed"] - after["rows_landed"] == is_erased
    if is_erased:
        assert after["original"].startswith("sealed again")
    else:
        assert forget_wholly(base, "S3", identity).rows == 1


def test_a_kill_after_the_original_is_destroyed_does_not_seal_it_again(
    base: EvidenceBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed(base)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("orchestration.intake.landing.erasing._erase_codes", killed)
        forget_wholly(base, "S3")
    landed(base)  # the next refresh takes in, and ends what was begun
    base.deliver("swala_post", "swala_2026-02.csv", scenario.SWALA)
    (again,) = landed(base)
    assert again["original"].startswith("destroyed")
    assert list((base.settings.sealed / "swala_post").iterdir()) == []


@pytest.mark.parametrize("others_name", ["S4", "S3"])
def test_a_resealed_original_survives_only_for_the_same_record(
    base: EvidenceBase, identity: pyrage.x25519.Identity, others_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed(base)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr("orchestration.operations.forget.intake.erase_forgotten", killed)
        forget_wholly(base, "S3", identity)
    forget_wholly(base, others_name)  # without the key
    is_left = bool(list((base.settings.sealed / "swala_post").iterdir()))
    assert is_left == (others_name == "S3")


def test_forgetting_another_record_may_destroy_the_resealed_original(
    base: EvidenceBase, identity: pyrage.x25519.Identity
) -> None:
    landed(base)
    forget_wholly(base, "S3", identity)
    forget_wholly(base, "S4")
    assert list((base.settings.sealed / "swala_post").iterdir()) == []


def test_a_due_republication_stays_due_while_an_edition_holds_the_cells(base: EvidenceBase) -> None:
    keys = keys_of(base)
    set_tombstones(base.settings, keys, "swala_post", [1], Due(scenario.AS_OF.date(), 1, ("aa", "bb")))
    set_tombstones(base.settings, keys, "kobe_post", [2], Due(scenario.AS_OF.date(), 1, ("cc",)))
    settle(base.settings, {"bb"})
    assert [due.cells for due in due_erasures(base.settings)] == [("aa", "bb")]
    assert tombstones_of(base.settings, keys, "kobe_post").has(2)  # the tombstone stays for good


def test_unreadable_tombstones_are_an_error(base: EvidenceBase) -> None:
    (base.settings.forgotten).mkdir()
    (base.settings.forgotten / "swala_post.json").write_text("{")
    with pytest.raises(Damaged, match=r"swala_post\.json is damaged"):
        tombstones_of(base.settings, keys_of(base), "swala_post")


def test_a_tombstone_differs_from_the_record_id_and_between_partners(base: EvidenceBase) -> None:
    keys = keys_of(base)
    assert keys.tombstone("swala_post", 7) not in (7, keys.tombstone("kobe_post", 7))
    assert str(7) not in json.dumps(sorted(tombstones_of(base.settings, keys, "swala_post").marks))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), st.integers(0, 29))
def test_many_records_are_looked_up_as_single_ones_are(ids: list[int], kept: int) -> None:
    keys = Keys(bytes(32), "age1")
    marks = frozenset(keys.tombstone("swala_post", one) for one in ids[:kept])
    tombstones = Tombstones(keys, "swala_post", marks)
    assert tombstones.among(np.array(ids, np.int64)).tolist() == [tombstones.has(one) for one in ids]


def test_a_value_is_found_in_every_encoding_and_not_inside_another() -> None:
    pattern = pattern_of(["S12", "Ng'ombe <camp>"])
    for text in (b"'S12'", "S12".encode("utf-16-le"), b"<v>Ng'ombe &lt;camp&gt;</v>", b'"Ng\'ombe <camp>"'):
        assert pattern.search(text), text
    for text in (b"S123", b"XS12", b"KS-S12"):
        assert not pattern.search(text), text


def test_a_row_number_on_several_sheets_is_refused(empty_base: EvidenceBase) -> None:
    """Every sheet has a row 16; naming one must not erase the persons of all of them."""
    path = empty_base.settings.landing / "swala_post" / "0123456789abcdef.parquet"
    path.parent.mkdir(parents=True)
    rows = [{"record_id": at, "sheet": sheet, "row_number": 16} for at, sheet in enumerate(("Jul", "Aug"))]
    pq.write_table(pa.Table.from_pylist([*rows, {"record_id": 7, "sheet": "Aug", "row_number": 17}]), path)

    def in_row(sheet: str, row: int) -> set[int]:
        return records_in_row(empty_base.settings, "swala_post", "0123456789abcdef", sheet, row)

    with pytest.raises(UsageError, match="Choose one: 0123456789abcdef:Aug:16, 0123456789abcdef:Jul:16"):
        in_row("", 16)
    assert (in_row("Aug", 16), in_row("", 17), in_row("", 18)) == ({1}, {7}, set())
