"""Border monitors send one row a person: the rows of an incident become one record without its suspects."""

import csv
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.contracts import Contract
from tests.fixtures.partner_files import HEADER, book, problems, typed

STATUS = {
    "Evidence of Trafficking": "prevented",
    "High Risk of Trafficking": "high_risk",
    "Should not count as an Intercept": "not_trafficking",
}
INCIDENTS = book(
    grain="interception", consent={"basis": "agreement", "reference": "§4"},
    delivery={"mode": "incremental", "cadence": "weekly", "key": "irf_number", "person_rows": True},
    format={"kind": "csv"}, locale={"dates": "ymd", "default_country": "KEN"},
    constant_within_key=["date_of_interception", "location", "number_of_victims"],
    accept_if={
        "column": "role", "accept": ["PVOT"], "otherwise": "withhold", "withheld_as": "not_potential_victim",
    },
    fields={
        "event_on": {"column": "date_of_interception", "required": True},
        "person_count": {"count_rows": True, "compare_with": "number_of_victims"},
        "place(transit).place_text": {"column": "location", "basis": "observed"},
        "sex": {"column": "gender", "values": {"F": "female", "M": "male"}},
        "age_band": {"column": "age", "from": "age_text"},
        "means_of_control": {"flags_with_prefix": "control_"},
        "trafficking_status": {"column": "verified", "values": STATUS},
    },
    deny=["full_name"],
)  # fmt: skip
PERSON = {
    "irf_number": "MLB101", "date_of_interception": "2024-03-04", "location": "Malaba",
    "number_of_victims": "3", "role": "PVOT", "full_name": "Amina Testperson", "gender": "F", "age": "16",
    "control_threats": "False", "verified": "Evidence of Trafficking",
}  # fmt: skip


def incidents(path: Path, *people: dict[str, Any]) -> Path:
    file = path / "irf.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, [*PERSON, "consent"])
        writer.writeheader()
        writer.writerows(PERSON | person for person in people)
    return file


def counts(record: dict[str, Any]) -> tuple[int, int, int, str]:
    return (*(record[f"person_count{end}"] for end in ("", "_low", "_high")), record["count_basis"])


def test_three_persons_of_one_incident_are_one_record_of_three(tmp_path: Path) -> None:
    tables = typed(incidents(tmp_path, {}, {"gender": "M"}, {"control_threats": "True"}), INCIDENTS)
    [record] = tables["records"]
    assert counts(record) == (3, 3, 3, "stated")
    assert (record["source_row_count"], record["sex"], record["age_band"]) == (3, "mixed", "a09_17")
    assert (record["trafficking_status"], record["event_kind"]) == ("prevented", "unknown")
    [code] = tables["record_codes"]
    assert (code["domain"], code["code"]) == ("means_of_control", "threats")
    assert [mention["place_basis"] for mention in tables["place_mentions"]] == ["observed"]
    assert problems(tables) == []


@pytest.mark.parametrize(
    ("rows", "stated", "expected"),
    [(2, "3", (2, 2, 3, "range")), (3, "2", (2, 2, 3, "range")), (1, "3", (1, 1, 3, "range"))],
)
def test_rows_and_stated_number_that_differ_are_kept_as_a_range(
    tmp_path: Path, rows: int, stated: str, expected: tuple[int, int, int, str]
) -> None:
    tables = typed(incidents(tmp_path, *[{"number_of_victims": stated}] * rows), INCIDENTS)
    assert counts(tables["records"][0]) == expected
    assert problems(tables) == ["flag:victim_count_mismatch"]


@pytest.mark.parametrize("stated", ["", "unknown", "1-5"])
def test_a_stated_number_that_fits_the_rows_changes_nothing(tmp_path: Path, stated: str) -> None:
    tables = typed(incidents(tmp_path, *[{"number_of_victims": stated}] * 2), INCIDENTS)
    assert counts(tables["records"][0]) == (2, 2, 2, "stated")


@pytest.mark.parametrize(
    "differs", [{"date_of_interception": "2024-03-05"}, {"location": "Busia"}, {"number_of_victims": "2"}]
)
def test_incident_whose_rows_disagree_is_quarantined(tmp_path: Path, differs: dict[str, str]) -> None:
    tables = typed(incidents(tmp_path, {}, differs), INCIDENTS)
    assert len(tables["records"]) == 1
    assert problems(tables) == ["Q:incident_conflict"]


def test_two_spellings_of_one_day_and_place_do_not_disagree(tmp_path: Path) -> None:
    other = {"date_of_interception": "4 March 2024", "location": "MALABA "}
    assert problems(typed(incidents(tmp_path, {}, other, {}), INCIDENTS)) == []


