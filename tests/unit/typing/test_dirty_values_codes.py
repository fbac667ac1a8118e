"""Sex, transport and other codes as partners write them: rows S, M and K of the catalogue, typed."""

from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.dirty_values import Arrived, arrive, contract


def read(folder: Path, field: str, raw: list[Any], **spec: Any) -> Arrived:
    """Rows with one value each in the column `X`, mapped to a field."""
    content = contract({field: {"column": "X", "optional_column": True, **spec}})
    return arrive(folder, [{"X": value} for value in raw], content)


@pytest.mark.parametrize(("raw", "expected", "problem"), [
    pytest.param(["F", "f ", "Female", "Ke", "mwanamke"], "female", None, id="S1"),
    pytest.param(["M", "Male", "Me", "mwanaume"], "male", None, id="S1-male"),
    pytest.param(["Mke"], "unknown", "unk:code_unmapped", id="S2"),
    pytest.param(["1", "2"], "unknown", "unk:code_unmapped", id="S5"),
    pytest.param(["Trans", "TransgenderFeminine"], "other", None, id="S6"),
    pytest.param(["?"], "unknown", None, id="S6-unknown"),
    pytest.param([None], None, None, id="S6-blank"),
])  # fmt: skip
def test_sex_is_read(tmp_path: Path, raw: list[Any], expected: str | None, problem: str | None) -> None:
    found = read(tmp_path, "sex", raw)
    assert found.seen("sex") == [(expected,)] * len(raw)
    assert found.problems() == [[problem] if problem else []] * len(raw)


@pytest.mark.parametrize(("age", "expected", "problems"), [
    pytest.param(None, ("female", "child", True), [], id="S3"),
    pytest.param("30", ("female", "a30_38", False), ["flag:sex_age_conflict"], id="S3-adult"),
])  # fmt: skip
def test_girl_says_child_unless_the_age_says_otherwise(
    tmp_path: Path, age: str | None, expected: tuple[Any, ...], problems: list[str]
) -> None:
    found = arrive(tmp_path, [{"Sex": word, "Age": age} for word in ("Girl", "msichana")])
    assert found.seen("sex", "age_band", "is_child") == [expected] * 2
    assert found.problems() == [problems] * 2


@pytest.mark.parametrize(("persons", "expected", "problems"), [
    pytest.param("2", "mixed", [], id="S4"),
    pytest.param("10+", "mixed", [], id="S4-at-least"),
    pytest.param(None, "mixed", [], id="S4-not-stated"),
    pytest.param("1", "unknown", ["unk:sex_conflict"], id="S4-one"),
])  # fmt: skip
def test_both_sexes_need_more_than_one_person(
    tmp_path: Path, persons: str | None, expected: str, problems: list[str]
) -> None:
    found = arrive(tmp_path, [{"Sex": text, "Persons": persons} for text in ("M/F", "both")])
    assert (found.seen("sex"), found.problems()) == ([(expected,)] * 2, [problems] * 2)


@pytest.mark.parametrize(("raw", "codes"), [
    pytest.param(["bus & foot", "bus/foot", "bus foot", "Bus, then walked"], ["bus", "foot"], id="M1"),
    pytest.param(["matatu"], ["matatu"], id="M2-matatu"),
    pytest.param(["boda boda", "pikipiki"], ["motorcycle"], id="M2-motorcycle"),
    pytest.param(["lori", "truck"], ["lorry"], id="M2-lorry"),
    pytest.param(["miguu"], ["foot"], id="M2-foot"),
    pytest.param(["ndege", "by air"], ["aircraft"], id="M2-aircraft"),
    pytest.param(["SGR"], ["train"], id="M2-train"),
    pytest.param(["mashua"], ["boat"], id="M2-boat"),
    pytest.param(["gari"], ["vehicle_unspecified"], id="M2-vehicle"),
])  # fmt: skip
def test_ways_of_travelling_are_read(tmp_path: Path, raw: list[str], codes: list[str]) -> None:
    found = read(tmp_path, "transport_mode", raw)
    assert found.codes("transport_mode") == [codes] * len(raw)
    assert found.problems() == [[]] * len(raw)


