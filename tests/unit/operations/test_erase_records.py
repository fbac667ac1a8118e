"""Forgetting a record: landing, link codes and sealed originals are erased, later copies do not land."""

import io
import json
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import core
from orchestration.core import FORGOTTEN, Due, Keys, Tombstones, UsageError, set_tombstones, tombstones_of
from orchestration.intake import read_register
from orchestration.intake.landing.erasing import erase_forgotten, erase_in_originals, records_in_row
from orchestration.intake.taking_in import take_in
from orchestration.operations import rotate
from orchestration.operations.forget import Erased, erase, records_called, with_copies
from tests import scenario
from tests.decoded import pattern_of, says
from tests.evidence_base import EvidenceBase

PARTNER = "swala_post"
Identity = pyrage.x25519.Identity
IDENTITY = Identity.generate()  # the stewards'
DENIED = "deny: [Name, Phone, Notes]"
LINKED = "link: {given: Name, phone: Phone}\ndeny: [Notes]"


def keys_of(base: EvidenceBase) -> Keys:
    return core.load_keys(base.settings)


def landed(base: EvidenceBase) -> list[dict[str, Any]]:
    """What is known of the extracts after a refresh has taken in, and ended what was begun."""
    taken = take_in(base.settings, keys_of(base), scenario.AS_OF)
    assert {one.outcome for one in taken} <= {"landed", "already_landed"}
    return list(read_register(base.settings.landing, PARTNER).values())


def landed_again(base: EvidenceBase) -> dict[str, Any]:
    return max(landed(base), key=lambda one: one["sequence"])


def forget(base: EvidenceBase, reference: str, identity: Identity | None = None):
    keys = keys_of(base)
    records = records_called(base.settings, keys, PARTNER, reference)
    asked = Tombstones(keys, PARTNER, frozenset(keys.tombstone(PARTNER, record) for record in records))
    done = erase_in_originals(base.settings, asked, str(identity)) if identity else {}
    set_tombstones(base.settings, keys, PARTNER, records, done=done)
    return erase_forgotten(base.settings, tombstones_of(base.settings, keys, PARTNER))


def sealed_original(base: EvidenceBase, entry: dict[str, Any]) -> Path:
    return base.settings.sealed / PARTNER / f"{entry['extract_id']}.age"


def sealed_originals(base: EvidenceBase) -> list[Path]:
    return list((base.settings.sealed / PARTNER).glob("*.age"))


def original(base: EvidenceBase, entry: dict[str, Any], identity: Identity = IDENTITY) -> str:
    return pyrage.decrypt(sealed_original(base, entry).read_bytes(), [identity]).decode()


@pytest.fixture
def base(empty_base: EvidenceBase) -> EvidenceBase:
    empty_base.write_contract(PARTNER, scenario.PARTNERS[PARTNER].replace(DENIED, LINKED))
    empty_base.deliver(PARTNER, "swala_2026-02.csv", scenario.SWALA)
    rotate(empty_base.settings, "stewards", recipient=str(IDENTITY.to_public()))
    return empty_base


def test_cells_and_codes_of_the_record_are_erased_and_others_stay(base: EvidenceBase) -> None:
    (before,) = landed(base)
    (one,), _ = forget(base, "S3")
    (after,) = read_register(base.settings.landing, PARTNER).values()
    cells = pq.read_table(base.settings.landing / PARTNER / f"{before['extract_id']}.parquet")
    codes = pq.read_table(base.settings.link_codes / PARTNER / f"{before['extract_id']}.parquet")
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
    row = "T{};04/03/2025;F;16;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;;;\n"
    more = scenario.CASE_HEADER + "".join(map(row.format, range(rows)))
    base.write_contract(PARTNER, scenario.PARTNERS[PARTNER])  # without codes it lands by blocks
    base.deliver(PARTNER, "swala_2026-03.csv", more + scenario.SWALA.split("\n", 1)[1])
    again = landed_again(base)
    refusals = [one for one in again["refusals"] if one["reason"] == FORGOTTEN]
    assert refusals == [{"sheet": "", "reason": FORGOTTEN, "rows": 1, "row_numbers": ""}]
    assert again["rows_landed"] == rows + 12  # of the fourteen S3 is forgotten and S8 refused consent


def test_the_private_key_reseals_the_original_without_the_row(base: EvidenceBase) -> None:
    (entry,) = landed(base)
    _, originals = forget(base, "S3", IDENTITY)
    text = original(base, entry)
    assert "Otieno" not in text and "Kampala" not in text
    assert text.splitlines()[3] == ""  # the other rows keep their numbers
    assert "Amina Testperson" in text and "Imani Testperson" in text
    assert list(originals.values()) == ["sealed again without rows of forgotten records"]


def test_a_row_that_never_landed_leaves_the_original_too(base: EvidenceBase) -> None:
    (entry,) = landed(base)
    forget(base, "S8", IDENTITY)  # refused consent: only its id is kept, as withheld
    assert "Rehema" not in original(base, entry)
    (after,) = read_register(base.settings.landing, PARTNER).values()
    assert after["withheld_records"] == {}


