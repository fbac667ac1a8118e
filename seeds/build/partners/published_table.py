"""A published table of others: detected victims by year, small numbers as `<5`, totals among the rows."""

from __future__ import annotations

from pathlib import Path

from seeds.build.partners.case_systems import write_csv
from seeds.build.partners.dice import Dice
from seeds.build.partners.hotline_csv import MARK

YEARS = range(2019, 2026)
COLUMNS = ["Year", "Detected in", "Came from", "Exploited in", "Form", "Sex", "Age", "Victims", "Edition"]
_JOURNEYS = (("Kenya", "Kenya"), ("Uganda", "Kenya"), ("Ethiopia", "Kenya"), ("Kenya", "Saudi Arabia"))
_FORMS = ("Forced labour", "Sexual exploitation")
_PERSONS = (("Female", "Adult"), ("Male", "Adult"), ("", "Child"))


def write_table(folder: Path, seed: int) -> None:
    """One file for all years: the total of each year first, then its parts."""
    dice = Dice(seed, "published table")
    rows: list[list[object]] = []
    for year in YEARS:
        parts: list[list[object]] = []
        total = 0
        for origin, exploited_in in _JOURNEYS:
            for form in _FORMS:
                for sex, age in _PERSONS:
                    victims = dice.whole(1, 90)
                    total += victims
                    shown = victims if victims >= 5 else "<5"
                    parts.append([year, "Kenya", origin, exploited_in, form, sex, age, shown, MARK])
        rows += [[year, "Kenya", "", "", "", "", "", total, MARK], *parts]
    write_csv(folder / "detected_victims.csv", COLUMNS, rows)
