"""The policy of what may be printed: one file, checked, known by its hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.disclosure import load_disclosure_policy
from orchestration.disclosure.policy import DISCLOSURE_POLICY_SEED
from orchestration.errors import NjiaError
from tests.unit.disclosure_worlds import POLICY


def changed(folder: Path, before: str, after: str) -> Path:
    text = DISCLOSURE_POLICY_SEED.read_text(encoding="utf-8")
    assert before in text
    path = folder / "policy.csv"
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return path


def test_the_defaults_are_those_agreed() -> None:
    public, partner = POLICY.public, POLICY.partner
    assert (public.least_persons, public.least_records, public.least_partners) == (10, 5, 3)
    assert (public.dominance_percent, public.lag_days) == (20, 180)
    assert (partner.least_persons, partner.least_partners, partner.lag_days) == (5, 2, 30)
    assert (public.attribute_share, public.finest_place, public.finest_period) == (0.95, "county", "quarter")
    assert not public.children_tables and POLICY.sign_off == ("changed_policy",)


def test_children_are_told_one_step_coarser_and_never_beyond_the_coarsest() -> None:
    assert [POLICY.finest("public", "period", of_children=one) for one in (False, True)] == [
        "quarter",
        "year",
    ]
    assert [POLICY.finest("public", "place", of_children=one) for one in (False, True)] == [
        "county",
        "country",
    ]
    assert POLICY.finest("partner", "place", of_children=True) == "county"


def test_the_version_follows_the_values_and_not_the_reasons(tmp_path: Path) -> None:
    reworded = load_disclosure_policy(
        changed(tmp_path, "One record may tell of a group", "One record may be of a group")
    )
    assert reworded.version == POLICY.version and len(POLICY.version) == 12
    stricter = load_disclosure_policy(changed(tmp_path, "public_least_persons,10", "public_least_persons,11"))
    assert stricter.version != POLICY.version and stricter.public.least_persons == 11
    assert stricter.for_manifest()["rows"][0]["value"] == "11"


def test_one_legend_stands_for_every_reason() -> None:
    assert POLICY.legend() == (
        "c not shown: fewer than 10 persons or partners too few, or hidden to protect another cell"
    )


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("public_least_persons,10", "public_least_persons,ten", "row public_least_persons: the value is not a whole number"),
        ("public_least_persons,10", "public_least_persons,3", "must not tell smaller counts"),
        ("public_attribute_share,0.95", "public_attribute_share,95", "a number from 0.5 to 1"),
        ("public_finest_place,county", "public_finest_place,village", "one of point, ward"),
        ("repair_rounds,6", "repair_round,6", "no value for repair_rounds"),
        ("sign_off,changed", "another,changed", "no value for sign_off"),
        ("sign_off,changed_policy", "sign_off,everything", "none, or some of changed_policy, first_release"),
        ("name,value", "name,number", "must have the columns"),
        ("insider_least_width,3", "repair_rounds,3", "a name in two rows"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_told_with_its_row(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    with pytest.raises(NjiaError, match=sentence):
        load_disclosure_policy(changed(tmp_path, before, after))


def test_a_policy_that_is_not_the_default_waits_for_a_signature_of_exactly_it(tmp_path: Path) -> None:
    assert POLICY.why_unsigned(signed=(), is_first=True) is None
    looser = load_disclosure_policy(
        changed(tmp_path, "public_least_partners,3,3", "public_least_partners,2,3")
    )
    why = looser.why_unsigned(signed={POLICY.version}, is_first=False)
    assert why is not None and "public_least_partners" in why
    assert looser.why_unsigned(signed={looser.version}, is_first=False) is None


def test_the_first_printing_may_be_made_to_wait_too(tmp_path: Path) -> None:
    cautious = load_disclosure_policy(
        changed(tmp_path, "sign_off,changed_policy,changed_policy", "sign_off,first_release,first_release")
    )
    assert cautious.why_unsigned(signed=(), is_first=True) == "Nothing was printed for the public yet."
    assert cautious.why_unsigned(signed=(), is_first=False) is None
