"""One column under several names, and choose-many questions spread over columns or written as arrays."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import CodeReader, load_vocabulary
from orchestration.drafting.check import check_contract
from orchestration.intake import ExtractHeld
from tests.fixtures.partner_files import BOOK, HEADER, ROW, add_partner, book, read, values, workbook

Texts = tuple[str, ...]
SEXES = {"F": "female", "Mke": "female"}
BILINGUAL = BOOK["fields"] | {"sex": {"column": ["Sex", "Jinsia"], "values": SEXES}}
CONTROLS = {"flags_with_prefix": "control_", "values": {"threat": "threats"}}
CONTROL = BOOK["fields"] | {"means_of_control": CONTROLS}
VOCABULARY = load_vocabulary()


def typing_problems(path: Path, file: Path, content: dict[str, Any]) -> dict[str, list[str]]:
    report = check_contract(add_partner(path, content), file, date(2024, 6, 1))
    assert report.ok, report.faults
    return {f"{found['outcome']}:{found['code']}": found["first_rows"] for found in report.typing_problems}


def bilingual(path: Path, *answers: tuple[str | None, str | None]) -> Path:
    rows = [[number, ROW[1], english, *ROW[3:], other] for number, (english, other) in enumerate(answers)]
    return workbook(path / "a.xlsx", {"Cases": [[*HEADER, "Jinsia"], *rows]})


def test_the_first_filled_name_counts_and_a_difference_is_flagged(tmp_path: Path) -> None:
    file = bilingual(tmp_path, ("F", None), (None, "Mke"), ("F", "f "), ("F", "Mke"))
    cells, _ = read(file, book(fields=BILINGUAL))
    assert values(cells, "sex") == ["F", "Mke", "F", "F", ""]
    assert typing_problems(tmp_path, file, book(fields=BILINGUAL)) == {"flag:columns_disagree": ["Cases 5"]}


def test_a_file_needs_one_of_the_names_only(tmp_path: Path) -> None:
    content = book(fields=BILINGUAL | {"event_on": {"column": ["Tarehe", "Date"], "required": True}})
    content["format"] = {"kind": "xlsx", "sheet": 0, "header_search": 5}
    file = workbook(tmp_path / "a.xlsx", {"Cases": [["Register"], HEADER, ROW]})
    cells, reader = read(file, content)
    assert values(cells, "event_on") == ["04/03/2024"] and not reader.tally.unmapped
    file = workbook(tmp_path / "b.xlsx", {"Cases": [["No", "Siku", *HEADER[2:]], ROW]})
    with pytest.raises(ExtractHeld, match="has no column 'Tarehe'"):
        read(file, content | {"format": {"kind": "xlsx"}})


def test_columns_with_one_prefix_are_the_choices_of_one_question(tmp_path: Path) -> None:
    header = [*HEADER, "control_threat", "control_debt_bondage", "control_unheard_of"]
    rows = [
        [1, *ROW[1:], True, "False", None],
        [2, *ROW[1:], "True", 1, "no"],
        [3, *ROW[1:], "False", "False", None],
        [4, *ROW[1:], None, None, "True"],
    ]
    file = workbook(tmp_path / "a.xlsx", {"Cases": [header, *rows]})
    cells, reader = read(file, book(fields=CONTROL))
    assert values(cells, "means_of_control") == ["threat", "threat", "debt_bondage", "", "unheard_of"]
    assert not reader.tally.unmapped
    assert typing_problems(tmp_path, file, book(fields=CONTROL)) == {"unk:code_unmapped": ["Cases 5"]}


def test_a_required_question_without_any_of_its_columns_holds_the_file(tmp_path: Path) -> None:
    content = book(fields=BOOK["fields"] | {"means_of_control": CONTROLS | {"required": True}})
    with pytest.raises(ExtractHeld, match="has no column 'control_…'"):
        read(workbook(tmp_path / "a.xlsx", {"Cases": [HEADER, ROW]}), content)


@pytest.mark.parametrize(("cell", "codes", "problems"), [
    ('["threats", "debt_bondage"]', ("threats", "debt_bondage"), ()),
    ('["threats", null, "threats"]', ("threats",), ()),
    ("[]", (), ()),
    ('["unheard of"]', ("unknown",), ("unk:code_unmapped",)),
    ("threats; debt_bondage", ("threats", "debt_bondage"), ()),
    ('["threats"', ("unknown",), ("unk:code_unmapped",)),
])  # fmt: skip
def test_a_json_array_in_a_cell_is_read_item_by_item(cell: str, codes: Texts, problems: Texts) -> None:
    found = CodeReader("means_of_control", VOCABULARY).read_array(cell)
    assert (found.codes, found.problems) == (codes, problems)


def test_the_contract_says_when_a_cell_holds_an_array(tmp_path: Path) -> None:
    asked = {"column": "Control", "select_multiple": "array"}
    content = book(fields=BOOK["fields"] | {"means_of_control": asked})
    arrays = ['["threats","debt_bondage"]', '["threats","unheard_of"]']
    rows = [[number, *ROW[1:], array] for number, array in enumerate(arrays)]
    file = workbook(tmp_path / "a.xlsx", {"Cases": [[*HEADER, "Control"], *rows]})
    assert typing_problems(tmp_path, file, content) == {"unk:code_unmapped": ["Cases 3"]}


@pytest.mark.parametrize(("cell", "code", "problems"), [
    ('["presumed"]', "presumed", ()),
    ('["other harm", "presumed"]', "presumed", ()),
    ('["presumed", "confirmed"]', "unknown", ("unk:codes_disagree",)),
    ('["unheard of"]', "unknown", ("unk:code_unmapped",)),
    ("[]", None, ()),
])  # fmt: skip
def test_an_array_in_a_field_of_one_code_is_never_chosen_from(
    cell: str, code: str | None, problems: Texts
) -> None:
    found = CodeReader("trafficking_status", VOCABULARY, missing=["other harm"]).read_one_of_array(cell)
    assert (found.code, found.problems) == (code, problems)


@given(st.text())
def test_no_text_breaks_the_reader_of_arrays(text: str) -> None:
    known = VOCABULARY.codes["means_of_control"]
    assert set(CodeReader("means_of_control", VOCABULARY).read_array(text).codes) <= known | {"unknown"}
