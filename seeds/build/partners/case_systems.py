"""Exports of case systems: Primero as CSV and as a workbook of tabs, a government registry as codes.

The children's partner sent CSV without subforms first and workbooks later, so its cases are in one of both.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from orchestration.core import replacing
from seeds.build.partners.dice import Dice
from seeds.build.partners.hotline_csv import MARK
from seeds.build.partners.journeys import Case
from seeds.build.partners.partners import month_of
from seeds.build.partners.spreadsheet import new_workbook, put, save
from seeds.build.partners.world import NATIONALITIES

WORKBOOKS_FROM = date(2025, 4, 1)
CONCERNS = {"trafficked_smuggled": 0.8, "sexually_exploited": 0.3, "unaccompanied": 0.4}
ALPHA2 = {
    "UGA": "UG",
    "TZA": "TZ",
    "ETH": "ET",
    "SOM": "SO",
    "SSD": "SS",
    "COD": "CD",
    "BDI": "BI",
    "RWA": "RW",
}
ACTS = {
    "TARC": "Recruitment",
    "TATS": "Transportation",
    "TATF": "Transfer",
    "TAHB": "Harbouring",
    "TARP": "Receipt",
}
MEANS = {"TMCO": "Coercion", "TMDC": "Deception", "TMFR": "Fraud", "TMUF": "Use of force"}
PURPOSES = {
    "sexual_exploitation": "TPSE",
    "child_labour": "CTCL",
    "forced_begging": "CTBG",
    "forced_marriage": "CTFM",
}
ENTRIES = {"TFD1H": "Labour migration", "TFD1E": "Education", "TFD1C": "Sold by another", "TFD1M": "Unknown"}
CHANNELS = {"employment_agency": "TFD2B", "personal_contact": "TFD2A", "online_social": "TFD2D"}
TRANSPORT = {"aircraft": "TFDTA", "train": "TFDTT", "foot": "TFDTF", "boat": "TFDTE"}
INDUSTRIES = {
    "agriculture": "TFDLA", "fishing": "TFDLG", "manufacturing": "TFDLF", "construction": "TFDLD",
    "domestic_work": "TFDLE", "commercial_sex": "TFDLL", "hospitality": "TFDLM", "street_trade": "TFDLO",
}  # fmt: skip


def write_primero(cases: Sequence[Case], folder: Path, seed: int, months: int) -> None:
    """Raw names and arrays in the CSV; translated headers, a tab a form and subforms in the workbook."""
    dice = Dice(seed, "primero")
    numbered = list(enumerate(cases, start=1))
    early = [(number, case) for number, case in numbered if case.event_on < WORKBOOKS_FROM]
    late = [(number, case) for number, case in numbered if case.event_on >= WORKBOOKS_FROM]
    columns = ["id", "registration_date", "name", "sex", "age", "nationality", "protection_concerns",
               "location_before", "location_current", "transport_used", "exported_as"]  # fmt: skip
    rows = [
        [
            f"{number:08x}-duma", case.event_on.isoformat(), f"{case.given} {case.surname}", case.sex,
            case.age, json.dumps([case.nationality]), json.dumps(_concerns(dice)), case.origin, case.intended,
            json.dumps(list(case.modes)), MARK,
        ]
        for number, case in early
    ]  # fmt: skip
    write_csv(folder / "cases_primero.csv", columns, rows)
    if month_of(months - 1) >= WORKBOOKS_FROM:
        _write_tabs(late, folder / "cases_primero_tabs.xlsx", dice)


def write_registry(cases: Sequence[Case], folder: Path, seed: int, months: int) -> None:
    """One row for each code of a case, the case's own columns repeated; voided rows stay in the export."""
    dice = Dice(seed, "registry")
    columns = ["case_id", "case_date", "person_id", "person_name", "sex", "age", "county_code",
               "sub_county_code", "country", "item_type", "item_code", "item_label", "is_void",
               "exported_as"]  # fmt: skip
    rows: list[list[object]] = []
    for number, case in enumerate(cases, start=1):
        abroad = ALPHA2.get(case.origin_area)
        country = "NA" if number % 40 == 7 else abroad or "KE"
        county = "" if country != "KE" else str(int(case.origin_area[2:]))
        own: list[object] = [
            f"CT/{case.event_on.year}/{number:04d}", f"{case.event_on:%d-%b-%Y}", f"P{number:05d}",
            f"{case.given} {case.surname}", case.sex.title(), case.age, county, "1" if county else "",
            country,
        ]  # fmt: skip
        is_void = dice.chance(0.04)
        for kind, code, label in _items(case, dice):
            void_item = is_void or dice.chance(0.01)
            rows.append([*own, kind, code, label, str(void_item), MARK])
    write_csv(folder / "registry_items.csv", columns, rows)


def write_csv(path: Path, columns: list[str], rows: Iterable[list[object]]) -> None:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    with replacing(path) as partial:
        partial.write_bytes(written.getvalue().encode("utf-8"))


def _concerns(dice: Dice) -> list[str]:
    return [concern for concern, share in CONCERNS.items() if dice.chance(share)]


def _write_tabs(numbered: list[tuple[int, Case]], path: Path, dice: Dice) -> None:
    workbook = new_workbook()
    record, identity, concerns, journey = (
        workbook.create_sheet(name)
        for name in ("Record Information", "Basic Identity", "Protection Concerns", "Journey Places-Jou")
    )
    put(record, 1, ["ID", "Date of Registration", "Exported as"])
    put(identity, 1, ["ID", "Full Name", "Sex", "Age", "Nationality", "Home Before", "Current Location"])
    put(concerns, 1, ["ID", "Protection Concerns", "Place of Exploitation"])
    put(journey, 1, ["ID", "Place Passed", "Transport"])
    leg = 1
    for at, (number, case) in enumerate(numbered, start=2):
        short = f"{number:07x}"
        name = f"{case.given} {case.surname}"
        nationality = NATIONALITIES.get(case.nationality, "Kenyan")
        put(record, at, [short, case.event_on, MARK])
        put(identity, at, [short, name, case.sex.title(), case.age, nationality, case.origin, case.intended])
        put(concerns, at, [short, _shown(_concerns(dice)), case.exploited_at])
        for stop in case.stops:
            leg += 1
            put(journey, leg, [short, stop, case.modes[0]])
    save(workbook, path)


def _shown(concerns: list[str]) -> str:
    """The workbook shows labels; one concern decides whether it is trafficking."""
    return (
        "Trafficked / smuggled" if "trafficked_smuggled" in concerns else "Other concern" if concerns else ""
    )


def _items(case: Case, dice: Dice) -> list[tuple[str, str, str]]:
    act, means, entry = (dice.pick(list(codes)) for codes in (ACTS, MEANS, ENTRIES))
    items = [("TACT", act, ACTS[act]), ("TMNS", means, MEANS[means])]
    items.append(("TPPS", PURPOSES.get(case.form.exploitation, "TPLB"), ""))
    items.append(("FD10", entry, ENTRIES[entry]))
    items.append(("FD21", CHANNELS.get(case.recruitment, dice.pick(("TFD2H", "TFD2K"))), ""))
    items += [("FDTR", TRANSPORT.get(mode, "TFDTV"), "") for mode in case.modes]
    items.append(("FDDO", "TFDDO", dice.pick(("Forged", "", "Own"))))
    if case.form.industry in INDUSTRIES:
        items.append(("FDLB", INDUSTRIES[case.form.industry], ""))
    return items
