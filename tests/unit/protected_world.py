"""A candidate release made by hand: movements of 2025, both editions of it, and 2024 carried from an earlier release.

The public counts are worked out here from lists of cells, without the project's SQL.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from orchestration.core import REFERENCE_SEEDS, Keys, Settings, load_keys, new_stewards_pair
from tests.unit.published_world import ALERTS, CONTEXT, write_edition

AS_OF = date(2026, 7, 1)
RELEASE, EARLIER = "20260701T000000Z-bbbbbbbb", "20250701T000000Z-aaaaaaaa"
YEAR = {"period_kind": "year", "is_complete": True}
PERIODS: list[dict[str, Any]] = [
    {"period_id": "year-2024", "label": "2024", "period_from": "2024-01-01", "period_to": "2024-12-31", **YEAR},
    {"period_id": "year-2025", "label": "2025", "period_from": "2025-01-01", "period_to": "2025-12-31", **YEAR},
    {"period_id": "year-2026", "label": "2026", "period_from": "2026-01-01", "period_to": "2026-12-31", **YEAR},
    {"period_id": "round-2020", "label": "2020", "period_from": "2020-06-01", "period_to": "2020-06-30",
     "period_kind": "round", "is_complete": True},
]  # fmt: skip
Row = dict[str, Any]


@dataclass(frozen=True)
class Journey:
    """A counted case movement of 2025; Kenya's counties begin with KE."""

    origin: str
    destination: str
    via: str | None = None
    is_child: bool = False
    sex: str = "female"

    def cells(self) -> dict[str, set[str]]:
        """By population and table: where it counts."""
        ends = {f"origin|{self.origin}", f"origin|{country(self.origin)}"}
        ends |= {f"destination|{self.destination}", f"destination|{country(self.destination)}"}
        corridors = {f"od|{self.origin}>{self.destination}"}
        passed = set()
        if country(self.origin) != country(self.destination):
            corridors.add(f"country|{country(self.origin)}>{country(self.destination)}")
        if self.via:
            corridors.add(f"odv|{self.origin}>{self.via}>{self.destination}")
            passed = {f"any|{self.via}", "transit|KE040"}
        codes = {"total|total", f"direction|{self.direction}", "exploitation_type|forced_labour"}
        if self.sex != "unknown":
            codes.add(f"sex|{self.sex}")
        cells = {"corridors|all": corridors, "places|all": ends | passed, "codes|all": codes}
        if self.is_child:
            cells |= {"places|children": ends, "codes|children": {"total|total"}}
        return cells

    @property
    def direction(self) -> str:
        return "within" if country(self.origin) == "KEN" else "into"


def country(place: str) -> str:
    return "KEN" if place.startswith("KE") else place


JOURNEYS = (
    [Journey("KE040", "KE047")] * 60
    + [Journey("UGA", "KE047", "bp-ken-malaba", is_child=True)] * 45
    + [Journey("KE001", "KE047", sex="unknown")] * 3
)


def write_world(root: Path, journeys: Iterable[Journey] = JOURNEYS) -> tuple[Settings, Path]:
    """A home with keys, a work file and an earlier release; and a candidate with nothing wrong."""
    settings = Settings(root / "home", root, root / "home" / "keys")
    settings.keys.mkdir(parents=True)
    for name in ("record", "link", "noise"):
        (settings.keys / f"{name}.key").write_text(hashlib.sha256(name.encode()).hexdigest())
    (settings.keys / "stewards.age.pub").write_text(new_stewards_pair()[1])
    settings.work.mkdir()
    movements = dict(enumerate(journeys, start=-50))
    candidate = settings.releases / f".candidate-{RELEASE}"
    counts = counted(movements, load_keys(settings))
    carried = _rows("year-2024", {("corridors|all", "od|KE040>KE047"): 52, ("codes|all", "total|total"): 61})
    public, members = _shown(counts, least=10), _shown({cell: (n, n) for cell, (n, _) in counts.items()}, 1)
    write_edition(settings.releases / EARLIER, "public", _tables("public", carried, {}, ["year-2024"]))
    write_edition(
        candidate, "public", _tables("public", carried, public, ["year-2024", "year-2025", "round-2020"])
    )
    write_edition(
        candidate, "members", _tables("members", carried, members, [one["period_id"] for one in PERIODS])
    )
    _write_marts(candidate / "members" / "evidence_base.duckdb", movements)
    _write_stops(settings.warehouse, movements)
    mine, other = {"epoch": 2, "first_release": RELEASE}, {"epoch": 0, "first_release": EARLIER}
    manifest = {
        "release_id": RELEASE,
        "periods": {"year-2024": other | {"carried_from": EARLIER}, "year-2025": mine, "round-2020": mine},
    }
    (candidate / "manifest.json").write_text(json.dumps(manifest))
    return settings, candidate


