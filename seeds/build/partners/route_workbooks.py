"""The route sheets of both rounds, laid out like the Victim Journey Tracker (formats note F1).

Title lines, a header of two rows with merged group heads, data from row 6, a TOTAL row; no date and no
reference.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from seeds.build.partners.dice import Dice
from seeds.build.partners.route_rows import KENYA, ROUND_ONE, ROUND_TWO, ROUTES_ONE, ROUTES_TWO, Route
from seeds.build.partners.spreadsheet import SYNTHETIC, new_workbook, put, save

HEADS = [
    ("Origin", "Victim city"),
    ("Origin", "Victim country"),
    ("Intended destination", "Expected destination city"),
    ("Intended destination", "Expected destination country"),
    ("Exploitation", "City of exploitation"),
    ("Exploitation", "Country of exploitation"),
    ("Transit", "Transit points"),
    ("Case", "Industry"),
    ("Case", "Type of exploitation"),
    ("Case", "(Estimated) number of cases"),
]
ROUTE_HEADS = [("Route", "Mode of transportation"), ("Route", "Recruitment method")]
FIRST_DATA_ROW = 6
NO_STOPS = ("", "Direct", "None")

COUNTRY_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Kenya": ("KENYA", "kenya"),
    "Saudi Arabia": ("KSA", "SAUDI ARABIA"),
    "United Arab Emirates": ("UAE",),
    "United Kingdom": ("UK",),
    "Tanzania": ("TANZANIA",),
    "Uganda": ("uganda ",),
}
TYPE_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Commercial sexual exploitation": ("CSE",),
    "Forced begging": ("Begging",),
}
SEPARATORS = (" > ", " → ", "; ", " - ", " – ", " via ")
AIR = ("by air", "Plane", "bus, plane")
ROAD = ("bus", "Matatu", "lori", "bus & foot", "bus/foot", "Bus, then walked", "boda boda", "lorry")
RECRUITERS = ("Relative", "Friend", "Agency", "Facebook", "Neighbour", "Relative, Agency", "Online advert")


def write_rounds(folder: Path, seed: int) -> dict[str, int]:
    """Write one workbook a partner and round; returns the number of route reports by round."""
    rounds = (("2019", "August 2019", ROUND_ONE, ROUTES_ONE), ("2020", "June 2020", ROUND_TWO, ROUTES_TWO))
    for round_name, month, sizes, routes in rounds:
        dice = Dice(seed, "route round", round_name)
        for partner, dealt in _deal(routes, sizes, dice).items():
            path = folder / partner / "extracts" / f"{partner.replace('_', ' ')} routes {round_name}.xlsx"
            _write(path, f"Victim Journey Tracker, {month}", dealt, round_name == "2020", dice)
    return {round_name: sum(sizes.values()) for round_name, _, sizes, _ in rounds}


def _deal(routes: tuple[Route, ...], sizes: dict[str, int], dice: Dice) -> dict[str, list[Route]]:
    """Routes with named partners go to them, the others fill every partner's sheet up to its size."""
    dealt: dict[str, list[Route]] = {partner: [] for partner in sizes}
    for route in routes:
        for partner in route.partners:
            dealt[partner].append(route)
    common = dice.shuffled([route for route in routes if not route.partners for _ in range(route.reports)])
    for partner, size in sizes.items():
        while len(dealt[partner]) < size:
            dealt[partner].append(common.pop())
        dealt[partner] = dice.shuffled(dealt[partner])
    return dealt


def _write(path: Path, title: str, routes: list[Route], with_route_heads: bool, dice: Dice) -> None:
    workbook = new_workbook()
    sheet = workbook.create_sheet("Routes")
    put(sheet, 1, [SYNTHETIC])
    put(sheet, 2, [f"{title}. Fill in what is known; leave the rest empty."])
    _write_heads(sheet, HEADS + (ROUTE_HEADS if with_route_heads else []))
    row = FIRST_DATA_ROW
    for route in routes:
        put(sheet, row, _cells(route, with_route_heads, dice))
        row += 1
    put(sheet, row, ["TOTAL", None, None, None, None, None, None, None, None, len(routes)])
    save(workbook, path)


