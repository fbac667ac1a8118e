"""Hand-kept workbooks (formats note F9): a sheet a month, title lines, merged counties, dates as they come.

Every book has its own headers and words; the contracts beside the extracts say how each is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from seeds.build.partners.dice import Dice
from seeds.build.partners.journeys import Case
from seeds.build.partners.partners import month_of
from seeds.build.partners.spreadsheet import SYNTHETIC, new_workbook, put, save
from seeds.build.partners.world import COUNTIES

MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
LONG_SW = ("Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba",
           "Novemba", "Disemba")  # fmt: skip
TYPES_EN = {
    "domestic": "Domestic work", "sexual": "CSE", "bar": "CSE", "farm": "Forced labour",
    "building": "Forced labour", "fishing": "Forced labour", "factory": "Forced labour",
    "child_farm": "Child labour", "hawking": "Child labour", "begging": "Begging",
    "marriage": "Forced marriage", "crime": "Forced crime",
}  # fmt: skip
TYPES_SW = {
    "domestic": "Kazi za nyumbani", "sexual": "Ngono", "bar": "Ngono", "farm": "Kazi ya kulazimishwa",
    "building": "Kazi ya kulazimishwa", "fishing": "Kazi ya kulazimishwa",
    "factory": "Kazi ya kulazimishwa", "child_farm": "Ajira ya watoto", "hawking": "Ajira ya watoto",
    "begging": "Kuombaomba", "marriage": "Ndoa ya lazima", "crime": "Uhalifu",
}  # fmt: skip
MODES_EN = {"bus": "bus", "matatu": "matatu", "lorry": "lorry", "foot": "on foot", "motorcycle": "boda boda",
            "boat": "boat", "aircraft": "by air"}  # fmt: skip
MODES_SW = {"bus": "basi", "matatu": "matatu", "lorry": "lori", "foot": "miguu", "motorcycle": "pikipiki",
            "boat": "mashua", "aircraft": "ndege"}  # fmt: skip
VILLAGES = ("Sample village A", "Sample village B", "Fixture camp")
REMARKS = (
    "Synthetic remark: call back on 0700 000 {n:03d}",
    "Synthetic remark: brother of {name} came, tel +254 700 000 {n:03d}",
    "Synthetic remark: referred, {name} agreed to counselling",
    "",
    "",
)


@dataclass(frozen=True)
class Book:
    """How one partner keeps its book."""

    partner: str
    headers: dict[str, str]  # what is asked → the column's name, in order
    months: tuple[tuple[str, int, int], ...]  # file name and the months (first, last) that stand in it
    swahili: bool = False
    header_row: int = 3
    total: str = "TOTAL"
    sheet_name: str = "{short} {yy}"

    def name_sheet(self, month: date) -> str:
        short = MONTHS_EN[month.month - 1]
        return self.sheet_name.format(short=short, upper=short.upper(), yy=f"{month:%y}", year=month.year)


_EN = {
    "number": "No", "date": "Date", "county": "County", "village": "Village", "sex": "Sex", "age": "Age",
    "origin": "From", "stops": "Through", "intended": "To", "modes": "How travelled", "form": "Type",
    "persons": "No. of victims", "remarks": "Remarks",
}  # fmt: skip
_KOBE = {
    "number": "No", "date": "Date", "given": "First name", "surname": "Surname", "born": "Birth year",
    "county": "County", "village": "Village", "sex": "Sex", "age": "Age", "origin": "From",
    "stops": "Through", "intended": "To", "exploited": "Worked in", "modes": "How travelled",
    "form": "Type", "persons": "No. of victims", "consent": "Consent", "remarks": "Remarks",
}  # fmt: skip
_SIMBA = {
    "number": "Na.", "date": "Tarehe", "given": "Jina", "surname": "Ukoo", "born": "Mwaka wa kuzaliwa",
    "county": "Kaunti", "village": "Kijiji", "sex": "Jinsia", "age": "Umri", "origin": "Kutoka",
    "stops": "Kupitia", "intended": "Kwenda", "exploited": "Alipofanya kazi", "modes": "Usafiri",
    "form": "Aina", "persons": "Idadi", "incident": "Namba ya tukio", "referral": "Namba ya rufaa",
    "remarks": "Maoni",
}  # fmt: skip
_WITH_PLACE = {**_EN, "exploited": "Place of exploitation", "status": "Status"}

BOOKS = (
    Book(
        "kobe_shelter",
        _KOBE,
        tuple(
            (f"Kobe register {month_of(first):%Y-%m} to {month_of(first + 5):%Y-%m}.xlsx", first, first + 5)
            for first in range(0, 36, 6)
        ),
    ),
    Book("simba_safe_house", _SIMBA, (("Daftari la Simba.xlsx", 0, 35),), swahili=True, total="Jumla"),
    Book(
        "chiriku_desk",
        _WITH_PLACE,
        (("chiriku casebook.xlsx", 0, 35),),
        header_row=4,
        sheet_name="{upper}-{year}",
    ),
    Book("ngamia_north", _EN, (("Ngamia north cases.xlsx", 0, 35),), total="Grand total"),
    Book(
        "heroe_lakeside",
        _WITH_PLACE,
        (("heroe cases to June 2025.xlsx", 0, 20),),
        sheet_name="{short} {year}",
    ),
)


def write_book(book: Book, cases: Sequence[Case], folder: Path, seed: int, months: int) -> list[str]:
    """Write the workbooks of one partner; returns the names of the files."""
    dice = Dice(seed, "book", book.partner)
    names = []
    for name, first, last in book.months:
        if first >= months:
            continue
        workbook = new_workbook()
        for number in range(first, min(last, months - 1) + 1):
            month = month_of(number)
            _write_sheet(workbook, book, month, [case for case in cases if case.month == month], dice)
        save(workbook, folder / name)
        names.append(name)
    return names


def _write_sheet(workbook: Workbook, book: Book, month: date, cases: list[Case], dice: Dice) -> None:
    sheet = workbook.create_sheet(book.name_sheet(month))
    put(sheet, 1, [SYNTHETIC])
    put(sheet, 2, [f"{'Kesi za mwezi' if book.swahili else 'Cases of the month'}, {month:%m/%Y}"])
    put(sheet, book.header_row, list(book.headers.values()))
    for cell in sheet[book.header_row]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", start_color="FFDDEEDD")
    row = book.header_row + 1
    first_row = row
    ordered = sorted(cases, key=lambda case: (case.county, case.event_on))
    for number, case in enumerate(ordered, start=1):
        if number == 13 and book.partner == "ngamia_north":  # a page break: the header is typed again
            put(sheet, row, list(book.headers.values()))
            row += 1
        written = {**_person(case, book, dice), "number": number, "date": _date(case, book, dice)}
        put(sheet, row, [written.get(asked) for asked in book.headers])
        if isinstance(written["date"], datetime):
            shown = "mmm-yy" if dice.chance(0.05) else "dd/mm/yyyy"
            sheet.cell(row, list(book.headers).index("date") + 1).number_format = shown
        row += 1
    _merge_equal_counties(sheet, list(book.headers).index("county") + 1, first_row, row - 1)
    blank = dict.fromkeys(book.headers)
    persons = sum(case.person_count for case in cases)
    put(sheet, row, list({**blank, "number": book.total, "persons": persons}.values()))
    if book.partner == "chiriku_desk":
        put(sheet, row + 2, ["Compiled by A. Testperson (synthetic)"])


def _person(case: Case, book: Book, dice: Dice) -> dict[str, object]:
    words = (TYPES_SW, MODES_SW) if book.swahili else (TYPES_EN, MODES_EN)
    female, male = ("Ke", "Me") if book.swahili else dice.pick((("F", "M"), ("F", "M"), ("Female", "Male")))
    name = f"{case.given} {case.surname}"
    remark = dice.pick(REMARKS).format(n=dice.whole(0, 999), name=name)
    return {
        "county": COUNTIES[case.county],
        "village": dice.pick(VILLAGES),
        "given": f"{case.given} {case.second_given}",
        "surname": case.surname,
        "born": "" if dice.chance(0.1) else case.born_on.year,
        "sex": "" if dice.chance(0.02) else female if case.sex == "female" else male,
        "age": _age(case, book, dice),
        "origin": case.origin,
        "stops": _stops(case, dice),
        "intended": case.intended,
        "exploited": case.exploited_at,
        "modes": dice.pick((" & ", "/", ", ")).join(words[1][mode] for mode in case.modes),
        "form": words[0][case.form_name],
        "persons": case.person_count if case.person_count > 1 or dice.chance(0.8) else "",
        "consent": {"given": "Yes", "refused": "No"}.get(case.consent, ""),
        "status": {"confirmed": "Confirmed", "presumed": "Suspected"}.get(case.status, case.status),
        "incident": case.incident,
        "referral": case.referral,
        "remarks": remark,
    }


def _stops(case: Case, dice: Dice) -> str:
    if not case.stops:
        return dice.pick(("", "", "Direct"))
    return dice.pick((" > ", " - ", "; ", " via ")).join(case.stops)


def _age(case: Case, book: Book, dice: Dice) -> object:
    written = dice.share()
    if case.person_count > 1 or written < 0.02:
        return ""
    if written < 0.05:
        return f"miaka {case.age}" if book.swahili else f"{case.age}yrs"
    if written < 0.07:
        return (
            ("mtoto" if book.swahili else "minor")
            if case.age < 18
            else ("mtu mzima" if book.swahili else "adult")
        )
    if written < 0.08:
        return "kijana" if book.swahili else "youth"
    return "99" if written < 0.085 else case.age


def _date(case: Case, book: Book, dice: Dice) -> object:
    """A date as somebody types it; the contract says day first."""
    if case.date_fault:
        return dice.pick(("last week", "31/02/2024", "3rd Marc 2025", "25-13-2024", "wiki jana"))
    day, written = case.event_on, dice.share()
    if written < 0.5:
        return datetime(day.year, day.month, day.day)
    if written < 0.68:
        return f"{day.day}/{day.month}/{day.year}"
    if written < 0.78:
        return f"{day:%d.%m.%y}"
    if written < 0.85:
        return f"{day:%d}-{MONTHS_EN[day.month - 1]}-{day.year}"
    if written < 0.93:
        return f"{day.day} {(LONG_SW if book.swahili else LONG_EN)[day.month - 1]} {day.year}"
    if written < 0.97:
        return f"{(LONG_SW if book.swahili else LONG_EN)[day.month - 1]} {day.year}"
    if written < 0.985:
        return (day - date(1899, 12, 30)).days  # pasted as a number: Excel's own count of days
    return datetime(day.year, day.month, day.day) - timedelta(days=31) if written > 0.996 else ""


def _merge_equal_counties(sheet: Worksheet, column: int, first: int, last: int) -> None:
    """Equal counties below each other become one merged cell, which keeps its value in the top row only."""
    start = first
    for row in range(first + 1, last + 2):
        here = sheet.cell(row, column).value if row <= last else None
        if here != sheet.cell(start, column).value:
            if row - start > 1:
                sheet.merge_cells(start_row=start, end_row=row - 1, start_column=column, end_column=column)
            start = row