@pytest.mark.parametrize(("row", "codes", "problems", "landed"), [
    pytest.param(["bus foot", "1", "0"], ["bus", "foot"], ["flag:multi_select_conflict"], True, id="M3"),
    pytest.param([None, None, None], [], [], False, id="M3-not-answered"),
    pytest.param([None, "0", "0"], [], [], True, id="M3-none-of-them"),
])  # fmt: skip
def test_a_choose_many_question(
    tmp_path: Path, row: list[str | None], codes: list[str], problems: list[str], landed: bool
) -> None:
    content = contract({"transport_mode": {"column": "way", "select_multiple": "both"}})
    sent = dict(zip(("way", "way/bus", "way/foot"), row, strict=True))
    found = arrive(tmp_path, [sent], content)
    assert (found.codes("transport_mode"), found.problems()) == ([codes], [problems])
    # Answered with none of them is told apart from not answered: only an answer lands.
    assert any(cell["field"] == "transport_mode" for cell in found.landed) == landed


@pytest.mark.parametrize(("field", "raw", "code", "problem"), [
    pytest.param("recruitment_method", "TFD2H", "unknown", None, id="K2-TFD2H"),
    pytest.param("recruitment_method", "TFD2K", "unknown", None, id="K2-TFD2K"),
])  # fmt: skip
def test_codes_of_no_meaning_alone(
    tmp_path: Path, field: str, raw: str, code: str, problem: str | None
) -> None:
    found = read(tmp_path, field, [raw], crosswalk="ke_ctip")
    assert (found.codes(field)[0], found.problems()) == ([code], [[problem] if problem else []])


@pytest.mark.parametrize(("field", "raw", "spec", "expected", "problem"), [
    pytest.param("sex", ["Mke"], {"values": {"Mke": "female"}}, "female", None, id="S2-as-the-contract-says"),
    # That it stays outside victim totals is tested on the warehouse.
    pytest.param("trafficking_status", ["trafficked_smuggled", "Trafficked/Smuggled"], {},
        "trafficked_or_smuggled", None, id="K1-both-meanings"),
    pytest.param("means_of_control", ["DebtBondage ", "DebtBondage\u00a0", "Debt\u00a0bondage"],
        {"crosswalk": "htcds2"}, ["debt_bondage"], None, id="K3-blanks"),
    pytest.param("sex", ["-99"], {"crosswalk": "ctdc6"}, None, None, id="K4-not-asked"),
    pytest.param("industry", ["Mining, Quarrying, Oil/Gas Extraction;Other"],
        {"crosswalk": "ctdc6", "split": [";"]}, ["mining", "other"], None, id="K4-commas-in-a-label"),
    pytest.param("industry", ["Mining, Quarrying, Oil/Gas Extraction;Other"],
        {"crosswalk": "ctdc6", "split": [",", ";"]}, ["mining", "other"], None, id="K4-comma-splits-too"),
    pytest.param("nationality", ["NA"], {}, "NAM", None, id="K4-namibia"),
    # More than one in twenty holds the extract, which the gate's tests show.
    pytest.param("exploitation_type", ["Kazi ngumu"], {}, ["unknown"], "unk:code_unmapped", id="K5-in-no-list"),
])  # fmt: skip
def test_a_code_is_read(
    tmp_path: Path,
    field: str,
    raw: list[str],
    spec: dict[str, Any],
    expected: str | list[str] | None,
    problem: str | None,
) -> None:
    found = read(tmp_path, field, raw, **spec)
    seen = found.codes(field) if isinstance(expected, list) else [one for (one,) in found.seen(field)]
    assert seen == [expected] * len(raw)
    assert found.problems() == [[problem] if problem else []] * len(raw)


def test_na_in_a_column_of_numbers_is_not_zero(tmp_path: Path) -> None:
    """K4."""
    found = arrive(tmp_path, [{"Persons": "NA"}, {"Persons": "0"}])
    assert found.seen("person_count", "count_basis") == [(None, "not_stated"), (0, "stated")]