def test_columns_not_declared_constant_may_differ(tmp_path: Path) -> None:
    content = INCIDENTS | {"constant_within_key": ["date_of_interception"]}
    assert problems(typed(incidents(tmp_path, {}, {"location": "Busia"}, {}), content)) == []


ASKED = INCIDENTS | {
    "consent": {"column": "consent", "values": {"yes": "given", "no": "refused", "taken back": "withdrawn"}}
}
ALONE = {name: "" for name in PERSON if name not in ("irf_number", "role")}


def withheld(tables: dict[str, Any]) -> list[tuple[bool, str, bool]]:
    """Whether the record has landed too, the reason, and whether it is one person's."""
    landed = {record["record_id"] for record in tables["records"]}
    return [
        (found["record_id"] in landed, found["reason"], found["is_one_person"])
        for found in tables["withheld_records"]
    ]


@pytest.mark.parametrize(("answer", "reason"), [
    ("no", "withheld:no_consent"),
    ("taken back", "withheld:withdrawn"),
    ("", "withheld:consent_not_recorded"),
])  # fmt: skip
def test_refusal_of_one_person_leaves_the_others(tmp_path: Path, answer: str, reason: str) -> None:
    people = [{"consent": "yes"}, {"consent": answer, "gender": "M"}, {"consent": "yes"}]
    tables = typed(incidents(tmp_path, *(person | {"number_of_victims": ""} for person in people)), ASKED)
    [record] = tables["records"]
    assert (*counts(record), record["sex"]) == (2, 2, 2, "stated", "female")
    assert withheld(tables) == [(True, reason, True)]


def test_refusal_of_no_named_person_covers_the_whole_incident(tmp_path: Path) -> None:
    repeated = {"date_of_interception": "2024-03-04", "location": "Malaba", "number_of_victims": "3"}
    for row in (ALONE, ALONE | repeated):
        tables = typed(incidents(tmp_path, {"consent": "yes"}, row | {"consent": "taken back"}), ASKED)
        assert withheld(tables) == [(True, "withheld:withdrawn", False)]


def test_refusal_of_an_incident_outweighs_that_of_a_person(tmp_path: Path) -> None:
    people = [{"consent": "taken back"}, ALONE | {"consent": "taken back"}, {"consent": "yes"}]
    assert withheld(typed(incidents(tmp_path, *people), ASKED)) == [(True, "withheld:withdrawn", False)]


def test_refusal_covers_the_whole_record_where_rows_are_no_persons(tmp_path: Path) -> None:
    content = book(
        consent={"column": "Consent", "values": {"yes": "given", "no": "refused"}}, format={"kind": "csv"}
    )
    file = tmp_path / "book.csv"
    file.write_text(",".join(HEADER) + "\n" + "1,2024-03-04,F,16,Busia,1,no,\n")
    assert withheld(typed(file, content)) == [(False, "withheld:no_consent", False)]


def test_an_interception_never_counts_as_a_victim_whatever_its_evidence(tmp_path: Path) -> None:
    people = [{"irf_number": f"MLB{at}", "verified": answer} for at, answer in enumerate([*STATUS, ""])]
    tables = typed(incidents(tmp_path, *people), INCIDENTS)
    found = [record["trafficking_status"] for record in tables["records"]]
    assert found == ["prevented", "high_risk", "not_trafficking", "prevented"]
    assert {record["record_grain"] for record in tables["records"]} == {"interception"}


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(["A", "B", "C"]), st.sampled_from(["PVOT", "Suspect", ""])), min_size=1
    )
)
def test_every_potential_victim_counts_once_and_suspects_never(people: list[tuple[str, str]]) -> None:
    rows = [{"irf_number": irf, "role": role, "number_of_victims": ""} for irf, role in people]
    with tempfile.TemporaryDirectory() as folder:
        tables = typed(incidents(Path(folder), *rows), INCIDENTS)
    expected = Counter(irf for irf, role in people if role == "PVOT")
    assert sorted(record["person_count"] for record in tables["records"]) == sorted(expected.values())


@pytest.mark.parametrize(("changes", "message"), [
    ({"constant_within_key": ["place_of_birth"]}, "no field reads 'place_of_birth'"),
    ({"delivery": INCIDENTS["delivery"] | {"person_rows": False}}, "belong together"),
    ({"delivery": INCIDENTS["delivery"] | {"key": "content"}}, "needs delivery.key"),
    ({"fields": INCIDENTS["fields"] | {"sex": {"count_rows": True}}}, "only goes with person_count"),
])  # fmt: skip
def test_inconsistent_contract_of_person_rows_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Contract.model_validate(INCIDENTS | changes)
