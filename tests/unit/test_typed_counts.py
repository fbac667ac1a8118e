"""Counts, rows C1 to C16 of the catalogue of dirty values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.extracts.typed.counts import read_count, read_default


def outcome(value: str | None, kind: str = "text", **how: object) -> tuple[object, ...]:
    found = read_count(value, kind, **how)  # type: ignore[arg-type]
    return (found.count, found.low, found.high, found.basis, *found.problems)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["5", "5.0", " 5 ", "five", "tano"], (5, 5, 5, "stated")),
        (["~10", "approx. 10", "about 10", "kama 10"], (10, None, None, "estimated")),
        (["5-10", "5–10", "5 to 10", "between 5 and 10", "5 hadi 10"], (5, 5, 10, "range")),
        (["10-5"], (5, 5, 10, "range", "flag:range_reversed")),
        (["10+", "at least 10", "≥10", ">9"], (10, 10, None, "at_least")),
        (["up to 10", "≤10"], (None, None, 10, "at_most")),
        (["<5"], (None, None, 4, "at_most")),
        (
            ["several", "many", "a few", "dozens", "wengi"],
            (None, None, None, "not_stated", "unk:count_vague"),
        ),
        (["", "-", "N/A", "unknown"], (None, None, None, "not_stated")),
        (["0"], (0, 0, 0, "stated", "flag:count_zero")),
        (["1,200"], (1200, 1200, 1200, "stated")),
        (["1.200", "1.000", "2.5", "-3", "100%"], (None, None, None, "not_stated", "unk:count_invalid")),
        (["5 girls", "5 (2 minors)"], (5, 5, 5, "stated", "flag:count_text_ignored")),
        (["3F 2M", "3 girls, 2 boys"], (5, 5, 5, "stated", "flag:count_by_sex")),
        (["10 per month", "5/week"], (None, None, None, "not_stated", "unk:count_is_rate")),
        (["05-Oct"], (None, None, None, "not_stated", "unk:count_is_date")),
        (["5/10", "l0", "1O", "5²"], (None, None, None, "not_stated", "unk:count_unparsed")),
    ],
)
def test_a_count_is_read_with_what_it_rests_on(values: list[str], expected: tuple[object, ...]) -> None:
    assert [outcome(value) for value in values] == [expected] * len(values)


def test_a_count_by_sex_is_mixed() -> None:
    assert read_count("3F 2M").sex == "mixed"


def test_nobody_is_no_case() -> None:
    assert outcome("0", grain="case")[-1] == outcome("0", grain="interception")[-1] == "Q:count_zero"


def test_the_maximum_of_the_contract_holds() -> None:
    assert outcome("1,200", maximum=500) == (None, None, None, "not_stated", "Q:count_implausible")


def test_another_number_format_is_the_contracts_to_state() -> None:
    assert outcome("1.200", thousands=".", decimal=",") == (1200, 1200, 1200, "stated")


@pytest.mark.parametrize(
    ("value", "kind", "code"),
    [
        ("2020-10-05", "date", "count_is_date"),
        ("#REF!", "error", "cell_error"),
        ("#VALUE!", "error", "cell_error"),
        ("formula_no_value", "error", "formula_no_value"),
    ],
)
def test_what_a_spreadsheet_broke_is_never_turned_back(value: str, kind: str, code: str) -> None:
    assert outcome(value, kind) == (None, None, None, "not_stated", f"unk:{code}")


def test_a_case_is_one_person_unless_it_says_otherwise() -> None:
    assert read_default(None, "case").count == 1
    assert read_default(None, "route_report").basis == "not_stated"


@given(
    st.one_of(st.none(), st.text(), st.from_regex(r"[0-9.,\-+<>~ a-z]{0,12}"), st.integers().map(str)),
    st.sampled_from(["text", "number", "date", "error", "boolean"]),
)
def test_no_value_makes_it_raise_and_bounds_stay_in_order(value: str | None, kind: str) -> None:
    found = read_count(value, kind)
    assert found.low is None or found.high is None or 0 <= found.low <= found.high < 2**31
    assert (found.basis == "not_stated") == (found.count is None and found.high is None)
