"""Contracts drafted from a partner's form: one form, five exports of the same forms.journeys, one result."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from orchestration.cli.root import cli
from orchestration.core import UsageError
from orchestration.drafting import as_yaml, draft_contract
from orchestration.drafting.check import ContractReport, check_contract
from tests.fixtures import partner_form as forms
from tests.fixtures.partner_files import add_partner, workbook

EXPORTS: dict[str, Callable[[Path], Path]] = {
    "names.xlsx": forms.kobo_workbook, "labels.xlsx": lambda path: forms.kobo_workbook(path, forms.SWAHILI),
    "names.csv": forms.kobo_csv, "api.json": forms.kobo_json, "odk.zip": forms.odk_zip,
}  # fmt: skip
MODES = {"bus": "bus", "walk": "foot", "drone": "other"}
HARM = {"beg": "forced_begging", "home": "domestic_servitude", "h9": "other"}


def drafted(form: Path, file: Path | None = None, kind: str = "xlsx") -> tuple[dict[str, Any], str]:
    """The draft as YAML reads it, and its text."""
    text = as_yaml(draft_contract(file, "testpartner", form, kind))
    return yaml.safe_load(text), text


def small_form(folder: Path, *questions: list[str], choices: list[list[str]] | None = None) -> Path:
    """A form of these questions alone."""
    survey = [forms.SURVEY[0], *questions]
    return workbook(folder / "form.xlsx", {"survey": survey, "choices": [*forms.CHOICES, *(choices or [])]})


def longer_form(folder: Path, question: list[str], *choices: list[str]) -> Path:
    """The partner's form with one more question."""
    return small_form(folder, *forms.SURVEY[1:], question, choices=list(choices))


def answered(content: dict[str, Any]) -> dict[str, Any]:
    """A draft with what a person answers: partner, agreement, review, and the choice that no list has."""
    forms.agreed(content)
    forms.review_of(content)["otherwise"] = "wait"
    content["data_source"] = "case_management"
    content["fields"]["event_kind"]["constant"] = "departed"
    for spec in content["fields"].values():
        values = spec.get("values", {}) if isinstance(spec, dict) else {}
        asked = {text for text, code in values.items() if code == "TODO"}
        assert asked <= forms.UNKNOWN_CHOICE
        values |= dict.fromkeys(asked, "other")
    return content


def expected(one: forms.Journey, has_stops: bool) -> dict[str, Any]:
    """What a journey must become, worked out from its answers."""
    answers, stops = one.answers, one.stops if has_stops else []
    modes = {MODES[mode] for mode in [*answers["transport"].split(), *(mode for _, mode in stops)]}
    return {
        "event_on": date.fromisoformat(answers["left_on"]),
        "sex": {"w": "female", "m": "male"}[answers["sex"]], "is_child": int(answers["age"]) < 18,
        "consent_state": "given", "transport_mode": sorted(modes),
        "exploitation_type": sorted(HARM[text] for text in answers["harm"].split()),
        "places": [
            ("intended_destination", answers["to_town"], None), ("observation", "KE047", None),
            ("origin", answers["from_town"], None), *(("transit", town, MODES[mode]) for town, mode in stops),
        ],
    }  # fmt: skip


def checked(folder: Path, content: dict[str, Any], file: Path) -> ContractReport:
    report = check_contract(add_partner(folder, content), file, date(2024, 6, 1))
    assert report.ok, report.faults
    return report


