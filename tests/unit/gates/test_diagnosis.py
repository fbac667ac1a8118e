"""What a held extract is explained by: each breakage planted in the second file of a partner of its own.

The first file has 60 records, R0 to R59 in rows 2 to 61: ten a month from March to August 2025. A register is sent
whole, so its second file holds them too. A partner of NEW sends only R60 to R119 in its second file, of September 2025
to February 2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest

from orchestration import gates
from orchestration.core import Settings, create_missing_keys, of_text, prepare_home
from orchestration.defs import gates as defs_gates
from orchestration.gates import ExtractFate, read_fates
from orchestration.gates.diagnosis import HeldExtract, explain
from orchestration.gates.diagnosis.held import Rows
from orchestration.operations import read_status
from orchestration.refresh import Run, extracts, releasing
from orchestration.stewardship import audit, review
from tests import scenario, steps
from tests.fixtures import steward_world as world
from tests.fixtures.desk_world import make_accounts, shown, visitor

Row = dict[str, str]
COLUMNS = scenario.CASE_HEADER.strip().split(";")
FROM, TO = ("Busia", "Kisumu", "Nakuru"), ("Nairobi", "Mombasa", "Kilifi", "Kwale")
PLANTED = "Qwertyville"  # stands in each place that is written in another way


def row(at: int) -> Row:
    cells = (
        f"R{at}", f"{1 + (at * 7) % 28:02}/{1 + (2 + at // 10) % 12:02}/{2025 + (2 + at // 10) // 12}", "FM"[at % 5 < 2], str(12 + at % 31), FROM[at % 3],
        "Direct", TO[at % 4], TO[(at // 2) % 4], ("Domestic", "Labour")[at % 4 == 0], "bus", "Yes", "", "", "",
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


ROWS, NEW_ROWS = [row(at) for at in range(60)], [row(at) for at in range(60, 120)]


def each(change: Callable[[Row], Row], rows: list[Row] = ROWS) -> list[Row]:
    return [one | change(one) for one in rows]


def month_first(one: Row) -> Row:
    day, month, year = one["Date"].split("/")
    return {"Date": f"{month}/{day}/{year}"}


def garbled(place: str) -> str:
    return f"{PLANTED} {place[::-1]}"


SORTED = [one | {"From": place} for one, place in zip(ROWS, sorted(one["From"] for one in ROWS), strict=True)]
SLIPPED = [one | {"Ref": other["Ref"]} for one, other in zip(ROWS, [ROWS[-1], *ROWS[:-1]], strict=True)]
# The cause, the second file, and what the sentence counts.
BREAKAGES: dict[str, tuple[list[Row], str]] = {
    # R53 and R57 are of 8 August.
    "day_and_month": (each(month_first),
                      "Day and month look swapped in “Date”: read the other way round, 58 of the 58 dates that differ fit (rows 2, 3,"),
    "wrong_year": (each(lambda one: {"Date": one["Date"].replace("2025", "2024")}), "wrong in “Date”: moved by +1, 60 of the 60 dates"),
    "dates_cut": (each(lambda one: {"Date": "01/01/2025"}), "“Date” were cut to the first of the month or year, in 60 of 60"),
    "factor": (each(lambda one: {"Age": str(2 * int(one["Age"]))}), "“Age” look multiplied by 2: with that undone, 60 of the 60 that differ fit (rows 2, 3, 4, 5, 6 …)"),
    "numbers_as_text": (each(lambda one: {"Age": f"{one['Age']} .years"}), "“Age” are written as text"),
    "columns_shifted": (each(lambda one: {"From": one["Promised"], "Promised": one["From"]}),
                        "The columns “Promised”, “From” look shifted or swapped: in 60 of 60 records"),
    "column_empty": (each(lambda one: {"From": ""}), "“From” came empty, in 60 of 60 records"),
    # One in four was Kilifi before.
    "one_value": (each(lambda one: {"Promised": "Kilifi"}), "same value in “Promised”: 45 of 45 records"),
    "code_list_changed": (each(lambda one: {"Sex": {"F": "M", "M": "F"}[one["Sex"]]}), "of “Sex” looks changed: each earlier answer is another one now, in 60 of 60"),
    "encoding": (each(lambda one: {"From": garbled(one["From"])}), "Each name in “From” is written in another way than before, in 60 of 60"),
    # Of 20 records of each place, those whose place is the one that sorting puts into their row stay as they were.
    "column_sorted": (SORTED, "The values of “From” stand in other rows, in 40 of 40 records"),
    "references_moved": (SLIPPED, "references stand in other rows"),
    "references_new": (each(lambda one: {"Ref": f"N{one['Ref']}"}), "60 of 60 records sent before came again under another one"),
    # Three of five are women.
    "filter_left_on": ([one for one in ROWS if one["Sex"] == "F"], "all 36 records say the same in “Sex”, as 36 of the 60 did before"),
    "older_copy": (ROWS[:40], "20 of the 20 records that it lacks are of 2025-06 or later"),
    "part_missing": (ROWS[:20] + ROWS[40:], "20 of the 20 records that are missing are nearly all that was sent of 2025-05 – 2025-06 (rows 22, 23, 24, 25, 26 … of the file before)"),
    "rows_doubled": (ROWS + [one | {"Ref": f"X{one['Ref']}"} for one in ROWS], "60 of 60 records are copies"),
    "heading_renamed": (ROWS, "The column “Form” is not in the file; 60 records had it before"),
    # Every other record at random, and nothing else.
    "": ([one for at, one in enumerate(ROWS) if at * at % 7 < 3], "No known cause explains what differs: 17 are missing (rows 4, 7, 11, 14, 18 … of the file before)"),
}  # fmt: skip
WOMEN = [one for one in NEW_ROWS if one["Sex"] == "F"]
NEW: dict[str, tuple[list[Row], str]] = {
    "day_and_month": (each(month_first, NEW_ROWS), "read the other way round, 60 of the 60 dates"),
    "factor": (each(lambda one: {"Age": str(2 * int(one["Age"]))}, NEW_ROWS), "“Age” look multiplied by 2"),
    "columns_shifted": (each(lambda one: {"From": one["Promised"], "Promised": one["From"]}, NEW_ROWS), "“Promised”, “From” look shifted"),
    "column_empty": (each(lambda one: {"Promised": ""}, NEW_ROWS), "“Promised” came empty, in 60 of 60"),
    # One in three came from Busia, and ten a month still come: a filter would leave three.
    "one_value": (each(lambda one: {"From": "Busia"}, NEW_ROWS), "same value in “From”: 60 of 60"),
    # Six women a month came before; of 36 new ones, four came twice.
    "filter_left_on": ([*WOMEN, *(one | {"Ref": f"X{one['Ref']}"} for one in WOMEN[-4:])], "say the same in “Sex”, as 36 of the 60 did before"),
    "encoding": (each(lambda one: {"From": garbled(one["From"]), "Promised": garbled(one["Promised"]), "Exploited in": garbled(one["Exploited in"])}, NEW_ROWS), "is written in another way"),
    # Four of five are men; before, two of five were.
    "": ([one | {"Sex": "FM"[at % 5 > 0]} for at, one in enumerate(NEW_ROWS)], "what differs: 60 are new (rows 2, 3, 4, 5, 6 …)"),
}  # fmt: skip


INNOCENT, FIRST, RIVALS, TWICE, SHEETS = "innocent", "first_file", "rival_file", "twice", "other_sheet"
# Of the same 60 new records, one file says that all are men, another that all are women.
RIVAL_ROWS = [[one | {"Sex": sex} for one in NEW_ROWS] for sex in ("M", "F")]


def partner_of(cause: str, is_new: bool) -> str:
    return f"{cause or 'unknown'}_{'new' if is_new else 'register'}"


def text_of(rows: list[Row], columns: list[str] = COLUMNS) -> str:
    return "\n".join([";".join(columns), *(";".join(one.values()) for one in rows)]) + "\n"


def book(path: Path, title: str, rows: list[Row]) -> None:
    made = openpyxl.Workbook()
    made.active.title = title
    for line in (COLUMNS, *(list(one.values()) for one in rows)):
        made.active.append(list(line))
    made.save(path)


def send(settings: Settings, partner: str, *files: str, mode: str = "full") -> Path:
    contract = scenario.PARTNERS["kobe_post" if mode == "incremental" else "swala_post"]
    (settings.partners / partner).mkdir(parents=True)
    (settings.partners / partner / "contract.yml").write_text(
        contract.replace("kobe_post" if mode == "incremental" else "swala_post", partner)
    )
    inbox = settings.inbox / partner / ".complete"
    inbox.mkdir(parents=True)
    for at, file in enumerate(files):
        (inbox / f"{at}.csv").write_text(file)
    return inbox


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """All files of each partner are taken in and judged, and the lists and receipts are written. Read only."""
    root = tmp_path_factory.mktemp("diagnosis")
    settings = Settings(root / "home", root / "partners", root / "keys", scenario.AS_OF)
    prepare_home(settings)
    create_missing_keys(settings)
    for cause, (rows, _) in BREAKAGES.items():
        columns = ["Kind" if name == "Form" and cause == "heading_renamed" else name for name in COLUMNS]
        send(settings, partner_of(cause, False), text_of(ROWS), text_of(rows, columns))
    other = [one | {"Age": str(20 + at % 7), "Exploited in": TO[at % 3]} for at, one in enumerate(ROWS[:20])]
    for cause, (rows, _) in NEW.items():
        send(settings, partner_of(cause, True), text_of(ROWS), text_of(rows), mode="incremental")
    send(settings, INNOCENT, text_of(ROWS), text_of(ROWS + NEW_ROWS))
    send(settings, FIRST, text_of(each(lambda one: {"Date": "no day"})))
    send(settings, RIVALS, text_of(ROWS), *map(text_of, RIVAL_ROWS), mode="incremental")
    send(settings, TWICE, text_of(ROWS[:20]), text_of(other), mode="incremental")
    inbox = send(settings, SHEETS, mode="incremental")
    contract = settings.partners / SHEETS / "contract.yml"
    as_book = contract.read_text().replace(
        '{kind: csv, encoding: utf-8, delimiter: ";"}', "{kind: xlsx, sheet: 0}"
    )
    contract.write_text(as_book.replace("*.csv", "*.xlsx"))
    book(inbox / "a.xlsx", "Cases", ROWS)
    book(inbox / "b.xlsx", "Trial", [one | {"Sex": "M"} for one in NEW_ROWS])
    make_accounts(settings)

    def judged(run: Run) -> None:
        steps.settle_inbox(run)
        settled = extracts.settled_of(settings)
        review.write_in_force(settings, settled)
        review.write_failed_extract_checks(settings, gates.read_verdicts(settings).verdicts)
        releasing.write_receipts(run, "waits")
        held = [
            {"partner": one.partner, "extract_id": one.extract_id, "held_by": one.held_by}
            for one in settled.held
        ]
        world.refreshed(settings, held=held)

    steps.do(settings, judged)
    return settings


def newest(settings: Settings, partner: str) -> ExtractFate:
    *_, held = [one for one in read_fates(settings).values() if one.partner == partner and one.fate == "held"]
    return held


@pytest.mark.parametrize(
    ("cause", "is_new"), [*((one, False) for one in BREAKAGES), *((one, True) for one in NEW)]
)
def test_a_held_extract_is_explained(settings: Settings, cause: str, is_new: bool) -> None:
    held = newest(settings, partner_of(cause, is_new))
    sentence = of_text(held.cause)
    assert (held.cause_key, (NEW if is_new else BREAKAGES)[cause][1] in sentence) == (cause, True), sentence
    assert held.question.endswith((".", "?"))


def test_files_about_the_same_records_know_each_other(settings: Settings) -> None:
    one, other = [
        fate for fate in read_fates(settings).values() if (fate.partner, fate.fate) == (RIVALS, "held")
    ]
    assert one.cause_key == other.cause_key == "rival_file"
    for fate, rival in ((one, other), (other, one)):
        assert "60 of the 60 new ones stand in the file received on" in of_text(fate.cause)
        assert rival.extract_id in of_text(fate.cause)


def test_a_file_about_the_records_of_one_in_force_names_it(settings: Settings) -> None:
    """Twenty records came, and in a second file ages and places of exploitation are others."""
    held = newest(settings, TWICE)
    [before] = [
        fate for fate in read_fates(settings).values() if (fate.partner, fate.fate) == (TWICE, "in_force")
    ]
    sentence = of_text(held.cause)
    assert held.cause_key == "rival_in_force" and f"({before.extract_id}), which is in use" in sentence
    assert "20 of its 20 records say something else (rows 2, 3, 4, 5, 6 …)" in sentence


def test_a_file_without_a_record_has_no_known_cause() -> None:
    landed: Any = SimpleNamespace(column_of=lambda name: None)
    held = HeldExtract(landed, Rows(), Rows({1: {"sex": "F"}}, {1: [2]}), frozenset([1]))
    found = explain(held)
    assert (found.key, found.sentence) == (
        "",
        "No known cause explains what differs: 1 are missing (rows 2 of the file before)",
    )


def test_records_of_another_sheet_are_named(settings: Settings) -> None:
    held = newest(settings, SHEETS)
    assert (held.cause_key, of_text(held.cause)) == (
        "other_sheet", "The 60 records come from another sheet of the workbook than before (rows 2, 3, 4, 5, 6 …)"
    )  # fmt: skip


def test_nothing_is_said_of_a_file_that_is_as_before_nor_guessed_of_a_first_one(settings: Settings) -> None:
    assert {one.cause for one in read_fates(settings).values() if one.partner == INNOCENT} == {""}
    assert all(one.fate == "in_force" for one in read_fates(settings).values() if one.partner == INNOCENT)
    first = newest(settings, FIRST)
    assert (first.cause_key, "there is no earlier file" in of_text(first.cause)) == ("", True)


def test_each_place_says_the_same_sentence(settings: Settings) -> None:
    partner = partner_of("day_and_month", False)
    held = newest(settings, partner)
    sentence = f"{of_text(held.cause)}."
    [status] = [one for one in read_status(settings)["held"] if one["partner"] == partner]
    receipt = next((settings.receipts / partner).rglob("receipt.html")).read_text(encoding="utf-8")
    check = next(iter(steps.do(settings, lambda run: defs_gates.results(run, [partner]))))
    page = unescape(visitor(settings).get(f"/items/extract/{partner}/{held.extract_id}").text)
    letter, _ = re.findall(r'<textarea class="message"(.*?)</textarea>', page, re.DOTALL)
    places = {
        "status": status["cause"],
        "receipt": unescape(receipt),
        "check": check.description,
        "letter": letter,
    }
    assert [place for place, said in places.items() if sentence not in said] == []
    assert sentence in shown(page)
    # What single checks found is not said beside it to the partner.
    assert "Month" not in letter and "say something else in this file" not in receipt


def test_rows_of_proof_stand_on_the_desk_alone(settings: Settings) -> None:
    """R0 is of 1 March, which is written 03/01; R1 of 8 March. A planted place is read by the desk alone."""
    desk = visitor(settings)

    def page_of(cause: str) -> str:
        partner = partner_of(cause, False)
        return shown(
            unescape(desk.get(f"/items/extract/{partner}/{newest(settings, partner).extract_id}").text)
        )

    assert (
        "As written As it would be read 2 “Date” 03/01/2025 01/03/2025 3 “Date” 03/08/2025 08/03/2025 4 “Date”"
        in page_of("day_and_month")
    )
    assert f"2 “From” {garbled('Busia')} Busia" in page_of("encoding")
    assert [one["action"] for one in audit.read(settings).lines][-2:] == ["viewed", "viewed"]
    values = {*FROM, *TO, PLANTED, "Domestic", "Labour"}
    causes = [of_text(one.cause) + one.question for one in read_fates(settings).values()]
    assert any("“From”" in one for one in causes), "the control: columns are named"
    assert [(value, one) for one in causes for value in values if value in one] == []
    folders = (settings.review, settings.receipts, settings.work / "gates", settings.audit)
    files = [path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()]
    checks = steps.do(settings, lambda run: defs_gates.results(run, run.contracts.partners))
    told = [*(one.description for one in checks), json.dumps(read_status(settings))]
    assert files and [one for one in (*files, *map(str.encode, told)) if PLANTED.encode() in one] == []