def _write_heads(sheet: Worksheet, heads: list[tuple[str, str]]) -> None:
    put(sheet, 4, [None if n and heads[n - 1][0] == group else group for n, (group, _) in enumerate(heads)])
    put(sheet, 5, [name for _, name in heads])
    for cell in sheet[4]:
        cell.font = Font(bold=True)
    starts = [n for n, (group, _) in enumerate(heads) if n == 0 or heads[n - 1][0] != group]
    for start, end in zip(starts, [*starts[1:], len(heads)], strict=True):
        if end - start > 1:
            sheet.merge_cells(start_row=4, end_row=4, start_column=start + 1, end_column=end)


def _cells(route: Route, with_route_heads: bool, dice: Dice) -> list[object]:
    origin_city, origin_country = _end(route.origin, dice)
    city, country = _end(route.destination, dice)
    intended: tuple[str, str] = (city, country)
    exploited: tuple[str, str] = (city, country)
    known = dice.share()
    if known < 0.2:
        exploited = ("", "")
    elif known < 0.35:
        intended = ("", "")
    elif known < 0.45 and not route.partners:
        intended = ("Mombasa", KENYA) if route.destination.endswith(KENYA) else ("Doha", "Qatar")
    exploitation = _spelt(route.exploitation, TYPE_SPELLINGS, dice)
    cells: list[object] = [origin_city, origin_country, *intended, *exploited, _transit(route.via, dice)]
    cells += [route.industry, exploitation, dice.weighted(COUNT_STYLES)(dice)]
    if with_route_heads:
        far = route.destination.split(", ")[1] not in NEIGHBOURS
        cells.append("" if dice.chance(0.15) else dice.pick(AIR if far else ROAD))
        cells.append("" if dice.chance(0.2) else dice.pick(RECRUITERS))
    return cells


NEIGHBOURS = (KENYA, "Uganda", "Tanzania", "Ethiopia", "Rwanda", "South Africa")


def _end(place: str, dice: Dice) -> tuple[str, str]:
    """City and country as written; now and then only one of the two, never a country too few."""
    city, country = place.split(", ")
    known = dice.share()
    if known < 0.06 and country == KENYA:
        return city, ""
    if known < 0.1 and country != KENYA:
        return "", country
    return city, _spelt(country, COUNTRY_SPELLINGS, dice)


def _spelt(word: str, spellings: dict[str, tuple[str, ...]], dice: Dice) -> str:
    return dice.pick(spellings[word]) if word in spellings and dice.chance(0.25) else word


def _transit(via: str, dice: Dice) -> str:
    if via in NO_STOPS:
        return via
    stops = via.split(" > ")
    written = dice.share()
    if written < 0.06:
        return ""
    if len(stops) == 2 and written < 0.1:
        return " & ".join(stops)
    return dice.pick(SEPARATORS).join(stops)


# How the number of cases is written; a few ways cannot be read, and stay records all the same.
COUNT_STYLES: dict[Callable[[Dice], object], float] = {
    lambda dice: dice.whole(1, 12): 30,
    lambda dice: dice.pick(("five", "two", "three", "tano", "ten")): 6,
    lambda dice: f"{dice.whole(2, 5)}-{dice.whole(6, 15)}": 8,
    lambda dice: f"{dice.whole(2, 4)} to {dice.whole(5, 9)}": 3,
    lambda dice: dice.pick(("~10", "approx. 10", "about 20", "kama 10")): 6,
    lambda dice: dice.pick(("10+", "at least 5", "20+")): 5,
    lambda dice: dice.pick(("up to 10", "<5")): 2,
    lambda dice: dice.pick(("several", "many", "a few", "wengi")): 6,
    lambda dice: "": 8,
    lambda dice: dice.pick(("5 girls", "5 (2 minors)", "3F 2M")): 3,
    lambda dice: dice.pick(("10 per month", "5/week", "2.5")): 1.5,
    lambda dice: date(2019, dice.whole(6, 12), dice.whole(2, 5)): 1,
}