def counted(movements: dict[int, Journey], keys: Keys) -> dict[tuple[str, str], tuple[int, int]]:
    """By table and cell: true and protected count."""
    true: Counter[tuple[str, str]] = Counter()
    sums: Counter[tuple[str, str]] = Counter()
    for record_id, journey in movements.items():
        for table, cells in journey.cells().items():
            for cell in cells:
                true[table, cell] += 1
                sums[table, cell] += keys.protection_keys(pa.array([record_id]))[0].as_py()
    return {
        (table, cell): (number, number + noise(f"{table}|year-2025|{cell}|{sums[table, cell]}|2", number))
        for (table, cell), number in true.items()
    }


def noise(text: str, count: int) -> int:
    """The noise of a cell, worked out without the project's code: `text` is table, period, cell, key sum and epoch."""
    digest = hashlib.md5(text.encode()).hexdigest()[:8]  # noqa: S324
    row = "3" if count >= 200 else "2" if count >= 40 else "1"
    return next(
        int(line["noise"])
        for line in noise_lines()
        if line["noise_row"] == row and line["hash_from"] <= digest <= line["hash_to"]
    )


@cache
def noise_lines() -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / "noise.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def _shown(counts: dict[tuple[str, str], tuple[int, int]], least: int) -> dict[tuple[str, str], int]:
    return {cell: protected for cell, (_, protected) in counts.items() if protected >= least}


def _rows(period: str, counts: dict[tuple[str, str], int]) -> dict[str, list[Row]]:
    """Rows of corridors, places and codes."""
    tables: dict[str, list[Row]] = {"corridors": [], "places": [], "codes": []}
    for (table, cell), number in counts.items():
        name, population = table.split("|")
        kind, what = cell.split("|")
        row: Row = {
            "period_id": period, "record_grain": "case", "population": population, "movement_count": number,
            "movement_count_text": str(number),
        }  # fmt: skip
        total = counts.get((f"codes|{population}", "total|total"))
        row["share"] = round(number / total, 4) if total else None
        if name == "corridors":
            row |= {"level": kind, "corridor_id": what}
        elif name == "places":
            levels = {"bp": "border_point", "KE": "county"}
            level = "country" if what == "KEN" else levels.get(what[:2], "country")
            row |= {"role": kind, "place_id": what, "place_level": level}
        else:
            row |= {"subject": "all", "domain": kind, "code": what}
        tables[name].append(row)
    for rows in tables.values():
        for row in rows:
            alike = [one for one in rows if all(one.get(name) == row.get(name) for name in _WITHIN)]
            row["rank"] = 1 + sum(one["movement_count"] > row["movement_count"] for one in alike)
    return tables


_WITHIN = ("population", "level", "role", "place_level")


