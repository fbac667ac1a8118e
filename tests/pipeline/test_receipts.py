"""What each partner gets back: its own rows, in its own words, and nobody else's."""

from __future__ import annotations

import ast
import csv
import re
from pathlib import Path

import pytest

from expectations.extract_gate import EXTRACT_GATE
from orchestration import intake
from orchestration.core import REFERENCE_SEEDS
from orchestration.intake.reading import any_file as reading
from orchestration.intake.taking_in import UNEXPECTED
from orchestration.outputs.receipts import explanations, receipt
from orchestration.refresh import extracts
from tests import scenario, steps
from tests.evidence_base import EvidenceBase, copy_of

INTAKE = Path(intake.__file__).parent


def runs(base: EvidenceBase, partner: str) -> list[Path]:
    return sorted((base.settings.receipts / partner).glob("*"))


def an_hour_later(base: EvidenceBase) -> EvidenceBase:
    return base.at(scenario.AS_OF.replace(hour=7))


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def page(folder: Path) -> str:
    return " ".join((folder / "receipt.html").read_text(encoding="utf-8").split())


def test_quarantined_row_is_named_by_the_partners_column_and_row_number(
    published_world: EvidenceBase,
) -> None:
    (folder,) = runs(published_world, "swala_post")
    told = {(row["row"], row["column"], row["rule"], row["what_became_of_it"]) for row in rows(folder)}
    assert ("6", "Date", "No such day", "set aside") in told  # S5
    assert ("7", "From", "Place not found", "in a row that is set aside, this value unknown") in told  # S6
    assert ("7", "No place could be resolved", "set aside") in {(one[0], one[2], one[3]) for one in told}
    assert ("9", "", "Consent refused", "not taken") in told  # S8


def test_receipt_says_what_was_taken_and_what_to_do(published_world: EvidenceBase) -> None:
    (folder,) = runs(published_world, "swala_post")
    text = page(folder)
    assert f"Release {published_world.release_id()} was published" in text
    assert "No such day" in text and "Correct the cell and send the file again." in text
    # 14 read, 1 withheld, 10 in use, 2 set aside, 1 not yet due
    assert re.search(
        r">14</td><td class=\"n\">1</td> <td class=\"n\">10</td><td class=\"n\">0</td><td class=\"n\">2</td>"
        r"<td class=\"n\">0</td><td class=\"n\">0</td><td class=\"n\">1</td>",
        text,
    ), text


def test_receipt_names_no_other_partner(published_world: EvidenceBase) -> None:
    for partner in scenario.PARTNERS:
        (folder,) = runs(published_world, partner)
        others = [name for name in scenario.PARTNERS if name != partner]
        others += [file for owner, file, _ in scenario.EXTRACTS if owner != partner]
        for file in folder.iterdir():
            text = file.read_text(encoding="utf-8")
            assert not [other for other in others if other in text], file


def test_receipt_counts_records_in_use_by_grain(published_world: EvidenceBase) -> None:
    assert '<td>Cases</td><td class="n">10</td>' in page(runs(published_world, "swala_post")[0])
    assert '<td>Route reports</td><td class="n">4</td>' in page(runs(published_world, "tai_routes")[0])


def test_receipt_says_when_the_next_file_is_due(published_world: EvidenceBase) -> None:
    assert re.search(r"Your newest file came on 20[\d-]+\.", page(runs(published_world, "swala_post")[0]))


def test_unchanged_refresh_writes_receipts_to_senders_only(evidence_base: EvidenceBase) -> None:
    later = an_hour_later(evidence_base)
    later.deliver("swala_post", "again.csv", scenario.SWALA)
    later.deliver("kobe_post", "broken.csv", b"")
    ended = later.refresh()
    assert ended.error is None and ended.outcome == "unchanged"
    assert {partner: len(runs(later, partner)) for partner in scenario.PARTNERS} == {
        "swala_post": 2,
        "kobe_post": 2,
        "tai_routes": 1,
        "chui_routes": 1,
    }
    assert "we have it already" in page(runs(later, "swala_post")[-1])
    assert "Empty file. The file has no content at all." in page(runs(later, "kobe_post")[-1])


