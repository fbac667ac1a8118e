"""Random worlds over several releases: records come late, are forgotten and corrected, and the ledger grows.

The reader who attacks them has its own linear program over the finest cross of both ends and age, made of the
printed rows and of nothing of the room that is judged. It knows of each row whether it is as counted now; a
row that repeats an older number it knows to less than `k` either way. Cases are counted by year and route
reports by survey round, in both editions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from orchestration import disclosure
from orchestration.disclosure.printed_counts import WHOLE, frozen_counts, printed_counts_of, protect_counts
from orchestration.disclosure.printed_tables import cells_of

POLICY = disclosure.load_disclosure_policy()
TELLS_OF_CHILDREN = replace(POLICY, public=replace(POLICY.public, children_tables=True))
PERIODS = {
    "route_report": {
        "round-2023": ("round", date(2023, 6, 1), date(2023, 6, 30)),
        "round-2024": ("round", date(2024, 6, 1), date(2024, 6, 30)),
    },
    "case": {
        "2023": ("year", date(2023, 1, 1), date(2023, 12, 31)),
        "2024": ("year", date(2024, 1, 1), date(2024, 12, 31)),
    },
}
DAYS_OF_RELEASES = (date(2024, 3, 1), date(2025, 3, 1), date(2025, 9, 1))
ORIGINS, DESTINATIONS = ("KE001", "KE003", "UGA"), ("KE042", "KE047", "SAU")
FINEST = [*product(ORIGINS, DESTINATIONS, ("children", "others"))]
# How wide a cell that is not printed must stay: for those outside, and for a partner.
K, OWN_WIDTH = {"public": 10, "partner": 5}, 3
PARTNERS = {10: 3, 5: 2}  # that know of a cell which may stand by itself
Cell = tuple[str, str, str]  # origin, destination and population; "*" and "all" for all of them


def country_of(place: str) -> str:
    return "KEN" if place.startswith("KE") else place


def first_told(chance: np.random.Generator, grain: str = "route_report") -> pd.DataFrame:
    """A row a partner and movement; some movements are known to two."""
    partners = [f"partner_{at}" for at in range(int(chance.integers(3, 6)))]
    reach = chance.dirichlet(np.full(len(partners), 1.5))
    busy = chance.gamma(0.6, 20, (2, len(ORIGINS), len(DESTINATIONS)))
    rows: list[dict[str, object]] = []
    for number, period in enumerate(PERIODS[grain]):
        for (o, origin), (d, destination) in product(enumerate(ORIGINS), enumerate(DESTINATIONS)):
            for _ in range(chance.poisson(busy[number, o, d])):
                persons, movement = int(chance.choice([1, 1, 1, 2])), len(rows)
                known_to = chance.choice(len(partners), chance.choice([1, 1, 1, 2]), replace=False, p=reach)
                is_child = bool(chance.random() < 0.3)
                rows += [
                    {
                        "movement_id": movement, "partner": partners[at], "record_grain": grain,
                        "period_id": period, "origin_place_id": origin, "destination_place_id": destination,
                        "origin_country_place_id": country_of(origin),
                        "destination_country_place_id": country_of(destination),
                        "is_child": is_child, "person_count": persons, "record_count": 1,
                    }
                    for at in known_to
                ]  # fmt: skip
    return pd.DataFrame(rows)


def told_later(told: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    """Some movements forgotten, some that went elsewhere after all, and some that come late."""
    movements = told["movement_id"].unique()
    fate = dict(zip(movements, chance.choice(["", "forgotten", "corrected", "late"], len(movements),
                                             p=[0.91, 0.03, 0.03, 0.03]), strict=True))  # fmt: skip
    fates = told["movement_id"].map(fate)
    late = told[fates == "late"].assign(movement_id=lambda rows: rows["movement_id"] + movements.max() + 1)
    elsewhere = {movement: str(chance.choice(DESTINATIONS)) for movement in movements}
    is_corrected = fates == "corrected"
    now = told["destination_place_id"].where(~is_corrected, told["movement_id"].map(elsewhere))
    corrected = told.assign(destination_place_id=now, destination_country_place_id=now.map(country_of))
    return pd.concat([corrected[fates != "forgotten"], late], ignore_index=True)


@dataclass(frozen=True)
class Release:
    """What both editions print, and what was counted when; rows of `printed`: period, cell → persons."""

    now: pd.DataFrame
    public: dict[tuple[str, Cell], int]
    partner: dict[tuple[str, Cell], int]


def releases(seed: int, folder: Path, grain: str, policy: disclosure.DisclosurePolicy) -> Iterator[Release]:
    chance = np.random.default_rng(seed)
    told = first_told(chance, grain)
    names = ["period_id", "period_kind", "period_from", "period_to", "is_complete"]
    periods = pd.DataFrame([(one, *told_of, True) for one, told_of in PERIODS[grain].items()], columns=names)
    for number, as_of in enumerate(DAYS_OF_RELEASES):
        ledger = disclosure.read_ledger(folder)
        public = disclosure.printing_of("public", policy, periods, as_of, ledger)
        frames = [printed_counts_of(protect_counts(told, public), public), frozen_counts(public)]
        of_public = pd.concat([one for one in frames if len(one)] or frames[:1], ignore_index=True)
        cells = cells_of(of_public, public.periods)
        partner = disclosure.printing_of("partner", policy, periods, as_of, ledger, cells)
        of_partner = printed_counts_of(protect_counts(told, partner), partner)
        disclosure.append_to_ledger(
            folder, f"release-{number}", cells, datetime(2026, 1, 1 + number, tzinfo=UTC)
        )
        yield Release(told, by_cell(of_public), by_cell(of_partner))
        told = told_later(told, chance)


def by_cell(rows: pd.DataFrame) -> dict[tuple[str, Cell], int]:
    return {
        (row.period_id, (row.origin_place_id, row.destination_place_id, row.population)): int(
            row.person_count
        )
        for row in rows.itertuples()
    }


@cache
def holds(cell: Cell) -> np.ndarray:
    """Which of the finest cells a cell adds up."""
    names = [
        (
            {origin, country_of(origin) + WHOLE, "*"},
            {destination, country_of(destination) + WHOLE, "*"},
            {who, "all"},
        )
        for origin, destination, who in FINEST
    ]
    return np.array([all(part in found for part, found in zip(cell, one, strict=True)) for one in names])


# All that a report or an edition might print: by both ends, and children or others at either.
CELLS: list[Cell] = [
    *((o, d, "all") for o in (*ORIGINS, "*") for d in (*DESTINATIONS, "*")),
    *((o, "*", who) for o in (*ORIGINS, "*") for who in ("children", "others")),
    *(("*", d, who) for d in DESTINATIONS for who in ("children", "others")),
    # Children by country: told in public, if at all. A report gives these sums by subtraction, and may.
    *((country + WHOLE, "*", who) for country in ("KEN", "UGA") for who in ("all", "children", "others")),
    *(("*", country + WHOLE, who) for country in ("KEN", "SAU") for who in ("all", "children", "others")),
]


def persons_of(told: pd.DataFrame) -> np.ndarray:
    """Persons in each of the finest cells, each movement once."""
    rows = told.drop_duplicates("movement_id")
    age = np.where(rows["is_child"], "children", "others")
    counts = rows["person_count"].groupby([rows["origin_place_id"], rows["destination_place_id"], age]).sum()
    return np.array([float(counts.get(one, 0)) for one in FINEST])


def may_stand(told: pd.DataFrame, cell: Cell, k: int, partners: int) -> bool:
    mine = told[[bool(holds(cell)[FINEST.index(one)]) for one in zip(
        told["origin_place_id"], told["destination_place_id"], np.where(told["is_child"], "children", "others"),
        strict=True)]]  # fmt: skip
    persons = mine.drop_duplicates("movement_id")["person_count"].sum()
    return bool(persons >= k and mine["partner"].nunique() >= partners)


def open_cells(told: pd.DataFrame, known: dict[Cell, int], k: int) -> list[str]:
    """Cells that are not printed, hold somebody, and are known too closely: from outside, or to a partner that
    takes its own persons off. `known`: what is printed of the persons in `told`, which are of one round."""
    if not known:
        return []
    true = persons_of(told)
    rows = np.array([holds(cell) for cell in known], dtype=float)
    values = np.array([*known.values()], dtype=float)
    slack = np.where(values == rows @ true, 0, k - 1)
    # Who is no child is printed nowhere: it is what two printed rows leave, where that many may be told.
    asked = [
        cell for cell in CELLS
        if holds(cell) @ true > 0
        and not (rows == holds(cell)).all(axis=1).any()  # a country of one place has two names
        and not ((cell[2] == "others" or WHOLE in "".join(cell[:2])) and may_stand(told, cell, k, PARTNERS[k]))
    ]  # fmt: skip
    found = []
    readers = {"outside": np.zeros(len(FINEST))}
    readers |= {str(one): persons_of(rows_of) for one, rows_of in told.groupby("partner")}
    for reader, own in readers.items():
        width = k - 1 if reader == "outside" else OWN_WIDTH
        for cell in asked:
            if holds(cell) @ (true - own) == 0:
                continue
            low, high = (
                sign
                * linprog(
                    sign * holds(cell).astype(float),
                    A_ub=np.vstack([rows, -rows]),
                    b_ub=np.concatenate([values + slack, slack - values]),
                    bounds=[(least, true.sum()) for least in own],
                ).fun
                for sign in (1, -1)
            )
            is_narrow = np.floor(high + 1e-6) - np.ceil(low - 1e-6) < width
            if is_narrow or (reader == "outside" and high < k - 1e-6):
                found.append(f"{reader}: {cell} holds {holds(cell) @ true:g}, found {low:g} to {high:g}")
    return found


def of_period(rows: pd.DataFrame, period: str) -> pd.DataFrame:
    return rows[rows["period_id"] == period]


@pytest.mark.parametrize(
    ("seed", "grain", "policy"),
    [
        *((seed, "route_report", POLICY) for seed in (0, 1, 3)), (110, "route_report", TELLS_OF_CHILDREN),
        *((seed, "case", POLICY) for seed in (21, 22)), (31, "case", TELLS_OF_CHILDREN),
    ],
)  # fmt: skip
def test_no_reader_of_releases_that_follow_each_other_finds_anybody(
    seed: int, grain: str, policy: disclosure.DisclosurePolicy, tmp_path: Path
) -> None:
    first_printed: dict[str, pd.DataFrame] = {}
    ever: dict[tuple[str, Cell], int] = {}
    printed = 0
    for release in releases(seed, tmp_path, grain, policy):
        ever |= release.public
        for period in PERIODS[grain]:
            public = {cell: persons for (name, cell), persons in release.public.items() if name == period}
            if public and period not in first_printed:
                first_printed[period] = of_period(release.now, period)
            if public:
                assert open_cells(first_printed[period], public, K["public"]) == []
            now = of_period(release.now, period)
            true = persons_of(now)
            near = {
                cell: persons
                for (name, cell), persons in ever.items()
                if name == period and abs(persons - holds(cell) @ true) < K["partner"]
            }
            of_partner = {
                cell: persons for (name, cell), persons in release.partner.items() if name == period
            }
            if of_partner:
                assert open_cells(now, near | of_partner, K["partner"]) == []
            printed += len(of_partner)
    assert printed > 30, "there was something to attack"


def test_what_is_printed_without_anything_hidden_beside_it_is_found() -> None:
    """The control: each cell that may stand by itself is printed, as if nobody could subtract."""
    told = of_period(first_told(np.random.default_rng(0)), "round-2023")
    true = persons_of(told)
    by_itself = {cell: int(holds(cell) @ true) for cell in CELLS if may_stand(told, cell, 5, 2)}
    assert open_cells(told, by_itself, K["partner"])