def _tables(
    edition: str, carried: dict[str, list[Row]], counts: dict[tuple[str, str], int], periods: list[str]
) -> dict[str, list[Row]]:
    """All published tables of an edition; the labels are of 2025 where it has counts."""
    rows = _rows("year-2025", counts)
    tables = {name: carried[name] + rows[name] for name in rows}
    tables["periods"] = [one for one in PERIODS if one["period_id"] in periods]
    tables["alerts"] = [] if edition == "public" else ALERTS
    names = ("inferred_routes", "hotspots", "shifts", "risk", "novelty", "routes", "coverage", "completeness")
    tables |= {name: [] for name in names}
    tables["context_counts"] = [CONTEXT]
    if not counts:
        return tables
    year = {"period_id": "year-2025", "record_grain": "case"}
    place = {**year, "population": "all", "label": "hotspot"}
    corridor, origin = counts["corridors|all", "od|KE040>KE047"], counts["places|all", "origin|KE040"]
    return tables | {
        "hotspots": [
            {**place, "place_id": "KE040", "role": "origin", "movement_count": origin},
            {**place, "place_id": "KE047", "role": "exploitation",
             "movement_count": None if edition == "public" else 60},
        ],
        "shifts": [
            {"comparison": "years", "baseline": "year-2024", "current": "year-2025", "record_grain": "case",
             "level": "od", "corridor_id": "KE040>KE047", "status": "stable",
             "baseline_count": 52, "baseline_count_text": "52",
             "current_count": corridor, "current_count_text": str(corridor)}
        ],
        "risk": [{**year, "place_id": "KE040", "band": "higher"}],
        "novelty": [
            {"period_id": "round-2020", "record_grain": "route_report", "item_kind": "country",
             "item": "UGA", "role": "origin", "evidence_class": "panel_confirmed"}
        ],
        "routes": [
            {"period_id": "round-2020", "line": "corridor", "line_id": "od|UGA>KE047",
             "report_count": None if edition == "public" else 4},
            {"period_id": "round-2020", "line": "round", "line_id": "total|total", "report_count": 12},
        ],
        "coverage": [
            {**year, "partner_count": 5, "county_count": 9,
             "partners_started": None, "partners_stopped": None,
             "one_partner_share": 0.35 if edition == "public" else 0.3333}
        ],
        "completeness": [{**year, "field": "origin", "known_share": 0.95 if edition == "public" else 0.9612}],
    }  # fmt: skip


def _write_marts(file: Path, movements: dict[int, Journey]) -> None:
    """With what counts nowhere: a movement of 2026, a stopped one, a route report."""
    with duckdb.connect(str(file)) as con:
        con.execute(
            "create schema marts; create table marts.fct_movements (movement_id bigint, record_grain text, "
            "is_counted boolean, departed_year integer, direction text, is_child boolean, sex text, age_band text);"
            "create table marts.bridge_movement_codes (movement_id bigint, domain text, code text)"
        )
        rows: list[list[Any]] = [
            [record_id, "case", True, 2025, one.direction, one.is_child or None, one.sex, None]
            for record_id, one in movements.items()
        ]
        rows += [
            [9001, "case", True, 2026, "within", False, "female", None],
            [9002, "case", False, 2025, "within", False, "female", None],
            [9003, "route_report", True, 2025, "within", False, "female", None],
        ]
        _insert(con, "marts.fct_movements", rows)
        codes = [[row[0], "exploitation_type", "forced_labour"] for row in rows]
        codes += [[row[0], "transport_mode", "unknown"] for row in rows]
        codes += [[row[0], "industry", "fishing"] for row in rows]
        _insert(con, "marts.bridge_movement_codes", codes)


def _write_stops(file: Path, movements: dict[int, Journey]) -> None:
    with duckdb.connect(str(file)) as con:
        con.execute(
            "create schema intermediate; create table intermediate.int_movement_stops (movement_id bigint, "
            "place_role text, stop_number integer, is_known boolean, country_place_id text, "
            "counting_place_id text, border_point_id text)"
        )
        rows: list[list[Any]] = []
        others = dict.fromkeys((9001, 9002, 9003), Journey("KE040", "KE047"))
        for record_id, one in {**movements, **others}.items():
            rows.append([record_id, "origin", 1, True, country(one.origin), one.origin, None])
            # Where somebody was exploited is the destination, and not where they were to go.
            rows.append([record_id, "intended_destination", 1, True, "KEN", "KE003", None])
            rows.append([record_id, "exploitation", 1, True, "KEN", one.destination, None])
            if one.via:
                rows.append([record_id, "transit", 1, True, "KEN", "KE040", one.via])
                rows.append([record_id, "transit", 2, False, "unknown", "unknown", None])
        _insert(con, "intermediate.int_movement_stops", rows)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[list[Any]]) -> None:
    """All at once: row by row takes seconds."""
    con.register("rows", pd.DataFrame(rows))
    con.execute(f"insert into {table} from rows")
    con.unregister("rows")