def test_damaged_work_file_does_not_stop_an_unchanged_refresh(evidence_base: EvidenceBase) -> None:
    later = an_hour_later(evidence_base)
    later.deliver("swala_post", "again.csv", scenario.SWALA)
    work_file = later.settings.warehouse
    work_file.write_bytes(work_file.read_bytes()[: work_file.stat().st_size // 2])
    ended = later.refresh()
    assert ended.error is None and ended.outcome == "unchanged"
    assert "we have it already" in page(runs(later, "swala_post")[-1])


def changed_swala() -> str:
    """Phone renamed, Notes gone, two columns new of which one names a person, an answer nobody knows."""
    header, *lines = scenario.SWALA.replace(";bus;", ";hovercraft;").splitlines()
    header = header.replace(";Phone;", ";Telephone;").replace(";Notes", ";Mzigo;Wanjiku Testperson")
    return "\n".join([header, *(f"{line.rpartition(';')[0]};sanduku;yes" for line in lines)]) + "\n"


@pytest.fixture(scope="module")
def odd_files(published_world: EvidenceBase, tmp_path_factory: pytest.TempPathFactory) -> EvidenceBase:
    """kobe has a column and a file that a spreadsheet would run, and swala's columns have changed.

    An hour later a refresh lands kobe_3.csv and is interrupted; two hours later one comes to its end.
    """
    base = an_hour_later(copy_of(published_world, tmp_path_factory.mktemp("odd")))
    contract = scenario.PARTNERS["kobe_post"].replace("age_band: {column: Age", 'age_band: {column: "=1+1"')
    base.write_contract("kobe_post", contract)
    refused = "K5;12/05/2025;F;28;Busia;Nakuru;Nairobi;Nairobi;Domestic;bus;No;;;\n"
    sent = scenario.KOBE_SECOND.replace("K2", "K4").replace(";Age;", ";=1+1;")
    base.deliver("kobe_post", "kobe_3.csv", sent + refused)
    steps.do(base.settings, extracts.take_in)
    assert len(runs(base, "kobe_post")) == 1
    base = base.at(scenario.AS_OF.replace(hour=8))
    base.deliver("swala_post", "changed.csv", changed_swala())
    sent = scenario.KOBE_FIRST.replace(";Age;", ";=1+1;").replace(";15;", ";150;")
    base.deliver("kobe_post", "=cmd|' !A1.csv", sent)
    assert base.refresh().error is None
    return base


def test_receipt_covers_what_an_interrupted_refresh_landed(odd_files: EvidenceBase) -> None:
    taken = [(one.file, one.outcome, one.rows_read) for one in extracts.taken_of(odd_files.settings)]
    refused = {
        (row["file"], row["row"])
        for row in rows(runs(odd_files, "kobe_post")[-1])
        if row["rule"] == "Consent refused"
    }
    assert {(file, "landed", 2) for file, line in refused if line == "3"} & set(taken)


def test_formula_in_a_column_name_is_escaped(odd_files: EvidenceBase) -> None:
    with (runs(odd_files, "kobe_post")[-1] / "rows.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_each_rule_has_a_sentence_for_partners() -> None:
    with (REFERENCE_SEEDS / "quality_rules.csv").open(encoding="utf-8", newline="") as file:
        assert [row["rule_code"] for row in csv.DictReader(file) if not row["partner_action"]] == []
    reason = re.compile(r'"((?:skip|dup|withheld|strip):[a-z_]+)"')
    used = {found for path in INTAKE.rglob("*.py") for found in reason.findall(path.read_text())}
    assert "strip:phone" in used
    assert [code for code in sorted(used) if explanations.explain(code).to_do == explanations.ASK] == []


def codes_that_stop_a_file() -> set[str]:
    """First arguments of the two faults wherever the intake room makes one."""
    codes = {UNEXPECTED, *(reader.not_zip[0] for reader in reading.READERS.values() if reader.not_zip)}
    codes |= {code for code, _ in reading.REFUSED.values()}
    for path in INTAKE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("ExtractHeld", "ExtractUnreadable"):
                code = call.args[0]
                is_known = (path.name, ast.unparse(code)) in (
                    ("any_file.py", "code"),
                    ("taking_in.py", "UNEXPECTED"),
                )
                assert isinstance(code, ast.Constant) or is_known, ast.unparse(call)
                codes |= {code.value} if isinstance(code, ast.Constant) else set()
    return codes


def test_each_reason_for_holding_a_file_has_a_sentence_for_partners() -> None:
    with (REFERENCE_SEEDS / "file_reasons.csv").open(encoding="utf-8", newline="") as file:
        told = {row["reason"]: row for row in csv.DictReader(file)}
    changes = re.findall(r'"((?:unread_)?column_[a-z]+|new_codes)"', Path(receipt.__file__).read_text())
    checks = {f"check:{check.name}" for check in EXTRACT_GATE if check.severity == "hold"}
    checks.add("check:not_judged")  # what no check has seen is held too
    assert codes_that_stop_a_file() | {f"drift:{change}" for change in changes} | checks == set(told)
    for row in told.values():
        for ours in ("`", "contract.yml", "format.", "Ask the partner", "the partner"):
            assert ours not in " ".join(row.values()), row["reason"]


def test_waiting_file_is_explained_with_its_columns(
    evidence_base: EvidenceBase,
) -> None:
    later = an_hour_later(evidence_base)
    later.deliver("swala_post", "next.csv", scenario.SWALA.replace(";Date;", ";Departure date;", 1))
    later.refresh()
    folder = runs(later, "swala_post")[-1]
    assert "Columns missing: <em>Date</em>. The file lacks columns" in page(folder)
    assert "change the contract" not in page(folder)
    told = [(row["column"], row["what_became_of_it"], row["rule"]) for row in rows(folder) if not row["row"]]
    assert told == [
        ("Date", "waits", "Columns missing"),
        ("Date → Departure date", "changed", "Probably renamed"),
    ]
    assert "<em>Date → Departure date</em></td><td>Probably renamed. One column is gone" in page(folder)


def test_changed_columns_are_listed_without_names_of_persons(odd_files: EvidenceBase) -> None:
    folder = runs(odd_files, "swala_post")[-1]
    changed = [row for row in rows(folder) if row["what_became_of_it"] == "changed"]
    assert [(row["column"], row["rule"]) for row in changed] == [
        ("Phone → Telephone", "Probably renamed"),
        ("Notes", "Column gone"),
        ("column 14", "New column"),
        ("column 15", "New column"),
        ("Travel", "New answers"),
    ]
    (file,) = {row["file"] for row in changed}
    assert re.fullmatch(r"swala_post 2026-03-01 [0-9a-f]{8,16}…", file), "the day of the receipt, and an id"
    # S1, S3, S5 to S7 and S9 to S14; S8 refused consent.
    assert changed[-1]["meaning"].startswith("“hovercraft”: in 11 of the 13 records that answer. ")
    assert changed[1]["what_to_do"] == "Nothing to do."
    text = page(folder)
    assert f"What changed in {file}</h3>" in text and "Compared with your last file of this kind." in text
    assert "<em>Phone → Telephone</em></td><td>Probably renamed. Nothing of the column was kept" in text
    assert "New answers, “hovercraft”: in 11 of the 13 records that answer. The answers" in text
    for written in folder.iterdir():
        assert not re.search("Wanjiku|sanduku|Mzigo", written.read_text(encoding="utf-8"))


def test_first_and_unchanged_files_list_no_change(published_world: EvidenceBase) -> None:
    for partner in scenario.PARTNERS:
        assert "What changed in" not in page(runs(published_world, partner)[0])
