"""The id of a form server lands as a keyed code, equal at every partner that sends the submission."""

import json
from pathlib import Path
from typing import Any

import pytest

from orchestration.contracts import Contract
from orchestration.core import Keys
from orchestration.intake import SUBMISSION_KEY, open_source
from orchestration.intake.records.records import RecordReader
from orchestration.typing import cells_of
from tests.fixtures.partner_files import KEYS, book, read, typed, values

ROOT = "9b2f0c1e-0000-4000-8000-00000000beef"
SERVER = {"server": "kf.kobo.example", "form": "aFixture"}
ANSWERS = {"Date": "2024-03-04", "From": "Busia", "Consent": "Yes"}


def contract(partner: str = "testpartner", **submission_id: Any) -> dict[str, Any]:
    return book(
        partner={"code": partner, "steward": "data@fixture.example"}, format={"kind": "json"},
        delivery={"mode": "full", "cadence": "monthly", "key": "_uuid"}, submission_id=submission_id or None,
        fields={"event_on": "Date", "place(origin).place_text": {"column": "From", "basis": "home"}},
    )  # fmt: skip


def export(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps([ANSWERS | entry for entry in entries]))
    return path


def codes(folder: Path, content: dict[str, Any], *entries: dict[str, Any], keys: Keys = KEYS) -> list[str]:
    path = export(folder, *({"_uuid": f"copy {at}"} | one for at, one in enumerate(entries)))
    made = Contract.model_validate(content)
    with open_source(path, made) as source:
        tables = list(RecordReader(made, keys, path.name).landed_tables(source))
    return values([cell for table in tables for cell in cells_of(table, {})], SUBMISSION_KEY)


def test_an_edited_submission_has_one_code_at_two_partners(tmp_path: Path) -> None:
    """An edit changes `_uuid` and keeps `meta/rootUuid`, which servers write with and without `uuid:`."""
    root = {"column": "meta/rootUuid"}
    [first] = codes(tmp_path, contract("swala_post", **root), {"meta/rootUuid": f"uuid:{ROOT}"})
    [edited] = codes(tmp_path, contract("kobe_post", **root), {"meta/rootUuid": ROOT.upper()})
    assert first == edited
    assert len(first) == 16


def test_another_installation_makes_another_code(tmp_path: Path) -> None:
    root, other = contract(column="meta/rootUuid"), Keys(record_key=b"o" * 32, stewards_recipient="")
    sent = {"meta/rootUuid": ROOT}
    assert codes(tmp_path, root, sent) != codes(tmp_path, root, sent, keys=other)


def test_a_number_is_one_submission_within_its_server_and_form(tmp_path: Path) -> None:
    def code(**form: str) -> list[str]:
        return codes(tmp_path, contract(column="_id", **SERVER | form), {"_id": 700001})

    assert code() == code(server="HTTPS://KF.kobo.example/")
    assert len({*code(), *code(form="aOther"), *code(server="eu.kobo.example")}) == 3


def test_the_first_filled_column_counts(tmp_path: Path) -> None:
    either = contract(column=["meta/rootUuid", "_id"], **SERVER)
    root = contract(column="meta/rootUuid")
    found = codes(tmp_path, either, {"meta/rootUuid": ROOT, "_id": 1}, {"_id": 2})
    assert found[:1] == codes(tmp_path, root, {"meta/rootUuid": ROOT})
    assert found[1:] == codes(tmp_path, contract(column="_id", **SERVER), {"_id": 2})


def test_an_id_that_may_be_of_any_form_has_no_code(tmp_path: Path) -> None:
    """`1` of two forms is not one submission."""
    assert codes(tmp_path, contract(column="Serial"), {"Serial": "1"}, {"Serial": ""}) == []


def test_the_placeholder_of_an_id_has_no_code(tmp_path: Path) -> None:
    nil = {"meta/rootUuid": "uuid:00000000-0000-0000-0000-000000000000"}
    for content in (contract(column="meta/rootUuid"), contract(column="meta/rootUuid", **SERVER)):
        assert codes(tmp_path, content, nil, {"meta/rootUuid": ROOT}, nil) == codes(
            tmp_path, content, {"meta/rootUuid": ROOT}
        )


def test_a_file_without_the_column_lands_without_codes(tmp_path: Path) -> None:
    assert codes(tmp_path, contract(column="meta/rootUuid"), {}) == []


def test_a_withheld_record_keeps_the_code_of_its_submission(tmp_path: Path) -> None:
    refused = {"_uuid": "1", "meta/rootUuid": ROOT, "Consent": "No"}
    path = export(tmp_path, refused, {"_uuid": "2", "Consent": "No"})
    content = contract(column="meta/rootUuid")
    found = {row["record_id"]: row["submission_key"] for row in typed(path, content)["withheld_records"]}
    record, without = (KEYS.record_id("testpartner", f"book|{key}") for key in "12")
    assert found == {record: KEYS.submission_code(ROOT), without: None}


def test_the_id_itself_lands_nowhere(tmp_path: Path) -> None:
    path = export(tmp_path, {"_uuid": "1", "meta/rootUuid": ROOT})
    kept, reader = read(path, contract(column="meta/rootUuid"))
    assert ROOT not in repr((kept, reader.tally))
    known, _ = read(path, contract() | {"fields": {**contract()["fields"], "industry": "meta/rootUuid"}})
    assert ROOT in repr(known)  # the search would have found it


def test_a_record_is_typed_with_its_code_beside_its_content(tmp_path: Path) -> None:
    path = export(tmp_path, {"_uuid": "1", "meta/rootUuid": ROOT})
    [with_code], [without] = (
        typed(path, content)["records"] for content in (contract(column="meta/rootUuid"), contract())
    )
    assert with_code["submission_key"] == codes(tmp_path, contract(column="_id", **SERVER), {"_id": ROOT})[0]
    assert without["submission_key"] is None
    assert with_code | {"submission_key": None} == without


@pytest.mark.parametrize(("submission_id", "says"), [
    ({"column": "_id"}, "only within one form of one server; name `server` and `form` too"),
    ({"column": "KEY", "server": "central.example"}, "`server` and `form` belong together"),
    ({"column": "From"}, "both mapped under fields and the submission_id"),
])  # fmt: skip
def test_a_contract_says_what_makes_an_id_unique(submission_id: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Contract.model_validate(contract(**submission_id))
