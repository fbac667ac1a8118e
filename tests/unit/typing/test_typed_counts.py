"""Counts beyond the catalogue's (test_dirty_values_counts), and properties of any cell."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.typing import read_count
from orchestration.typing.counts import read_default


def outcome(value: str | None, kind: str = "text", **how: object) -> tuple[object, ...]:
    found = read_count(value, kind, **how)  # type: ignore[arg-type]
    return (found.count, found.low, found.high, found.basis, *found.problems)


@pytest.mark.parametrize(("value", "expected"), [
    ("5 hadi 10", (5, 5, 10, "range")),
    ("1.000", (None, None, None, "not_stated", "unk:count_invalid")),
    ("5²", (None, None, None, "not_stated", "unk:count_unparsed")),
])  # fmt: skip
def test_a_count_is_read_with_what_it_rests_on(value: str, expected: tuple[object, ...]) -> None:
    assert outcome(value) == expected


def test_contract_states_the_number_format() -> None:
    assert outcome("1.200", thousands=".", decimal=",") == (1200, 1200, 1200, "stated")


def test_a_case_is_one_person_unless_it_says_otherwise() -> None:
    assert read_default(None, "case").count == 1
    assert read_default(None, "route_report").basis == "not_stated"


@given(
    st.one_of(st.none(), st.text(), st.from_regex(r"[0-9.,\-+<>~ a-z]{0,12}"), st.integers().map(str)),
    st.sampled_from(["text", "number", "date", "error", "boolean"]),
)
def test_any_value_gives_bounds_in_order(value: str | None, kind: str) -> None:
    found = read_count(value, kind)
    assert found.low is None or found.high is None or 0 <= found.low <= found.high < 2**31
    assert (found.basis == "not_stated") == (found.count is None and found.high is None)
