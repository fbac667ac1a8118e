"""Codes beyond the catalogue's (test_dirty_values_codes), properties of any cell, and their seeds."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import contracts, typing
from orchestration.contracts import CodeReader, load_vocabulary
from orchestration.core import REFERENCE_SEEDS

VOCABULARY = load_vocabulary()


def reader(domain: str, **how: object) -> CodeReader:
    return CodeReader(domain, VOCABULARY, **how)  # type: ignore[arg-type]


def one(domain: str, value: str | None, **how: object) -> tuple[object, ...]:
    found = reader(domain, **how).read_one(value)
    return (found.code, *found.problems)


def many(domain: str, value: str | None, **how: object) -> tuple[object, ...]:
    found = reader(domain, **how).read_many(value)
    return (set(found.codes), *found.problems)


def test_contract_values_win_over_the_shared_vocabulary() -> None:
    assert one("sex", "M", values={"m": "female"}) == ("female",)
    assert one("sex", "1", values={"1": "male"}) == ("male",)


def test_words_of_a_language_the_contract_does_not_list_are_not_read() -> None:
    assert one("sex", "mwanamke", languages=("en",)) == ("unknown", "unk:code_unmapped")


def test_a_cell_is_understood_whole_or_not_at_all() -> None:
    assert many("transport_mode", "no bus") == ({"unknown"}, "unk:code_unmapped")
    assert many("transport_mode", "bus; hovercraft") == ({"bus"}, "unk:code_unmapped")


def test_labels_of_several_words_are_split_at_known_labels() -> None:
    labels = {"Begging": "forced_begging", "Sexual exploitation": "sexual_exploitation"}
    assert many("exploitation_type", "Begging Sexual exploitation", values=labels) == (
        {"forced_begging", "sexual_exploitation"},
    )


@pytest.mark.parametrize(("text", "codes"), [
    ("Kenyan", {"KEN"}), ("Mkenya / Ugandan", {"KEN", "UGA"}), ("ET", {"ETH"}), ("NA, KE", {"NAM", "KEN"}),
    ("Côte d'Ivoire", {"CIV"}), ("Côte d\u2019Ivoire", {"CIV"}), ("CÔTE D\u02bcIVOIRE", {"CIV"}),
])  # fmt: skip
def test_nationalities_are_countries_or_words_for_their_people(text: str, codes: set[str]) -> None:
    assert many("nationality", text) == (codes,)


@given(st.one_of(st.none(), st.text()), st.sampled_from(["sex", "industry", "nationality", "transport_mode"]))
def test_any_text_gives_only_listed_codes(value: str | None, domain: str) -> None:
    anything = reader(domain, values={"x": "no such code"}, split=[" via "])
    codes = [anything.read_one(value).code, *anything.read_many(value).codes]
    assert all(code is None or VOCABULARY.is_code(domain, code) for code in codes)


def rows(name: str) -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def test_every_problem_code_has_a_quality_rule() -> None:
    rooms = (Path(room.__file__).parent for room in (contracts, typing))
    text = "".join(path.read_text(encoding="utf-8") for room in rooms for path in room.glob("*.py"))
    noted = set(re.findall(r"\b(?:flag|unk|Q):([a-z_0-9]+)", text))
    noted |= set(re.findall(r'(?:set_aside|_unread|_unknown|flagged)\(\s*"([a-z_0-9]+)"', text))
    assert len(noted) > 40
    assert noted <= {row["rule_code"] for row in rows("quality_rules.csv")}


def test_quality_rules_are_unique() -> None:
    codes = [row["rule_code"] for row in rows("quality_rules.csv")]
    assert len(set(codes)) == len(codes)
    assert {row["outcome"] for row in rows("quality_rules.csv")} == {"Q", "unk", "flag"}