def test_without_the_private_key_the_original_is_destroyed(base: EvidenceBase) -> None:
    landed(base)
    forget(base, "S3")
    assert sealed_originals(base) == []
    base.deliver(PARTNER, "swala_2026-02.csv", scenario.SWALA)
    (again,) = landed(base)
    assert again["original"].startswith("destroyed")
    assert sealed_originals(base) == []


def test_a_new_file_is_sealed_without_forgotten_records(base: EvidenceBase) -> None:
    landed(base)
    forget(base, "S3", IDENTITY)
    base.deliver(PARTNER, "swala_2026-03.csv", scenario.SWALA + "\n")
    assert "Otieno" not in original(base, landed_again(base))


def forget_wholly(base: EvidenceBase, reference: str, *identities: Identity) -> Erased:
    """As the command does it, marks and all."""
    keys = keys_of(base)
    found = records_called(base.settings, keys, PARTNER, reference)
    private_key = "\n".join(map(str, identities)) or None
    asked = with_copies(base.settings, PARTNER, found)
    [erased] = erase(base.settings, keys, asked, private_key, scenario.AS_OF, "os:fixture")
    return erased


@pytest.mark.parametrize("is_damaged", [False, True])
def test_an_original_that_the_key_does_not_open_stops_before_anything_is_erased(
    base: EvidenceBase, is_damaged: bool
) -> None:
    """An earlier rotation left it sealed to the old key."""
    (entry,) = landed(base)
    sealed = sealed_original(base, entry)
    if is_damaged:
        sealed.write_bytes(sealed.read_bytes()[:-20])
    files = [path for path in base.settings.home.rglob("*") if path.is_file()]
    before = [path.read_bytes() for path in files]
    with pytest.raises(UsageError, match=f"{entry['extract_id']}.+Nothing was erased"):
        forget_wholly(base, "S3", IDENTITY if is_damaged else Identity.generate())
    assert [path for path in base.settings.home.rglob("*") if path.is_file()] == files
    assert [path.read_bytes() for path in files] == before


def test_an_original_of_an_earlier_key_is_resealed_by_both(base: EvidenceBase) -> None:
    (entry,) = landed(base)
    new = Identity.generate()
    rotate(base.settings, "stewards", recipient=str(new.to_public()))
    erased = forget_wholly(base, "S3", new, IDENTITY)
    assert list(erased.originals.values()) == ["sealed again without rows of forgotten records"]
    assert "Otieno" not in original(base, entry, new)


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
    base: EvidenceBase, hidden: bool, tmp_path: Path
) -> None:
    for file in (base.settings.inbox / PARTNER).iterdir():
        file.unlink()
    contract = scenario.PARTNERS[PARTNER]
    for old, new in (('{kind: csv, encoding: utf-8, delimiter: ";"}', "{kind: xlsx}"), ("*.csv", "*.xlsx")):
        assert old in contract
        contract = contract.replace(old, new)
    base.write_contract(PARTNER, contract)
    base.deliver(PARTNER, "swala.xlsx", workbook(hidden))
    (entry,) = landed(base)
    forget(base, "S3", IDENTITY)
    sealed = sealed_original(base, entry)
    if hidden:
        assert not sealed.exists()
        return
    opened = tmp_path / "opened.xlsx"
    opened.write_bytes(pyrage.decrypt(sealed.read_bytes(), [IDENTITY]))
    assert says(opened, ["Amina Testperson"])
    assert not says(opened, ["Otieno Sampleton"])
    assert openpyxl.load_workbook(opened).active["A5"].value == "S4"


