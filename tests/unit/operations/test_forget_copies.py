"""Forgetting a submission of a form: its copies at other partners go with it, and later ones do not land."""

import sys
from collections.abc import Mapping
from unittest.mock import Mock

import pyarrow.parquet as pq
import pyrage
import pytest

from orchestration.core import FORGOTTEN, Keys, UsageError, load_keys
from orchestration.intake import read_register
from orchestration.intake.taking_in import take_in
from orchestration.operations import forget as module
from orchestration.operations import rotate
from orchestration.operations.forget import Asked, Erased, erase, records_called, with_copies
from tests import scenario
from tests.decoded import files_with, marks_of
from tests.evidence_base import EvidenceBase
from tests.fixtures.njia_in_process import Njia, njia

__all__ = ["njia"]
IDENTITY = pyrage.x25519.Identity.generate()  # the stewards'

MTO, BONDE = "mto_post", "bonde_post"
# M4 and B4 are submission 4; here B9 says that it is, too.
BONDE_TWICE = scenario.BONDE_FIRST + scenario.BONDE_FIRST.splitlines()[-1].replace("B4;", "B9;") + "\n"


@pytest.fixture
def base(empty_base: EvidenceBase) -> EvidenceBase:
    for partner, contract in scenario.ONE_FORM.items():
        empty_base.write_contract(partner, contract)
    rotate(empty_base.settings, "stewards", recipient=str(IDENTITY.to_public()))
    return empty_base


def keys_of(base: EvidenceBase) -> Keys:
    return load_keys(base.settings)


def send(base: EvidenceBase, partner: str, name: str, content: str) -> dict:
    base.deliver(partner, name, content)
    taken = take_in(base.settings, keys_of(base), scenario.AS_OF)
    assert {one.outcome for one in taken} == {"landed"}
    (extract_id,) = (one.extract_id for one in taken if one.partner == partner and one.outcome == "landed")
    return read_register(base.settings.landing, partner)[str(extract_id)]


def record(base: EvidenceBase, partner: str, reference: str) -> int:
    return keys_of(base).record_id(partner, f"{partner}_cases|{reference}")


def landed(base: EvidenceBase, partner: str) -> set[int]:
    paths = (base.settings.landing / partner).glob("*.parquet")
    return {one for path in paths for one in pq.read_table(path)["record_id"].to_pylist()}


def original(base: EvidenceBase, entry: dict) -> str:
    sealed = base.settings.sealed / BONDE / f"{entry['extract_id']}.age"
    return pyrage.decrypt(sealed.read_bytes(), [IDENTITY]).decode()


def asked_for(base: EvidenceBase, partner: str, *references: str) -> Asked:
    keys = keys_of(base)
    called = {one for name in references for one in records_called(base.settings, keys, partner, name)}
    return with_copies(base.settings, partner, called)


def forget(
    base: EvidenceBase, partner: str, *references: str, key: str | None = None
) -> Mapping[str, Erased]:
    asked = asked_for(base, partner, *references)
    erased = erase(base.settings, keys_of(base), asked, key, scenario.AS_OF, "os:fixture")
    return {one.partner: one for one in erased}


def test_the_copy_at_another_partner_is_forgotten_too(base: EvidenceBase) -> None:
    send(base, MTO, "mto_1.csv", scenario.MTO)
    of_bonde = send(base, BONDE, "bonde_1.csv", scenario.BONDE_FIRST)
    submission = keys_of(base).submission_code(f"00000004-0000-4000-8000-{scenario.PLANTED_SUBMISSION}")
    copies = {MTO: record(base, MTO, "M4"), BONDE: record(base, BONDE, "B4")}
    marks = {submission}.union(*(marks_of(base.settings, keys_of(base), one) for one in copies.values()))
    for partner in copies:
        assert any(f"landing/{partner}/" in file for file in files_with(base.settings, keys_of(base), marks))
    erased = forget(base, MTO, "M4", key=str(IDENTITY))
    assert {partner: one.records for partner, one in erased.items()} == {BONDE: 1, MTO: 1}
    assert record(base, MTO, "M4") not in landed(base, MTO)
    assert landed(base, BONDE) == {record(base, BONDE, name) for name in ("B1", "B2", "B3")}
    text = original(base, of_bonde)
    assert "B3" in text and "B4" not in text
    assert files_with(base.settings, keys_of(base), marks, IDENTITY) == []


