"""Contracts drafted from exports of form servers alone: server's ids as keys, linked child rows, review states."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from orchestration.core import UsageError, read_json
from orchestration.drafting import as_yaml, draft_contract
from orchestration.drafting.check import check_contract
from tests.fixtures import partner_form as forms
from tests.fixtures.partner_files import add_partner

STOPS = sum(len(one.stops) for one in forms.journeys() if one.state == "approved")


def drafted(file: Path) -> dict[str, Any]:
    return yaml.safe_load(as_yaml(draft_contract(file, "testpartner")))


def landed(folder: Path, content: dict[str, Any], file: Path, otherwise: str) -> tuple[int, dict[str, int]]:
    """Rows and child rows that land by an answered draft."""
    forms.agreed(content)
    content["consent"] = {"basis": "agreement", "reference": "DSA-1"}
    content["data_source"] = "case_management"
    forms.review_of(content)["otherwise"] = otherwise
    content["fields"] = {
        name: spec
        for name, spec in content["fields"].items()
        if name == "event_on" or (name.startswith("place(") and name.endswith("_text"))
    }
    report = check_contract(add_partner(folder, content), file, date(2024, 6, 1))
    assert report.ok, report.faults
    return report.rows_landed, report.child_rows


@pytest.mark.parametrize("export", [forms.kobo_json, forms.kobo_workbook, forms.kobo_csv, forms.odk_zip])
def test_records_without_an_approval_enter_only_if_a_person_says_so(tmp_path: Path, export: Any) -> None:
    file = export(tmp_path / "file.xlsx")
    content = drafted(file)
    assert forms.review_of(content)["otherwise"] == "TODO"
    assert landed(tmp_path, content, file, "wait")[0] == 28
    assert landed(tmp_path, content, file, "accept")[0] == 32  # the four that nobody has reviewed


@pytest.mark.parametrize("has_form", [True, False])
def test_records_that_odk_could_not_decrypt_are_set_aside_as_such(tmp_path: Path, has_form: bool) -> None:
    file = forms.odk_zip(tmp_path / "odk.zip", not_decrypted=2)
    form = forms.xlsform(tmp_path / "form.xlsx") if has_form else None
    content = yaml.safe_load(as_yaml(draft_contract(file, "testpartner", form)))
    assert [one["column"] for one in content["accept_if"]] == ["Status", "ReviewState"]
    assert "Status" not in content["deny"]
    assert "trafficking_status" not in content["fields"], "`Status` is the server's, not the partner's"
    assert landed(tmp_path, content, file, "wait")[0] == 26


def test_json_without_any_review_state_counts_as_not_reviewed(tmp_path: Path) -> None:
    file = forms.kobo_json(tmp_path / "api.json")
    content = read_json(file)
    for record in content["results"]:
        record["_validation_status"] = {}
    file.write_text(json.dumps(content), encoding="utf-8")
    assert landed(tmp_path, drafted(file), file, "wait")[0] == 0
    assert landed(tmp_path, drafted(file), file, "accept")[0] == 40


def test_the_key_is_the_servers_id_and_stops_find_their_record(tmp_path: Path) -> None:
    file = forms.kobo_workbook(tmp_path / "names.xlsx")
    content = drafted(file)
    assert content["delivery"]["key"] == "_uuid"
    text = as_yaml(draft_contract(file, "testpartner"))
    assert 'An edit changes "_uuid": no harm with mode full; with incremental name "_id".' in text
    assert "`njia contract check THIS_FILE EXTRACT` lists those that are left" in text
    assert "case_no" in content["deny"]
    _, child_rows = landed(tmp_path, content, file, "wait")
    assert child_rows["stops"] == STOPS


@pytest.mark.parametrize(("added", "removed", "key", "link"), [
    ("meta/rootUuid", None, "meta/rootUuid", {"parent": "_submission__uuid", "matches": "_uuid"}),
    (None, "_submission__uuid", "_uuid", {"parent": "_parent_index", "matches": "_index"}),
])  # fmt: skip
def test_child_rows_are_linked_by_columns_that_are_kept(
    tmp_path: Path, added: str | None, removed: str | None, key: str, link: dict[str, str]
) -> None:
    file = forms.kobo_workbook(tmp_path / "names.xlsx")
    book = openpyxl.load_workbook(file)
    if added:
        column = book["Intake"].max_column + 1
        book["Intake"].cell(1, column, added)
        for row in range(2, 42):
            book["Intake"].cell(row, column, f"root-{row:04}")
    for name in ("stops", "contacts"):
        header = [cell.value for cell in book[name][1]]
        if removed in header:
            book[name].delete_cols(header.index(removed) + 1)
    book.save(file)
    content = drafted(file)
    assert content["delivery"]["key"] == key
    assert content["format"]["repeats"]["stops"] == {"sheet": "stops"} | link
    assert not {*link.values(), key} & set(content["deny"])
    _, child_rows = landed(tmp_path, content, file, "wait")
    assert child_rows["stops"] == STOPS


@pytest.mark.parametrize(
    ("export", "submission"), [(forms.kobo_json, "meta/rootUuid"), (forms.odk_zip, "KEY")]
)
def test_a_unique_id_is_drafted_as_the_submissions_id(tmp_path: Path, export: Any, submission: str) -> None:
    assert drafted(export(tmp_path / "file.xlsx"))["submission_id"] == {"column": submission}


def test_a_number_of_a_form_is_only_proposed_as_the_submissions_id(tmp_path: Path) -> None:
    text = as_yaml(draft_contract(forms.kobo_csv(tmp_path / "file.csv"), "testpartner"))
    assert "submission_id" not in yaml.safe_load(text)
    assert "# submission_id: {column: _id, server:" in text


def test_one_page_of_an_export_is_named_as_such(tmp_path: Path) -> None:
    file = tmp_path / "page.json"
    file.write_text(json.dumps({"count": 480, "next": "https://kobo.example/b", "results": [{"a": 1}]}))
    with pytest.raises(UsageError, match="holds 1 of 480 records"):
        draft_contract(file, "testpartner")
