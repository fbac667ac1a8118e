"""What a held extract is explained by: each breakage planted in the second file of a partner of its own.

The first file has 60 records, R0 to R59 in rows 2 to 61: ten a month from March to August 2025. The register is sent
whole, so the second file holds them too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.core import Settings, create_missing_keys, prepare_home
from orchestration.gates import ExtractFate, read_fates
from tests import scenario, steps

Row = dict[str, str]
COLUMNS = scenario.CASE_HEADER.strip().split(";")
FROM, TO = ("Busia", "Kisumu", "Nakuru"), ("Nairobi", "Mombasa", "Kilifi", "Kwale")
PLANTED = "Qwertyville"  # stands in each place that is written in another way


def row(at: int) -> Row:
    cells = (
        f"R{at}", f"{1 + (at * 7) % 28:02}/{3 + at // 10:02}/2025", "FM"[at % 5 < 2], str(12 + at % 31), FROM[at % 3],
        "Direct", TO[at % 4], TO[(at // 2) % 4], ("Domestic", "Labour")[at % 4 == 0], "bus", "Yes", "", "", "",
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


ROWS = [row(at) for at in range(60)]


def each(change: Callable[[Row], Row]) -> list[Row]:
    return [one | change(one) for one in ROWS]


def parts(one: Row) -> list[str]:
    return one["Date"].split("/")


def garbled(place: str) -> str:
    return f"{PLANTED} {place[::-1]}"


SORTED = [one | {"From": place} for one, place in zip(ROWS, sorted(one["From"] for one in ROWS), strict=True)]
SLIPPED = [one | {"Ref": other["Ref"]} for one, other in zip(ROWS, [ROWS[-1], *ROWS[:-1]], strict=True)]
# The cause, the second file, and what the sentence counts.
BREAKAGES: dict[str, tuple[list[Row], str]] = {
    # R53 and R57 are of 8 August.
    "day_and_month": (each(lambda one: {"Date": "/".join((parts(one)[1], parts(one)[0], "2025"))}),
                      "Day and month are swapped in “Date” in 58 of 58 records"),
    "wrong_year": (each(lambda one: {"Date": one["Date"].replace("2025", "2024")}), "by -1 in “Date” in 60 of 60 records"),
    "dates_cut": (each(lambda one: {"Date": "01/01/2025"}), "cut to the first of the month"),
    "factor": (each(lambda one: {"Age": str(2 * int(one["Age"]))}), "“Age” are multiplied by 2 in 60 of 60 records that differ (rows 2, 3, 4, 5, 6 …)"),
    "numbers_as_text": (each(lambda one: {"Age": f"{one['Age']} .years"}), "“Age” are written as text"),
    "columns_shifted": (each(lambda one: {"From": one["Promised"], "Promised": one["From"]}),
                        "The columns “Promised”, “From” are shifted or swapped: in 60 of 60 records"),
    "column_empty": (each(lambda one: {"From": ""}), "“From” is empty in 60 of 60 records"),
    # One in four was Kilifi before.
    "one_value": (each(lambda one: {"Promised": "Kilifi"}), "same value in “Promised”: 45 of 45 records"),
    "code_list_changed": (each(lambda one: {"Sex": {"F": "M", "M": "F"}[one["Sex"]]}), "of “Sex” has changed: each earlier answer is another one now, in 60 of 60"),
    "encoding": (each(lambda one: {"From": garbled(one["From"])}), "Each name in “From” is written in another way than before, in 60 of 60"),
    # Of 20 records of each place, those whose place is the one that sorting puts into their row stay as they were.
    "column_sorted": (SORTED, "The values of “From” stand in other rows, in 40 of 40 records"),
    "references_moved": (SLIPPED, "references stand in other rows"),
    "references_new": (each(lambda one: {"Ref": f"N{one['Ref']}"}), "60 of 60 records that are missing came under another reference"),
    # Three of five are women.
    "filter_left_on": ([one for one in ROWS if one["Sex"] == "F"], "all 36 records have the same value in “Sex”, as 36 of the 60 before"),
    "older_copy": (ROWS[:40], "none of the 20 records after 2025-06-"),
    "part_missing": (ROWS[:20] + ROWS[40:], "20 of the 20 records that are missing are nearly all that was sent of 2025-05 – 2025-06"),
    "rows_doubled": (ROWS + [one | {"Ref": f"X{one['Ref']}"} for one in ROWS], "60 of 60 records are copies"),
    "heading_renamed": (ROWS, "The column “Form” is not in the file; it was filled in 60 records before"),
    # Every other record at random, and nothing else.
    "none_known": ([one for at, one in enumerate(ROWS) if at * at % 7 < 3], "No known cause explains what differs: 0 records sent before say something else, "),
}  # fmt: skip


def text_of(rows: list[Row], columns: list[str] = COLUMNS) -> str:
    return "\n".join([";".join(columns), *(";".join(one.values()) for one in rows)]) + "\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Both files of each partner are taken in and judged. Read only."""
    root = tmp_path_factory.mktemp("diagnosis")
    settings = Settings(root / "home", root / "partners", root / "keys", scenario.AS_OF)
    prepare_home(settings)
    create_missing_keys(settings)
    for key, (rows, _) in BREAKAGES.items():
        contract = scenario.PARTNERS["swala_post"].replace("swala_post", key)
        (settings.partners / key).mkdir(parents=True)
        (settings.partners / key / "contract.yml").write_text(contract)
        inbox = settings.inbox / key / ".complete"
        inbox.mkdir(parents=True)
        (inbox / "a.csv").write_text(text_of(ROWS))
        columns = ["Kind" if name == "Form" and key == "heading_renamed" else name for name in COLUMNS]
        (inbox / "b.csv").write_text(text_of(rows, columns))
    steps.do(settings, steps.settle_inbox)
    return settings


def newest(settings: Settings, partner: str) -> ExtractFate:
    [held] = [
        fate for fate in read_fates(settings).values() if fate.partner == partner and fate.fate == "held"
    ]
    return held


@pytest.mark.parametrize("cause", BREAKAGES)
def test_a_held_extract_is_explained(settings: Settings, cause: str) -> None:
    held = newest(settings, cause)
    assert (held.cause_key, BREAKAGES[cause][1] in held.finding) == (cause, True), held.finding
    assert held.question.endswith((".", "?"))


def test_no_value_stands_in_what_is_stored(settings: Settings) -> None:
    written = [json.dumps(vars(newest(settings, cause)), ensure_ascii=False) for cause in BREAKAGES]
    assert any("“From”" in one for one in written), "the control: columns are named"
    values = {*FROM, *TO, PLANTED, "Domestic", "Labour"}
    assert [(value, one) for one in written for value in values if value in one] == []