def test_a_first_copy_that_comes_later_does_not_land(base: EvidenceBase) -> None:
    send(base, MTO, "mto_1.csv", scenario.MTO)
    forget(base, MTO, "M4", key=str(IDENTITY))
    of_bonde = send(base, BONDE, "bonde_1.csv", scenario.BONDE_FIRST)
    assert {"sheet": "", "reason": FORGOTTEN, "rows": 1, "row_numbers": ""} in of_bonde["refusals"]
    assert record(base, BONDE, "B4") not in landed(base, BONDE)
    assert "B4" not in original(base, of_bonde)
    again = send(base, MTO, "mto_2.csv", scenario.MTO.replace("M4;", "M44;"))
    assert again["rows_landed"] == 3


def test_a_refused_copy_leaves_no_trace_in_the_note(base: EvidenceBase) -> None:
    send(base, MTO, "mto_1.csv", scenario.MTO)
    refused = scenario.BONDE_FIRST.replace(";Yes;", ";No;")
    before = send(base, BONDE, "bonde_1.csv", refused)
    assert len(before["withheld_submissions"]) == 4
    forget(base, MTO, "M4")
    [after] = read_register(base.settings.landing, BONDE).values()
    gone = str(record(base, BONDE, "B4"))
    assert set(before["withheld_submissions"]) - set(after["withheld_submissions"]) == {gone}


def test_a_submission_of_several_records_is_not_followed(base: EvidenceBase) -> None:
    """An id that stands in two records of an extract may be of two persons, or a placeholder."""
    send(base, MTO, "mto_1.csv", scenario.MTO)
    send(base, BONDE, "bonde_1.csv", BONDE_TWICE)
    asked = asked_for(base, MTO, "M4", "M3")
    assert dict(asked.records) == {MTO: {record(base, MTO, "M4"), record(base, MTO, "M3")}}
    assert (asked.unclear, len(asked.submissions)) == (1, 1)
    both = asked_for(base, BONDE, "B4", "B9")
    assert both.records[MTO] == {record(base, MTO, "M4")}
    assert both.unclear == 0


def test_the_question_counts_the_copies_and_says_what_is_not_followed(
    base: EvidenceBase, njia: Njia, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(base, MTO, "mto_1.csv", scenario.MTO)
    send(base, BONDE, "bonde_1.csv", scenario.BONDE_FIRST)
    at = ("--home", base.settings.home, "--partners", base.settings.partners)
    refuse = Mock(side_effect=UsageError("not today"))
    monkeypatch.setattr("orchestration.cli.forget.click.confirm", refuse)

    def asked(partner: str, *references: str) -> str:
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        ran = njia("forget", partner, *references, *at)
        assert "not today" in ran.words
        return ran.words

    assert "1 record of mto_post, with copies of the same submissions at bonde_post (1)" in asked(MTO, "M4")
    assert "1 record of mto_post will be" in asked(MTO, "M3")
    send(base, BONDE, "bonde_2.csv", BONDE_TWICE)
    assert "1 of the records share a submission with records that you did not name" in asked(MTO, "M4")
    assert record(base, MTO, "M4") in landed(base, MTO)


def test_a_kill_before_the_asked_record_is_marked_is_finished_by_the_same_command(
    base: EvidenceBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(base, MTO, "mto_1.csv", scenario.MTO)
    send(base, BONDE, "bonde_1.csv", scenario.BONDE_FIRST)
    set_tombstones = module.set_tombstones

    def killed_at_the_asked(settings: object, keys: object, partner: str, *rest: object) -> None:
        if partner == MTO:
            raise KeyboardInterrupt
        set_tombstones(settings, keys, partner, *rest)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(module, "set_tombstones", killed_at_the_asked)
        forget(base, MTO, "M4")
    take_in(base.settings, keys_of(base), scenario.AS_OF)  # a refresh erases what was marked
    assert record(base, BONDE, "B4") not in landed(base, BONDE)
    forget(base, MTO, "M4")
    assert record(base, MTO, "M4") not in landed(base, MTO)


def test_without_a_form_only_the_asked_record_is_forgotten(base: EvidenceBase) -> None:
    base.write_contract("swala_post", scenario.PARTNERS["swala_post"])
    send(base, "swala_post", "swala_2026-02.csv", scenario.SWALA)
    send(base, MTO, "mto_1.csv", scenario.MTO)
    erased = forget(base, "swala_post", "S3")
    assert list(erased) == ["swala_post"]
    assert len(landed(base, MTO)) == 4