@pytest.mark.parametrize("moment", ["before the cells are replaced", "after"])
def test_a_kill_between_cells_and_note_is_repaired(
    base: EvidenceBase, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (before,) = landed(base)
    folder = base.settings.landing / PARTNER
    note, cells = folder / f"{before['extract_id']}.json", folder / f"{before['extract_id']}.parquet"
    old_note, old_cells = note.read_bytes(), cells.read_bytes()
    forget(base, "S3")
    note.rename(note.with_suffix(".next"))
    note.write_bytes(old_note)
    if moment == "before the cells are replaced":
        cells.write_bytes(old_cells)
    (after,) = landed(base)
    assert after["rows_landed"] == before["rows_landed"] - 1
    assert not list(folder.glob("*.next"))
    assert len(set(pq.read_table(cells)["record_id"].to_pylist())) == after["rows_landed"]


class Killed(Exception):
    pass


def killed_at(step: str, base: EvidenceBase, reference: str, *identities: Identity) -> None:
    with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
        patched.setattr(f"orchestration.{step}", Mock(side_effect=Killed))
        forget_wholly(base, reference, *identities)


@pytest.mark.parametrize("step", ["set_tombstones", "intake.erase_forgotten"])
def test_after_a_kill_the_resealed_original_stays(base: EvidenceBase, step: str) -> None:
    (entry,) = landed(base)
    killed_at(f"operations.forget.{step}", base, "S3", IDENTITY)
    (after,) = landed(base)
    assert "Otieno" not in original(base, entry)
    is_erased = step != "set_tombstones"
    assert entry["rows_landed"] - after["rows_landed"] == is_erased
    if is_erased:
        assert after["original"].startswith("sealed again")
    else:
        assert forget_wholly(base, "S3", IDENTITY).rows == 1


def test_a_kill_after_the_original_is_destroyed_does_not_seal_it_again(base: EvidenceBase) -> None:
    landed(base)
    killed_at("intake.landing.erasing._erase_codes", base, "S3")
    landed(base)
    base.deliver(PARTNER, "swala_2026-02.csv", scenario.SWALA)
    (again,) = landed(base)
    assert again["original"].startswith("destroyed")
    assert sealed_originals(base) == []


@pytest.mark.parametrize("others_name", ["S4", "S3"])
def test_a_resealed_original_survives_the_same_record(base: EvidenceBase, others_name: str) -> None:
    landed(base)
    killed_at("operations.forget.intake.erase_forgotten", base, "S3", IDENTITY)
    forget_wholly(base, others_name)  # without the key
    assert bool(sealed_originals(base)) == (others_name == "S3")


def test_forgetting_another_record_may_destroy_the_original(base: EvidenceBase) -> None:
    landed(base)
    forget_wholly(base, "S3", IDENTITY)
    forget_wholly(base, "S4")
    assert sealed_originals(base) == []


def test_a_due_republication_stays_due_while_an_edition_holds_the_cells(base: EvidenceBase) -> None:
    keys = keys_of(base)
    set_tombstones(base.settings, keys, PARTNER, [1], Due(scenario.AS_OF.date(), 1, ("aa", "bb")))
    set_tombstones(base.settings, keys, "kobe_post", [2], Due(scenario.AS_OF.date(), 1, ("cc",)))
    core.settle(base.settings, {"bb"})
    assert [due.cells for due in core.due_erasures(base.settings)] == [("aa", "bb")]
    assert tombstones_of(base.settings, keys, "kobe_post").has(2)  # the tombstone stays for good


def test_unreadable_tombstones_are_an_error(base: EvidenceBase) -> None:
    base.settings.forgotten.mkdir()
    (base.settings.forgotten / "swala_post.json").write_text("{")
    with pytest.raises(core.Damaged, match=r"swala_post\.json is damaged"):
        tombstones_of(base.settings, keys_of(base), PARTNER)


def test_a_tombstone_differs_from_the_record_id_and_between_partners(base: EvidenceBase) -> None:
    keys = keys_of(base)
    assert keys.tombstone(PARTNER, 7) not in (7, keys.tombstone("kobe_post", 7))
    assert str(7) not in json.dumps(sorted(tombstones_of(base.settings, keys, PARTNER).marks))


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=30), st.integers(0, 29))
def test_many_records_are_looked_up_as_single_ones_are(ids: list[int], kept: int) -> None:
    keys = Keys(bytes(32), "age1")
    marks = frozenset(keys.tombstone(PARTNER, one) for one in ids[:kept])
    tombstones = Tombstones(keys, PARTNER, marks)
    assert tombstones.among(np.array(ids, np.int64)).tolist() == [tombstones.has(one) for one in ids]


def test_a_value_is_found_in_every_encoding_and_not_inside_another() -> None:
    pattern = pattern_of(["S12", "Ng'ombe <camp>"])
    for text in (b"'S12'", "S12".encode("utf-16-le"), b"<v>Ng'ombe &lt;camp&gt;</v>", b'"Ng\'ombe <camp>"'):
        assert pattern.search(text), text
    for text in (b"S123", b"XS12", b"KS-S12"):
        assert not pattern.search(text), text


def test_a_row_number_on_several_sheets_is_refused(empty_base: EvidenceBase) -> None:
    """Every sheet has a row 16; naming one must not erase the persons of all of them."""
    path = empty_base.settings.landing / PARTNER / "0123456789abcdef.parquet"
    path.parent.mkdir(parents=True)
    rows = [{"record_id": at, "sheet": sheet, "row_number": 16} for at, sheet in enumerate(("Jul", "Aug"))]
    pq.write_table(pa.Table.from_pylist([*rows, {"record_id": 7, "sheet": "Aug", "row_number": 17}]), path)

    def in_row(sheet: str, row: int) -> set[int]:
        return records_in_row(empty_base.settings, PARTNER, "0123456789abcdef", sheet, row)

    with pytest.raises(UsageError, match="Choose one: 0123456789abcdef:Aug:16, 0123456789abcdef:Jul:16"):
        in_row("", 16)
    assert (in_row("Aug", 16), in_row("", 17), in_row("", 18)) == ({1}, {7}, set())
