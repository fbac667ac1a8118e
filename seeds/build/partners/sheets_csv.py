"""A hand-kept table as Google Sheets downloads it (formats note F9): title lines, header, anything."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from orchestration.core import replacing
from seeds.build.partners.dice import Dice
from seeds.build.partners.journeys import Case
from seeds.build.partners.shelter_workbook import MODES_EN, TYPES_EN
from seeds.build.partners.spreadsheet import SYNTHETIC
from seeds.build.partners.world import COUNTIES

_HEADER = ("No", "Date", "County", "Sex", "Age", "From", "Through", "To", "Found in", "How travelled", "Type",
           "No. of victims", "Remarks")  # fmt: skip


def write_sheet(cases: Sequence[Case], folder: Path, seed: int) -> None:
    """One sheet for all months, with every line as wide as the widest, as the download has it."""
    dice = Dice(seed, "sheets csv")
    lines: list[list[object]] = [
        ["Nyuki line: case list"],
        [SYNTHETIC],
        ["Last edited", "2026-10-01"],
        [],
        [*_HEADER],
    ]
    persons = 0
    for number, case in enumerate(cases, start=1):
        day = case.event_on
        written = dice.pick((f"{day:%d/%m/%Y}", f"{day.day}-{day:%b-%Y}", f"{day:%Y-%m-%d}"))
        lines.append([
            number, "last week" if case.date_fault else written, COUNTIES[case.county],
            {"female": dice.pick(("F", "Female")), "male": dice.pick(("M", "Male"))}[case.sex],
            dice.pick((str(case.age), f"{case.age} yrs")) if case.person_count == 1 else "",
            case.origin, " > ".join(case.stops) or "Direct", case.intended, case.exploited_at,
            " & ".join(MODES_EN[mode] for mode in case.modes), TYPES_EN[case.form_name], case.person_count,
            f"Synthetic remark: sister of {case.given} {case.surname}, 0700 000 {dice.whole(0, 999):03d}",
        ])  # fmt: skip
        persons += case.person_count
        if number == len(cases) // 2:
            lines += [[], [*_HEADER]]
    lines.append(["TOTAL", *[""] * (_HEADER.index("No. of victims") - 1), persons])
    written_text = io.StringIO(newline="")
    full = [[*line, *[""] * (len(_HEADER) - len(line))] for line in lines]
    csv.writer(written_text, lineterminator="\r\n").writerows(full)
    with replacing(folder / "Nyuki line cases - Sheet1.csv") as partial:
        partial.write_bytes(written_text.getvalue().encode())
