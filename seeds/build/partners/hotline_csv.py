"""Semicolon CSV in Windows-1252, as spreadsheets and old databases write it, with its curly apostrophes.

One hotline sends quarterly files that add to and correct the earlier ones; two others send everything again.
The hotline learns of some calls quarters later, and of those about people abroad more often and later.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestration.core import replacing
from seeds.build.partners.dice import Dice
from seeds.build.partners.journeys import Case
from seeds.build.partners.partners import MONTHS, month_number, month_of
from seeds.build.partners.world import COUNTIES, NATIONALITIES

ENCODING = "cp1252"
MARK = "synthetic sample"
FORM_WORDS = {
    "domestic": "House help", "sexual": "Sexual exploitation", "bar": "Bar or café", "farm": "Farm work",
    "building": "Construction", "fishing": "Fishing", "factory": "Factory",
    "child_farm": "Child on a farm", "hawking": "Child selling in the street", "begging": "Begging",
    "marriage": "Forced marriage", "crime": "Online crime",
}  # fmt: skip
RECRUITERS = {
    "family_network": "Relative", "friends_social": "Friend", "online_social": "Social media",
    "employment_agency": "Agency", "personal_contact": "Approached in person",
}  # fmt: skip
# How many quarters after its own a call reaches a file, with its probability.
DELAYS = {False: {0: 0.95, 1: 0.05}, True: {0: 0.45, 1: 0.3, 2: 0.17, 3: 0.08}}
MODES = {"aircraft": "plane", "motorcycle": "boda boda", "foot": "on foot"}


@dataclass(frozen=True)
class Table:
    """One partner's columns, in order: what is asked → the column's name."""

    partner: str
    headers: dict[str, str]
    date_format: str
    reference: str
    quarterly: bool = False


_LINE = {
    "ref": "Call ref", "date": "Call date", "phone": "Caller phone", "consent": "Consent", "sex": "Sex",
    "age": "Age", "nationality": "Nationality", "origin": "Comes from", "stops": "Passed through",
    "intended": "Was promised", "exploited": "Is or was in", "modes": "Transport",
    "form": "What happened", "recruiter": "Recruited by", "status": "Assessment", "operator": "Operator",
    "mark": "About",
}  # fmt: skip
_COAST = {
    "ref": "CaseNo", "date": "Registered", "county": "County", "sex": "Sex", "age": "Age",
    "persons": "Persons", "origin": "From", "stops": "Via", "intended": "To", "exploited": "Found in",
    "modes": "Transport", "form": "Form", "name": "Full name", "mark": "About",
}  # fmt: skip
_LEGAL = {
    "ref": "File", "date": "Opened on", "consent": "Client agrees", "given": "First name",
    "surname": "Last name", "born": "Born in", "sex": "Sex", "origin": "Home",
    "intended": "Promised place", "exploited": "Worked in", "form": "Offence", "status": "Finding",
    "controls": "Held by", "embargo": "Not before", "referral": "Referral no", "mark": "About",
}  # fmt: skip

TABLES = (
    Table("mbuni_line", _LINE, "%Y-%m-%d", "MB-{year}-{number:05d}", quarterly=True),
    Table("pweza_coast", _COAST, "%d/%m/%Y", "PW{number:04d}"),
    Table("sungura_legal", _LEGAL, "%d.%m.%Y", "SL/{number:03d}/{year}"),
)


def write_tables(table: Table, cases: Sequence[Case], folder: Path, seed: int, months: int) -> list[str]:
    """Write the CSV files of one partner; returns their names."""
    dice = Dice(seed, "csv", table.partner)
    lines = [(case, _line(table, case, number, dice)) for number, case in enumerate(cases, start=1)]
    if not table.quarterly:
        name = f"{table.partner}_{month_of(months - 1):%Y-%m}.csv"
        _write(folder / name, table, [line for _, line in lines])
        return [name]
    names, earlier = [], list[dict[str, str]]()
    late = Dice(seed, "delays", table.partner)
    quarters = [month_number(case.month) // 3 for case, _ in lines]
    sent = [
        (quarter + late.weighted(DELAYS[case.ends_abroad]), line)
        for quarter, (case, line) in zip(quarters, lines, strict=True)
    ]
    for number in range((min(months, MONTHS) + 2) // 3):
        corrected = {
            line["ref"]: {**line, "exploited": line["intended"]} for line in earlier if dice.chance(0.03)
        }
        came = {line["ref"] for at, line in sent if at < number}
        sent = [(at, corrected.get(line["ref"], line)) for at, line in sent]
        new = [line for at, line in sent if at == number]
        month = month_of(3 * number)
        name = f"{table.partner}_{month.year}Q{(month.month + 2) // 3}.csv"
        _write(folder / name, table, new + [line for ref, line in corrected.items() if ref in came])
        names.append(name)
        earlier = [line for quarter, (_, line) in zip(quarters, lines, strict=True) if quarter == number]
    return names


def _line(table: Table, case: Case, number: int, dice: Dice) -> dict[str, str]:
    written = f"{case.event_on:{table.date_format}}"
    if case.date_fault:
        written = dice.pick(("", "last week", "2024-13-01", "31/02/2025", "00/00/0000"))
    embargo = "01.01.2031" if case.partner == "sungura_legal" and number % 110 == 50 else ""
    return {
        "ref": table.reference.format(year=case.event_on.year, number=number),
        "date": written,
        "phone": f"0700 000 {dice.whole(0, 999):03d}",
        "consent": {"given": "yes", "refused": "no"}.get(case.consent, ""),
        "sex": "" if dice.chance(0.03) else case.sex,
        "age": _age(case, dice),
        "nationality": NATIONALITIES.get(case.nationality, "Kenyan"),
        "county": _curly(COUNTIES[case.county]),
        "origin": _curly(case.origin),
        "stops": " > ".join(case.stops) if case.stops else dice.pick(("", "Direct")),
        "intended": _curly(case.intended),
        "exploited": _curly(case.exploited_at),
        "modes": ", ".join(MODES.get(mode, mode) for mode in case.modes),
        "form": FORM_WORDS[case.form_name],
        "recruiter": RECRUITERS[case.recruitment],
        "status": {"confirmed": "victim", "presumed": "suspected"}.get(
            case.status, case.status.replace("_", " ")
        ),
        "controls": ", ".join(case.controls),
        "persons": str(case.person_count),
        "given": f"{case.given} {case.second_given}",
        "surname": case.surname,
        "name": f"{case.given} {case.surname}",
        "born": str(case.born_on.year) if dice.chance(0.95) else "",
        "operator": f"operator {dice.whole(1, 4)}",
        "embargo": embargo,
        "referral": case.referral,
        "mark": MARK,
    }


def _age(case: Case, dice: Dice) -> str:
    written = dice.share()
    if case.person_count > 1 or written < 0.04:
        return ""
    if written < 0.08:
        return "minor" if case.age < 18 else "adult"
    return "~17" if written < 0.085 and case.age < 18 else str(case.age)


def _curly(name: str) -> str:
    """The apostrophe that office programs put in names: byte 0x92 in Windows-1252."""
    return name.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


def _write(path: Path, table: Table, lines: list[dict[str, str]]) -> None:
    written = io.StringIO()
    writer = csv.DictWriter(
        written, table.headers, extrasaction="ignore", delimiter=";", lineterminator="\r\n"
    )
    writer.writerow(table.headers)
    writer.writerows(lines)
    with replacing(path) as partial:
        partial.write_bytes(written.getvalue().encode(ENCODING))
