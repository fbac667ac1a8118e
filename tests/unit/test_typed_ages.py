"""Ages, rows A1 to A14 of the catalogue of dirty values."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.extracts.typed.ages import read_age
from orchestration.extracts.typed.vocabulary import AGE_BAND, load_vocabulary
from orchestration.settings import REFERENCE_SEEDS

WORDS = load_vocabulary(REFERENCE_SEEDS).words_of(AGE_BAND, ("en", "sw"))
IN_2020 = (date(2020, 3, 4), date(2020, 3, 4))


def outcome(value: str | None, kind: str = "text", **how: object) -> tuple[object, ...]:
    found = read_age(value, kind, words=WORDS, **how)  # type: ignore[arg-type]
    return (found.band, found.is_child, *found.problems)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["16", "16.0", "16yrs", "17.9", "miaka 16", "9--17", "9—17", "16 years old"], ("a09_17", True)),
        (["7 months", "8m", "0"], ("a00_08", True)),
        (["18"], ("a18_20", False)),
        (["52", "60+"], ("a48_plus", False)),
        (["14-17"], ("a09_17", True)),
        (["5-12"], ("child", True)),
        (["18-25"], ("adult", False)),
        (["16-19", "~17", "~18"], ("unknown", None, "unk:age_straddles_18")),
        (["minor", "U18", "<18", "child", "mtoto"], ("child", True)),
        (["Adult", "18+", "over 18", "mtu mzima"], ("adult", False)),
        (["teen", "youth", "kijana"], ("unknown", None, "unk:age_vague")),
        (["~30"], ("a30_38", False, "flag:age_estimated")),
        (["99"], ("a48_plus", False)),
        (["160", "-5", "43894"], ("unknown", None, "unk:age_invalid")),
        (["2004"], ("unknown", None, "unk:age_is_year")),
        (["16, 17 & 19"], ("unknown", None, "unk:age_list")),
        (["17-Sep", "9-Oct"], ("unknown", None, "unk:age_is_date")),
        ([""], (None, None)),
        (["sijui"], ("unknown", None)),
    ],
)
def test_an_age_is_read(values: list[str], expected: tuple[object, ...]) -> None:
    assert [outcome(value) for value in values] == [expected] * len(values)


def test_listed_values_mean_not_known() -> None:
    assert outcome("99", missing=("99", "-99")) == outcome("-99", missing=("99", "-99")) == ("unknown", None)


def test_a_birth_year_leaves_two_ages_open() -> None:
    assert outcome("2004", source="birth_year", event=IN_2020) == ("a09_17", True)
    assert outcome("2002", source="birth_year", event=IN_2020) == ("unknown", None, "unk:age_straddles_18")
    assert outcome("2004", source="birth_year") == ("unknown", None, "unk:age_without_date")


def test_a_date_in_the_age_column_is_no_age() -> None:
    assert outcome("", "date") == ("unknown", None, "unk:age_is_date")


def test_an_age_derived_at_landing_is_read() -> None:
    assert outcome("16", "derived", source="birth_date") == ("a09_17", True)
    assert outcome("17-18", "derived", source="birth_date") == ("unknown", None, "unk:age_straddles_18")
    assert outcome("unknown", "derived") == ("unknown", None)


@given(
    st.one_of(st.none(), st.text(), st.from_regex(r"[0-9.,\-+<>~ a-z]{0,12}"), st.integers().map(str)),
    st.sampled_from(["text", "number", "date", "error", "derived"]),
    st.sampled_from(["age_text", "birth_year"]),
)
def test_no_value_makes_it_raise_and_bands_agree_with_child(
    value: str | None, kind: str, source: str
) -> None:
    found = read_age(value, kind, source=source, event=IN_2020, words=WORDS)
    if found.is_child is not None:
        assert found.is_child == (found.band in ("a00_08", "a09_17", "child"))
    else:
        assert found.band in (None, "unknown")
