"""Everything that partners and stewards get wrong, all at once: each costs its own partner and nobody else.

One refresh takes in a good partner and eight that are not: every fault ends in a sentence that names the
partner, the file and the fix, quotes no cell, and leaves the file where it can be mended.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import Any

import pytest

from orchestration.core import read_json
from orchestration.release import current_release
from orchestration.warehouse import manifest_path
from tests import scenario
from tests.command import Ran, last_object, njia
from tests.evidence_base import EvidenceBase, new_evidence_base

GOOD = "kobe_post"
ROWS = (
    "B1;10/03/2025;F;15;Vihiga;Nakuru;Nairobi;Nairobi;Domestic;bus;Yes;Zuhura Testperson;0712345678;cries\n"
    "B2;11/03/2025;M;30;Lodwar;Moyale;Juba;Juba;Labour;lori;Yes;Mosi Sampleton;0712345678;was beaten\n"
)
CELLS = (
    "B1", "B2", "10/03/2025", "11/03/2025", "Vihiga", "Nakuru", "Lodwar", "Moyale", "Juba", "lori", "Zuhura",
    "Testperson", "Mosi", "Sampleton", "0712345678", "cries", "beaten",
)  # fmt: skip
ENCRYPTED = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + "EncryptedPackage".encode("utf-16-le") + bytes(4096)
)


def case_contract(partner: str, valid_to: str = "2035-12-31") -> str:
    return scenario.CASES.format(
        partner=partner, mode="full", agreement=scenario.AGREEMENT.format(valid_to=valid_to)
    )


def workbook_contract(partner: str) -> str:
    contract = case_contract(partner).replace('files: "*.csv"', 'files: "*.xlsx"')
    return contract.replace('{kind: csv, encoding: utf-8, delimiter: ";"}', "{kind: xlsx}")


@dataclass(frozen=True)
class Fault:
    """One partner, what it sent, what becomes of it, and words that its sentence must hold."""

    partner: str
    file: str
    content: str | bytes
    contract: str | None
    outcome: str
    fix: tuple[str, ...]
    stays: bool = True


FAULTS = {
    "unreadable workbook": Fault(
        "twiga_torn", "torn.xlsx", b"PK\x03\x04" + b"no zip at all " * 40, workbook_contract("twiga_torn"),
        "unreadable", ("send it again",),
    ),
    "empty file": Fault(
        "punda_empty", "nothing.csv", b"", case_contract("punda_empty"),
        "unreadable", ("empty", "send it again"),
    ),
    "encrypted workbook": Fault(
        "duma_locked", "locked.xlsx", ENCRYPTED, workbook_contract("duma_locked"),
        "unreadable", ("password", "send it without one"),
    ),
    "wrong delimiter": Fault(
        "paa_commas", "commas.csv", (scenario.CASE_HEADER + ROWS).replace(";", ","), case_contract("paa_commas"),
        "held", ("comma", "format.delimiter"),
    ),
    "missing required column": Fault(
        "fisi_undated", "undated.csv", (scenario.CASE_HEADER + ROWS).replace("Ref;Date;", "Ref;When;"),
        case_contract("fisi_undated"), "held", ("'Date'", "contract"),
    ),
    "unknown partner": Fault(
        "nyani_unknown", "cases.csv", scenario.CASE_HEADER + ROWS, None,
        "held", ("nyani_unknown/contract.yml",),
    ),
    "expired agreement": Fault(
        "mbogo_expired", "late.csv", scenario.CASE_HEADER + ROWS, case_contract("mbogo_expired", "2025-12-31"),
        "held", ("agreement",), stays=False,
    ),
    "contract with a wrong key": Fault(
        "kima_misspelt", "cases.csv", scenario.CASE_HEADER + ROWS,
        case_contract("kima_misspelt").replace("delivery:", "delivry:"), "held", ("`delivry`", "`delivery`"),
    ),
}  # fmt: skip
each_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())


@dataclass
class Day:
    base: EvidenceBase
    ran: Ran
    summary: dict[str, Any]

    def extract(self, partner: str) -> dict[str, Any]:
        (found,) = [one for one in self.summary["extracts"] if one["partner"] == partner]
        return found


@pytest.fixture(scope="module")
def bad_day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    base = new_evidence_base(tmp_path_factory.mktemp("bad_day"))
    base.deliver(GOOD, "kobe_1.csv", scenario.KOBE_FIRST)
    for fault in FAULTS.values():
        if fault.contract:
            base.write_contract(fault.partner, fault.contract)
        base.deliver(fault.partner, fault.file, fault.content)
    manifest_path(base.settings)  # dbt's parsing, which this process has done before
    ran = njia("refresh", "--json", settings=base.settings)
    assert ran.stdout, ran.stderr
    return Day(base, ran, last_object(ran))


def test_the_refresh_is_published_all_the_same(bad_day: Day) -> None:
    assert bad_day.ran.returncode == 0, bad_day.ran.stderr
    assert bad_day.summary["outcome"] == "published"


def test_the_good_partner_is_published_whole(bad_day: Day) -> None:
    good = bad_day.extract(GOOD)
    assert (good["outcome"], good["rows_read"], good["rows_landed"], good["reason"]) == ("landed", 2, 2, None)
    release = current_release(bad_day.base.settings)
    assert release is not None
    assert release.manifest["rows"]["current"] == 2
    assert release.manifest["movements"] == 2
    assert bad_day.base.ask("select count(*) from marts.fct_movements where record_grain = 'case'") == [(2,)]


def test_each_inbox_file_is_reported_exactly_once(bad_day: Day) -> None:
    told = {one["partner"]: one["file"] for one in bad_day.summary["extracts"]}
    assert len(bad_day.summary["extracts"]) == len(told)
    assert told.keys() == {GOOD, *(fault.partner for fault in FAULTS.values())}
    for partner, file in told.items():
        assert re.fullmatch(rf"{partner} 20\d\d-\d\d-\d\d [0-9a-f]{{8,16}}…", file)


@each_fault
def test_each_has_the_outcome_that_fits(bad_day: Day, fault: Fault) -> None:
    assert bad_day.extract(fault.partner)["outcome"] == fault.outcome


@each_fault
def test_each_gets_a_sentence_with_partner_file_and_fix(bad_day: Day, fault: Fault) -> None:
    sentence = bad_day.extract(fault.partner)["reason"]
    assert sentence.endswith((".", "?")) and " " in sentence, sentence
    missing = [
        word
        for word in (fault.partner, bad_day.extract(fault.partner)["file"], *fault.fix)
        if word not in sentence
    ]
    assert missing == [], sentence


@each_fault
def test_each_sentence_is_shown_to_the_operator(bad_day: Day, fault: Fault) -> None:
    shown = " ".join(bad_day.ran.stdout.split())
    sentence = " ".join(bad_day.extract(fault.partner)["reason"].split())
    file = fault.file if fault.stays else bad_day.extract(fault.partner)["file"]
    assert f"{fault.outcome} {fault.partner} · {file}" in shown
    assert sentence.replace(" ", "") in shown.replace(" ", "")


def test_no_sentence_quotes_a_cell(bad_day: Day) -> None:
    review = "".join(
        path.read_text(encoding="utf-8")
        for path in bad_day.base.settings.review.rglob("*")
        if path.suffix in (".csv", ".json")
    )
    for text in (bad_day.ran.stdout, bad_day.ran.stderr, review):
        assert [cell for cell in CELLS if cell in text] == []


@each_fault
def test_what_could_not_be_taken_stays_in_the_inbox_as_it_was(bad_day: Day, fault: Fault) -> None:
    settings = bad_day.base.settings
    path = settings.inbox / fault.partner / fault.file
    assert path.exists() == fault.stays
    if fault.stays:
        content = fault.content.encode() if isinstance(fault.content, str) else fault.content
        assert path.read_bytes() == content
        assert not list((settings.landing / fault.partner).glob("*.json"))
    else:
        (entry,) = (settings.landing / fault.partner).glob("*.json")
        assert (settings.sealed / fault.partner).is_dir(), "taken from the inbox, so it must be kept sealed"
        assert read_json(entry)["rows_landed"] == 2


def test_rows_of_a_held_extract_are_held_and_nothing_else_is_missing(bad_day: Day) -> None:
    assert bad_day.summary["rows"] == {
        "landed": 4, "current": 2, "superseded": 0, "quarantined": 0, "withdrawn": 0, "held": 2,
        "embargoed": 0,
    }  # fmt: skip


def test_stewards_find_the_same_in_the_review_folder(bad_day: Day) -> None:
    review = bad_day.base.settings.review
    with (review / "files_not_taken.csv").open(encoding="utf-8", newline="") as file:
        waiting = {row["partner"]: row for row in csv.DictReader(file)}
    stays = [fault for fault in FAULTS.values() if fault.stays]
    assert waiting.keys() == {fault.partner for fault in stays}
    for fault in stays:
        row, told = waiting[fault.partner], bad_day.extract(fault.partner)
        assert (row["file"], row["outcome"], row["reason"]) == (told["file"], fault.outcome, told["reason"])
    with (review / "failed_checks.csv").open(encoding="utf-8", newline="") as file:
        failed = {(row["partner"], row["check_name"]) for row in csv.DictReader(file)}
    assert ("mbogo_expired", "agreement_is_valid") in failed


def test_status_says_who_waits(bad_day: Day) -> None:
    from orchestration.operations import read_status

    found = read_status(bad_day.base.settings)
    assert [held["partner"] for held in found["held"]] == ["mbogo_expired"]
    assert found["review"]["files_not_taken"] == 7
    states = {one["partner"]: one["state"] for one in found["partners"]}
    assert (states[GOOD], states["mbogo_expired"]) == ("in force", "held")


def test_nothing_of_the_bad_partners_is_published(bad_day: Day) -> None:
    extracts = bad_day.base.ask("select fate, rows_landed from quality.extracts order by fate")
    assert extracts == [("held", 2), ("in_force", 2)]
