"""Codes beyond the catalogue's (test_dirty_values_codes), what holds for any cell, and the seeds behind them."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import contracts, typing
from orchestration.contracts import CodeReader, joined_or_flags, load_vocabulary
from orchestration.core import REFERENCE_SEEDS

VOCABULARY = load_vocabulary(REFERENCE_SEEDS)


def reader(domain: str, **how: object) -> CodeReader:
    return CodeReader(domain, VOCABULARY, **how)  # type: ignore[arg-type]


def one(domain: str, value: str | None, **how: object) -> tuple[object, ...]:
    found = reader(domain, **how).read_one(value)
    return (found.code, *found.problems)


def many(domain: str, value: str | None, **how: object) -> tuple[object, ...]:
    found = reader(domain, **how).read_many(value)
    return (set(found.codes), *found.problems)


def test_the_contract_comes_first() -> None:
    assert one("sex", "M", values={"m": "female"}) == ("female",)
    assert one("sex", "1", values={"1": "male"}) == ("male",)


def test_words_of_a_language_the_contract_does_not_list_are_not_read() -> None:
    assert one("sex", "mwanamke", languages=("en",)) == ("unknown", "unk:code_unmapped")


def test_a_cell_is_understood_whole_or_not_at_all() -> None:
    assert many("transport_mode", "no bus") == ({"unknown"}, "unk:code_unmapped")
    assert many("transport_mode", "bus; hovercraft") == ({"bus"}, "unk:code_unmapped")


def test_labels_of_several_words_joined_by_blanks_are_told_apart() -> None:
    labels = {"Begging": "forced_begging", "Sexual exploitation": "sexual_exploitation"}
    assert many("exploitation_type", "Begging Sexual exploitation", values=labels) == (
        {"forced_begging", "sexual_exploitation"},
    )


def test_flags_alone_are_read() -> None:
    flags = reader("transport_mode").read_flags(["foot"])
    assert joined_or_flags(None, flags).codes == ("foot",)


def test_a_label_in_a_column_of_its_own_decides_what_the_code_leaves_open() -> None:
    documents = reader("documents", crosswalk="ke_ctip")
    assert documents.read_one("TFDDO", label="Forged").code == "forged"


def test_nationalities_are_countries_or_words_for_their_people() -> None:
    assert many("nationality", "Kenyan") == ({"KEN"},)
    assert many("nationality", "Mkenya / Ugandan") == ({"KEN", "UGA"},)
    assert many("nationality", "ET") == ({"ETH"},)
    assert many("nationality", "NA, KE") == ({"NAM", "KEN"},)


@given(st.one_of(st.none(), st.text()), st.sampled_from(["sex", "industry", "nationality", "transport_mode"]))
def test_no_value_makes_it_raise_and_every_code_is_ours(value: str | None, domain: str) -> None:
    anything = reader(domain, values={"x": "no such code"}, split=[" via "])
    codes = [anything.read_one(value).code, *anything.read_many(value).codes]
    assert all(code is None or VOCABULARY.is_code(domain, code) for code in codes)


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["codes.csv", "crosswalk.csv", "code_words.csv", "quality_rules.csv"])
def test_no_seed_has_a_blank_cell(name: str) -> None:
    assert all(all((value or "").strip() for value in row.values()) for row in rows(name))


def test_seeds_refer_to_codes_that_exist_and_are_not_ambiguous() -> None:
    known = {(row["domain"], row["code"]) for row in rows("codes.csv")}
    assert len(known) == len(rows("codes.csv"))
    assert {(row["domain"], row["code"]) for row in rows("crosswalk.csv")} <= known
    words = rows("code_words.csv")
    assert {(row["domain"], row["code"]) for row in words if row["domain"] != "nationality"} <= known
    assert len({(row["domain"], row["word"]) for row in words}) == len(words)
    inward = [row for row in rows("crosswalk.csv") if row["direction"] != "out"]
    assert len({(row["domain"], row["system"], row["system_code"]) for row in inward}) == len(inward)
    assert {row["loss"] for row in rows("crosswalk.csv")} <= {"exact", "broader", "narrower", "none"}


def test_every_problem_the_type_step_can_note_has_a_rule() -> None:
    rooms = (Path(room.__file__).parent for room in (contracts, typing))
    text = "".join(path.read_text(encoding="utf-8") for room in rooms for path in room.glob("*.py"))
    noted = set(re.findall(r"\b(?:flag|unk|Q):([a-z_0-9]+)", text))
    noted |= set(re.findall(r'(?:set_aside|_unread|_unknown|flagged)\(\s*"([a-z_0-9]+)"', text))
    assert len(noted) > 40
    assert noted <= {row["rule_code"] for row in rows("quality_rules.csv")}


def test_every_rule_stands_once() -> None:
    codes = [row["rule_code"] for row in rows("quality_rules.csv")]
    assert len(set(codes)) == len(codes)
    assert {row["outcome"] for row in rows("quality_rules.csv")} == {"Q", "unk", "flag"}


@pytest.mark.parametrize("written", ["Côte d'Ivoire", "Côte d\u2019Ivoire", "CÔTE D\u02bcIVOIRE"])
def test_an_apostrophe_may_have_any_form(written: str) -> None:
    reader = CodeReader("nationality", load_vocabulary(REFERENCE_SEEDS))
    assert reader.read_one(written).code == "CIV"