def landed(report: ContractReport) -> list[dict[str, Any]]:
    """The typed records in the order of the file, in the form of `expected`."""
    assert report.trial
    tables = {name: table.to_pylist() for name, table in report.trial[1].items()}
    codes: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in tables["record_codes"]:
        codes[row["record_id"], row["domain"]].append(row["code"])
    names = {row["mention_id"]: row["place_text"] or row["place_code"] for row in tables["mentions"]}
    places: dict[int, list[tuple[str, str, str | None]]] = defaultdict(list)
    for row in sorted(tables["place_mentions"], key=lambda row: (row["place_role"], row["seq"])):
        places[row["record_id"]].append((row["place_role"], names[row["mention_id"]], row["transport_mode"]))
    return [
        {name: row[name] for name in ("event_on", "sex", "is_child", "consent_state")}
        | {name: sorted(codes[row["record_id"], name]) for name in ("transport_mode", "exploitation_type")}
        | {"places": places[row["record_id"]]}
        for row in sorted(tables["records"], key=lambda row: row["row_number"])
    ]


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_of_a_form_lands_the_same_journeys(tmp_path: Path, name: str) -> None:
    file = EXPORTS[name](tmp_path / name)
    by_xlsform, by_asset = (
        drafted(form(tmp_path / "form"), file)[0] for form in (forms.xlsform, forms.asset)
    )
    assert by_xlsform == by_asset
    report = checked(tmp_path, answered(by_asset), file)
    assert (report.columns_missing, report.unmapped_columns) == ([], [])
    assert {one["code"] for one in report.typing_problems} == {"geo_from_point"}
    approved = [one for one in forms.journeys() if one.state == "approved"]
    assert {one["reason"]: one["rows"] for one in report.refusals} == {
        "withheld:not_approved": 4,
        "Q:awaiting_partner": 8,  # on hold, and not reviewed yet
    }
    assert landed(report) == [expected(one, has_stops=not name.endswith(".csv")) for one in approved]


@pytest.mark.parametrize(
    ("kind", "name"), [("xlsx", "names.xlsx"), ("json", "api.json"), ("odk_zip", "odk.zip")]
)
def test_a_form_alone_drafts_the_contract_of_a_chosen_format(tmp_path: Path, kind: str, name: str) -> None:
    content = answered(drafted(forms.xlsform(tmp_path / "form.xlsx"), kind=kind)[0])
    assert len(landed(checked(tmp_path, content, EXPORTS[name](tmp_path / name)))) == 28


def test_one_contract_reads_exports_in_two_languages(tmp_path: Path) -> None:
    files = [EXPORTS[name](tmp_path / name) for name in ("names.xlsx", "labels.xlsx")]
    content, _ = drafted(forms.xlsform(tmp_path / "form.xlsx"), files[0])
    assert {"sex", "Jinsia"} <= set(content["fields"]["sex"]["column"])
    assert "full_name" in content["deny"]
    first, second = (checked(tmp_path, answered(content), file) for file in files)
    assert landed(first) == landed(second)
    assert [*first.columns_missing, *first.unmapped_columns] == []
    assert second.columns_missing == [] and "Jina kamili" in second.unmapped_columns, "dropped"


def test_the_form_of_another_export_is_refused(tmp_path: Path) -> None:
    form = small_form(tmp_path, ["text", "village", "Village", "Kijiji"])
    with pytest.raises(UsageError, match="No question of form form"):
        draft_contract(forms.kobo_workbook(tmp_path / "names.xlsx"), "testpartner", form)


def test_a_question_that_the_file_lacks_may_come_later(tmp_path: Path) -> None:
    question = ["select_one land", "nationality", "Nationality", "Uraia"]
    form = longer_form(
        tmp_path, question, ["land", "KE", "Kenya", "Kenya"], ["land", "UG", "Uganda", "Uganda"]
    )
    content, _ = drafted(form, forms.kobo_workbook(tmp_path / "names.xlsx"))
    assert content["fields"]["nationality"]["optional_column"] is True


def test_names_among_the_columns_of_a_question_are_not_shown(tmp_path: Path) -> None:
    form = longer_form(tmp_path, ["select_multiple staff", "helpers", "Names of helpers", "Majina"])
    header = ["_uuid", "_submission_time", "left_on", "Names of helpers", "Names of helpers/Grace Fixture"]
    rows = [[f"u{n}", "2024-03-05T08:00:00", "2024-03-04", "Grace Fixture", "1"] for n in range(9)]
    content, text = drafted(form, workbook(tmp_path / "a.xlsx", {"Intake": [header, *rows]}))
    assert "Names of helpers" in content["deny"]
    assert "Grace" not in text


