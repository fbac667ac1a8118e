"""What is seen at border points: journeys that monitors stopped, and counts of those who pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seeds.build.partners.case_systems import write_csv
from seeds.build.partners.dice import Dice
from seeds.build.partners.hotline_csv import MARK
from seeds.build.partners.journeys import Case
from seeds.build.partners.partners import FIRST_MONTH, month_of
from seeds.build.partners.spreadsheet import SYNTHETIC, new_workbook, put, save
from seeds.build.partners.world import GIVEN_NAMES, SURNAMES

POINTS = ("Malaba", "Busia", "Moyale", "Isebania", "Namanga", "Taveta")
COUNTRY_NAMES = {
    "UGA": "Uganda", "TZA": "Tanzania", "ETH": "Ethiopia", "SOM": "Somalia", "SSD": "South Sudan",
    "COD": "Democratic Republic of the Congo", "BDI": "Burundi", "RWA": "Rwanda",
}  # fmt: skip
EVIDENCE = {
    "Evidence of Trafficking": 0.5,
    "High Risk of Trafficking": 0.4,
    "Should not count as an Intercept": 0.1,
}
EVIDENCE_COLUMN = "verified_evidence_categorization"
INCIDENT = (
    "country", "station_name", "status", "irf_number", "date_of_interception", "time_of_interception",
    "number_of_victims", "number_of_traffickers", "location", "staff_name", "where_going_destination",
    "industry",
)  # fmt: skip
PERSON = ("role", "full_name", "gender", "age", "nationality")
# A survey's columns, with the tag that HDX puts under each.
SURVEY = {
    "t": "#date", "fmp": "#loc+fmp", "fmp_country": "#country+fmp", "route": "#meta+route",
    "movement": "#meta+movement", "origin": "#loc+origin", "previous": "#loc+previous", "next": "#loc+next",
    "final": "#loc+final", "nat": "#country+nat", "sex": "#meta+sex", "age": "#meta+age",
    "n": "#affected+n", "uac": "#affected+uac", "reason_work": "#meta+reason",
    "enumerator": "#meta+enumerator",
}  # fmt: skip
CONTROLS = ("control_false_promises", "control_withholds_documents", "control_debt_bondage")


def write_interceptions(cases: Sequence[Case], folder: Path, seed: int, months: int) -> None:
    """A file a year, a row a person; suspects are rows too, and stated numbers are not always right."""
    dice = Dice(seed, "interceptions")
    columns = [*INCIDENT, *CONTROLS, EVIDENCE_COLUMN, *PERSON, "exported_as"]
    years = range(FIRST_MONTH.year, month_of(months - 1).year + 1)
    by_year: dict[int, list[list[object]]] = {year: [] for year in years}
    for number, case in enumerate(cases, start=1):
        rows = by_year[case.event_on.year]
        persons, suspects = dice.weighted({1: 0.55, 2: 0.25, 3: 0.15, 4: 0.05}), dice.whole(0, 1)
        stated = persons + 1 if dice.chance(0.05) else persons
        point = dice.pick(POINTS)
        staff = f"{dice.pick(GIVEN_NAMES)} {dice.pick(SURNAMES)}"
        incident: list[object] = [
            "Kenya", f"{point} station", "approved", f"TW{case.event_on:%y}{number:04d}",
            case.event_on.isoformat(), f"{dice.whole(6, 20):02d}:{dice.whole(0, 59):02d}", stated, suspects,
            point, staff, case.intended, case.form.industry or "", *(dice.chance(0.3) for _ in CONTROLS),
            dice.weighted(EVIDENCE),
        ]  # fmt: skip
        for person in range(persons + suspects):
            role = "PVOT" if person < persons else "Suspect"
            name = f"{dice.pick(GIVEN_NAMES)} {dice.pick(SURNAMES)}"
            sex = case.sex if person == 0 else dice.pick(("female", "male"))
            age = case.age if person == 0 else dice.whole(14, 40)
            nationality = COUNTRY_NAMES.get(case.nationality, "Kenya")
            rows.append([*incident, role, name, sex[0].upper(), age, nationality, MARK])
        if dice.chance(0.02):
            rows[-1][columns.index("date_of_interception")] = f"{case.event_on.year}-01-01"
    for year, rows in by_year.items():
        write_csv(folder / f"irf_{year}.csv", columns, rows)


def write_flows(cases: Sequence[Case], folder: Path, seed: int, months: int) -> None:
    """A survey's sheet: lines about it, the header, a row of HXL tags, then a row a group and point."""
    dice = Dice(seed, "flows")
    workbook = new_workbook()
    sheet = workbook.create_sheet("FMS")
    for row, line in enumerate((SYNTHETIC, "Flow monitoring survey", "Unit: persons observed", ""), start=1):
        put(sheet, row, [line])
    put(sheet, 5, [*SURVEY])
    put(sheet, 6, [*SURVEY.values()])
    for row, case in enumerate(cases, start=7):
        stops = [*case.stops, case.intended]
        before = case.origin if dice.chance(0.5) else dice.pick(POINTS)
        name = f"{dice.pick(GIVEN_NAMES)} {dice.pick(SURNAMES)}"
        count = 0 if dice.chance(0.02) else dice.whole(1, 40)
        put(sheet, row, [
            case.event_on, dice.pick(POINTS), "Kenya", dice.pick(("Northern", "Eastern", "Southern")),
            dice.pick(("incoming", "outgoing", "OOO")), case.origin, before, stops[0], case.intended,
            COUNTRY_NAMES.get(case.nationality, "Kenya"), dice.pick(("F", "M", "mixed")),
            dice.pick(("adult", "minor", "18+")), count, dice.pick(("NA", "0", "1")),
            dice.pick(("1", "0")), name,
        ])  # fmt: skip
    save(workbook, folder / "flow_monitoring.xlsx")
