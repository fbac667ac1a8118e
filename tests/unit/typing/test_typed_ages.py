"""Ages beyond the catalogue's (test_dirty_values_ages), and properties of any cell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.contracts import AGE_BAND, load_vocabulary
from orchestration.typing import read_age

WORDS = load_vocabulary().words_of(AGE_BAND, ("en", "sw"))
IN_2020 = (date(2020, 3, 4), date(2020, 3, 4))


def outcome(value: str | None, kind: str = "text", **how: object) -> tuple[object, ...]:
    found = read_age(value, kind, words=WORDS, **how)  # type: ignore[arg-type]
    return (found.band, found.is_child, *found.problems)


@pytest.mark.parametrize(("value", "expected"), [
    ("16 years old", ("a09_17", True)),
    ("9-Oct", ("unknown", None, "unk:age_is_date")),
    ("", (None, None)),
    ("sijui", ("unknown", None)),
])  # fmt: skip
def test_an_age_is_read(value: str, expected: tuple[object, ...]) -> None:
    assert outcome(value) == expected


def test_a_birth_year_needs_a_date() -> None:
    assert outcome("2004", source="birth_year") == ("unknown", None, "unk:age_without_date")


def test_an_age_derived_at_landing_is_read() -> None:
    assert outcome("16", "derived", source="birth_date") == ("a09_17", True)
    assert outcome("17-18", "derived", source="birth_date") == ("unknown", None, "unk:age_straddles_18")
    assert outcome("unknown", "derived") == ("unknown", None)


@given(
    st.one_of(st.none(), st.text(), st.from_regex(r"[0-9.,\-+<>~ a-z]{0,12}"), st.integers().map(str)),
    st.sampled_from(["text", "number", "date", "error", "derived"]),
    st.sampled_from(["age_text", "birth_year"]),
)
def test_any_value_gives_a_band_that_agrees_with_is_child(value: str | None, kind: str, source: str) -> None:
    found = read_age(value, kind, source=source, event=IN_2020, words=WORDS)
    if found.is_child is not None:
        assert found.is_child == (found.band in ("a00_08", "a09_17", "child"))
    else:
        assert found.band in (None, "unknown")