def test_a_label_that_two_questions_share_names_neither(tmp_path: Path) -> None:
    one, two = (["text", "one", "Town of origin", "Mji wa asili"], ["text", "two", "Town of origin", "Mji"])
    content, _ = drafted(small_form(tmp_path, one, two))
    assert content["fields"]["place(origin).place_text"] == {
        "column": ["one", "Mji wa asili"],
        "basis": "TODO",
    }


def test_a_choice_whose_labels_disagree_is_left_to_a_person(tmp_path: Path) -> None:
    town, how = ["text", "from", "Town of origin", "Mji"], ["select_one how", "how", "Recruitment method", ""]
    choices = [["how", "a", "Employment agency", "Rafiki"], ["how", "b", "Newspaper", "Gazeti"]]
    content, _ = drafted(small_form(tmp_path, town, how, choices=choices))
    values = content["fields"]["recruitment_method"]["values"]
    assert (values["a"], values["Rafiki"], values["b"]) == ("TODO", "TODO", "newspaper")


def test_a_column_of_an_older_version_comes_before_a_question_the_file_lacks(tmp_path: Path) -> None:
    town = ["text", "home", "Town of origin", "Mji wa asili"]
    form = small_form(tmp_path, ["date", "left_on", "Date", "Tarehe"], town)
    rows = [["2024-03-04", f"Camp {n}", f"u{n}", "2024-03-05T08:00:00"] for n in range(5)]
    rows += [["2024-03-04", town, f"u{town}", "2024-03-05T08:00:00"] for town in forms.TOWNS]
    header = ["left_on", "from_town", "_uuid", "_submission_time"]
    content, _ = drafted(form, workbook(tmp_path / "a.xlsx", {"Intake": [header, *rows]}))
    assert content["fields"]["place(origin).place_text"] == {"column": "from_town", "basis": "TODO"}


def test_names_on_a_list_of_choices_are_never_shown_and_can_be_mapped(tmp_path: Path) -> None:
    question = ["select_one who", "work", "Industry", "Sekta"]
    fishing, named = ["who", "r1", "Fishing", "Uvuvi"], ["who", "r2", "Grace Fixture", "Grace Fixture"]
    content, text = drafted(longer_form(tmp_path, question, fishing, named))
    assert content["fields"]["industry"]["values"] == {
        "Fishing": "fishing",
        "Uvuvi": "fishing",
        "r1": "fishing",
        "r2": "TODO",
    }
    assert "Labels of choices of the form's list (number 2) are not shown" in text
    assert "Grace" not in text and "Sampleton" not in text


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"{}", "content.survey"), (b"PK\x03\x04 broken", "cannot be read"), (b"a,b\n1,2\n", "cannot be read")],
)
def test_a_file_that_is_no_form_is_refused_by_name(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "form.xlsx"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=rf"form\.xlsx.*{why}"):
        draft_contract(None, "testpartner", path)


def test_the_command_drafts_from_a_form_and_checks_the_answered_draft(tmp_path: Path) -> None:
    form, file = forms.xlsform(tmp_path / "form.xlsx"), forms.kobo_workbook(tmp_path / "names.xlsx")
    found = CliRunner().invoke(
        cli, ["contract", "draft", "--form", str(form), str(file), "--partner", "testpartner"]
    )
    assert found.exit_code == 0, found.output
    path = add_partner(tmp_path, answered(yaml.safe_load(found.output)))
    checked = CliRunner().invoke(cli, ["contract", "check", str(path), str(file)])
    assert checked.exit_code == 0, checked.output
    assert "fits names.xlsx" in checked.output
