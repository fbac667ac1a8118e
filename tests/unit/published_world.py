"""A small release with both editions, written as the stage step writes it: DuckDB files with comments, and Parquet.

The world: Busia to Nairobi leads; Marsabit to Nairobi fell from 158 to 71 cases while Mandera to Nairobi, absent
from the list of 2024, reached 69. Members also see twelve months to June 2026 and small counts as `<5`.
Columns, types and descriptions are those of the models, so that a table cannot differ from what dbt builds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration.core import DBT_PROJECT, load_publication_policy

MANIFEST = {
    "schema_version": 2,
    "release_id": "20260701T000000Z-0123abcd",
    "as_of": "2026-07-01T00:00:00+00:00",
    "previous_release": None,
    "is_synthetic": True,
    "policy": load_publication_policy().for_manifest(),
    "periods": {},
}
YEARS, MONTHS = ("year-2024", "year-2025"), ("2025-Q2-12m", "2026-Q2-12m")
NAMES = {
    "KE001": "Mombasa", "KE003": "Kilifi", "KE009": "Mandera", "KE010": "Marsabit", "KE040": "Busia",
    "KE047": "Nairobi", "KEN": "Kenya", "SAU": "Saudi Arabia", "UGA": "Uganda", "bp-ken-malaba": "Malaba",
}  # fmt: skip
LEVELS = {"KEN": "country", "SAU": "country", "UGA": "country", "bp-ken-malaba": "border_point"}
KEYS = {
    "corridors": ["level", "corridor_id", "period_id", "record_grain", "population"],
    "places": ["place_id", "role", "period_id", "record_grain", "population"],
    "codes": [
        "subject", "role", "place_id", "corridor_id", "domain", "code", "period_id", "record_grain", "population",
    ],
    "shifts": ["comparison", "baseline", "current", "record_grain", "level", "corridor_id"],
    "alerts": ["corridor_id", "direction", "first_month"],
    "inferred_routes": ["record_grain", "corridor_id", "place_number"],
    "hotspots": ["place_id", "role", "period_id", "record_grain", "population"],
    "risk": ["place_id", "period_id", "record_grain"],
    "novelty": ["period_id", "record_grain", "item_kind", "item", "role"],
    "routes": ["period_id", "line", "line_id"],
    "coverage": ["period_id", "record_grain"],
    "completeness": ["field", "period_id", "record_grain"],
    "periods": ["period_id"],
    "context_counts": [
        "record_grain", "publication", "publication_url", "period_from", "period_to", "origin_place_id",
        "counted_at_place_id", "destination_place_id", "destination_basis", "form_label", "nationality", "sex",
        "age_band",
    ],
}  # fmt: skip

Row = dict[str, Any]
CONTEXT: Row = {
    "record_grain": "flow_count", "publication": "Victims by year (synthetic)", "publisher": "Fixture Office",
    "publication_url": "https://fixture.example", "publication_licence": "CC BY 4.0",
    "period_from": "2019-01-01", "period_to": "2019-12-31", "counted_year": 2019, "origin_place_id": "unknown",
    "counted_at_place_id": "KEN", "counted_at": "Kenya", "destination_place_id": "unknown", "person_count": 853,
}  # fmt: skip


ALERTS: list[Row] = [
    {
        "corridor_id": "KE010>KE047", "origin_place_id": "KE010", "origin": "Marsabit",
        "destination_place_id": "KE047", "destination": "Nairobi", "direction": "fall",
        "first_month": "2026-03-01", "alerted_month": "2026-05-01", "newest_month": "2026-06-01",
        "record_count_text": "<5", "expected_low": 24, "expected_high": 47, "partner_count": 3, "evidence": "panel",
    },
    {
        "corridor_id": "KE009>KE047", "origin_place_id": "KE009", "origin": "Mandera",
        "destination_place_id": "KE047", "destination": "Nairobi", "direction": "rise",
        "first_month": "2026-04-01", "alerted_month": "2026-05-01", "newest_month": "2026-06-01",
        "record_count": 31, "record_count_text": "31", "expected_low": 3, "expected_high": 9, "partner_count": 1,
        "evidence": "single_partner",
    },
]  # fmt: skip
# Inferred: Mandera to Nairobi by Marsabit and Busia, Marsabit to Nairobi by Busia.
INFERRED: list[Row] = [
    {
        "record_grain": "case", "corridor_id": f"{origin}>KE047", "origin_place_id": origin, "origin": NAMES[origin],
        "place_number": number, "place_id": place, "place": NAMES[place], "destination_place_id": "KE047",
        "destination": "Nairobi", "record_count": count, "record_count_text": str(count or "<5"),
        "exact_share": 0.387, "any_share": 0.883, "road_exact_share": 0.076, "held_back_corridors": 34,
    }
    for origin, number, place, count in (
        ("KE009", 1, "KE010", 163), ("KE009", 2, "KE040", 163), ("KE010", 1, "KE040", None),
    )
]  # fmt: skip
NO_COUNTS = dict.fromkeys(
    ("alerted_month", "newest_month", "record_count", "record_count_text", "expected_low", "expected_high",
     "partner_count", "evidence")
)  # fmt: skip
RELEASED_ALERT: Row = ALERTS[0] | NO_COUNTS  # as the public edition has it


def world(edition: str) -> dict[str, list[Row]]:
    """The rows of every published table of an edition, each without what is null."""
    windows = YEARS if edition == "public" else YEARS + MONTHS
    return {
        "context_counts": [CONTEXT],
        "periods": [_period(window) for window in (*windows, "round-2020")],
        "corridors": [row for window in windows for row in _corridors(edition, window)],
        "places": [row for window in windows for row in _places(edition, window)],
        "codes": [row for window in windows for row in _codes(edition, window)],
        "shifts": _shifts(edition),
        "alerts": [] if edition == "public" else ALERTS,
        "inferred_routes": [] if edition == "public" else INFERRED,
        "hotspots": [_hotspot(edition, window) for window in windows],
        "risk": [{"period_id": "year-2025", "record_grain": "case", "place_id": "KE040", "place": "Busia", "band": "higher", "components": None if edition == "public" else "origin;transit;change"}],
        "novelty": [
            {
                "period_id": "round-2020", "record_grain": "route_report", "item_kind": "corridor",
                "item": "UGA>KE047", "role": "any", "evidence_class": "panel_confirmed",
            }
        ],
        "routes": [
            {
                "period_id": "round-2020", "line": "corridor", "line_id": "od|UGA>KE047", "level": "od",
                **_ends("UGA", None, "KE047"), "report_count": None if edition == "public" else 4,
            },
            {"period_id": "round-2020", "line": "round", "line_id": "total|total", "report_count": 12},
        ],
        "coverage": [
            {
                "period_id": window, "record_grain": "case", "partner_count": 5, "county_count": 9,
                "one_partner_share": 0.25,
                **({} if edition == "public" else {"partners_started": 1, "partners_stopped": 2}),
            }
            for window in windows
        ],
        "completeness": [
            {"period_id": window, "record_grain": "case", "field": field, "known_share": share}
            for window in windows
            for field, share in (("origin", 0.95), ("transit", 0.55), ("age_band", 0.9), ("recruitment_method", 0.45))
        ],
    }  # fmt: skip


def write_release(
    folder: Path,
    editions: Sequence[str] = ("public", "members"),
    manifest: Mapping[str, Any] = MANIFEST,
    **tables: Mapping[str, list[Row]],
) -> Path:
    """Write the world into a folder; `tables`: by edition, tables whose rows are others."""
    for edition in editions:
        write_edition(folder, edition, world(edition) | dict(tables.get(edition, {})))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def write_edition(folder: Path, edition: str, tables: Mapping[str, list[Row]]) -> None:
    path = folder / edition
    (path / "parquet").mkdir(parents=True)
    with duckdb.connect(str(path / "evidence_base.duckdb")) as con:
        con.execute("create schema published; create schema meta")
        con.execute(
            "create table meta.columns (table_schema text, table_name text, column_name text, is_key boolean)"
        )
        for name, rows in tables.items():
            described, columns = _model(name)
            typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            con.execute(f"create table published.{name} ({typed})")
            con.execute(f"comment on table published.{name} is '{described}'")
            for row in rows:
                values = [edition if column == "edition" else row.get(column) for column in columns]
                con.execute(f"insert into published.{name} values ({', '.join('?' * len(values))})", values)
            for column in columns:
                con.execute(f"comment on column published.{name}.{column} is 'What {column} means.'")
                is_key = column in KEYS[name]
                con.execute("insert into meta.columns values ('published', ?, ?, ?)", [name, column, is_key])
            parquet = path / "parquet" / f"published.{name}.parquet"
            con.execute(f"copy published.{name} to '{parquet}' (format parquet)")


@cache
def _model(name: str) -> tuple[str, dict[str, str]]:
    file = DBT_PROJECT / "models" / "published" / f"published_{name}.yml"
    model = yaml.safe_load(file.read_text(encoding="utf-8"))["models"][0]
    columns = {
        column["name"]: column["data_type"].replace("string", "varchar") for column in model["columns"]
    }
    return model["description"].replace("'", "''"), columns


def _period(period: str) -> Row:
    if period.startswith("round"):
        kind, label, first, last = "round", "2020", "2020-06-01", "2020-06-30"
    elif period in YEARS:
        label = period.removeprefix("year-")
        kind, first, last = "year", f"{label}-01-01", f"{label}-12-31"
    else:
        year = int(period[:4])
        kind, label = "rolling_12_months", f"12 months to {period[:7]}"
        first, last = f"{year - 1}-07-01", f"{year}-06-30"
    return {
        "period_id": period, "period_kind": kind, "label": label, "period_from": first, "period_to": last,
        "is_complete": True,
    }  # fmt: skip


def _ends(origin: str, via: str | None, destination: str) -> Row:
    return {
        "origin_place_id": origin, "origin": NAMES[origin],
        "via_place_id": via, "via": NAMES[via] if via else None,
        "destination_place_id": destination, "destination": NAMES[destination],
    }  # fmt: skip


def _counted(edition: str, count: int, total: int) -> Row:
    is_small = edition == "members" and count < 5
    return {
        "movement_count": None if is_small else count,
        "movement_count_text": "<5" if is_small else str(count),
        "partner_count": 3 if edition == "members" else None,
        "share": None if is_small else round(count / total, 4),
    }


# (level, origin, via, destination, direction): counts by window.
CORRIDORS: dict[tuple[str, str, str | None, str, str], dict[str, int]] = {
    ("od", "KE040", None, "KE047", "within"): {
        "year-2024": 226,
        "year-2025": 245,
        MONTHS[0]: 230,
        MONTHS[1]: 250,
    },
    ("od", "KE003", None, "KE001", "within"): {
        "year-2024": 225,
        "year-2025": 240,
        MONTHS[0]: 220,
        MONTHS[1]: 235,
    },
    ("od", "KE010", None, "KE047", "within"): {
        "year-2024": 158,
        "year-2025": 71,
        MONTHS[0]: 157,
        MONTHS[1]: 3,
    },
    ("od", "KE009", None, "KE047", "within"): {"year-2025": 69, MONTHS[0]: 12, MONTHS[1]: 118},
    ("od", "UGA", None, "KE047", "into"): {"year-2024": 49, "year-2025": 50, MONTHS[0]: 48, MONTHS[1]: 51},
    ("od", "KE047", None, "SAU", "out_of"): {"year-2024": 43, "year-2025": 45, MONTHS[0]: 40, MONTHS[1]: 44},
    ("odv", "UGA", "bp-ken-malaba", "KE047", "into"): {
        "year-2024": 17,
        "year-2025": 20,
        MONTHS[0]: 18,
        MONTHS[1]: 21,
    },
    ("country", "KEN", None, "SAU", "out_of"): {
        "year-2024": 58,
        "year-2025": 61,
        MONTHS[0]: 57,
        MONTHS[1]: 60,
    },
    ("country", "UGA", None, "KEN", "into"): {"year-2024": 52, "year-2025": 56, MONTHS[0]: 53, MONTHS[1]: 57},
}
TOTAL = {"year-2024": 790, "year-2025": 765, MONTHS[0]: 760, MONTHS[1]: 770}


def _corridors(edition: str, window: str) -> list[Row]:
    rows = []
    for (level, origin, via, destination, direction), counts in CORRIDORS.items():
        if window not in counts or (edition == "public" and counts[window] < 10):
            continue
        stops = [one for one in (origin, via, destination) if one]
        rows.append(
            {
                "period_id": window, "record_grain": "case", "population": "all", "level": level,
                "corridor_id": ">".join(stops), **_ends(origin, via, destination), "direction": direction,
                **_counted(edition, counts[window], TOTAL[window]),
            }
        )  # fmt: skip
    for level in ("od", "odv", "country"):
        ranked = sorted(
            (row for row in rows if row["level"] == level), key=lambda row: -(row["movement_count"] or 0)
        )
        for rank, row in enumerate(ranked, start=1):
            row["rank"] = rank
    return rows


PLACES: dict[tuple[str, str, str], int] = {
    ("all", "origin", "KE040"): 281, ("all", "origin", "KE003"): 244, ("all", "origin", "KE010"): 73,
    ("all", "origin", "KE009"): 72, ("all", "origin", "UGA"): 56,
    ("all", "any", "bp-ken-malaba"): 104, ("all", "transit", "KE010"): 60,
    ("all", "destination", "KE047"): 452, ("all", "destination", "KE001"): 240, ("all", "destination", "SAU"): 63,
    ("children", "origin", "KE040"): 119, ("children", "origin", "KE003"): 103,
    ("children", "destination", "KE047"): 180,
}  # fmt: skip


def _places(edition: str, window: str) -> list[Row]:
    return [
        {
            "period_id": window, "record_grain": "case", "population": population, "place_id": place,
            "place": NAMES[place], "place_level": LEVELS.get(place, "county"), "role": role,
            **_counted(edition, count, TOTAL[window]), "rank": rank,
        }
        for rank, ((population, role, place), count) in enumerate(PLACES.items(), start=1)
    ]  # fmt: skip


CODES: dict[tuple[str, str], tuple[str, int]] = {
    ("total", "total"): ("total", 765),
    ("direction", "within"): ("within", 640), ("direction", "into"): ("into", 56),
    ("direction", "out_of"): ("out_of", 61),
    ("sex", "female"): ("Female", 600), ("sex", "male"): ("Male", 160),
    ("age_band", "15-17"): ("15 to 17", 210),
    ("exploitation_type", "domestic_servitude"): ("Domestic servitude", 310),
    ("exploitation_type", "sexual_exploitation"): ("Sexual exploitation", 190),
    ("transport_mode", "bus"): ("Bus", 400),
}  # fmt: skip


def _codes(edition: str, window: str) -> list[Row]:
    both = {"period_id": window, "record_grain": "case"}
    rows = [
        {**both, "population": "all", "subject": "all", "domain": domain, "code": code, "label": label,
         **_counted(edition, TOTAL[window] if domain == "total" else count, TOTAL[window])}
        for (domain, code), (label, count) in CODES.items()
    ]  # fmt: skip
    rows.append(
        {**both, "population": "children", "subject": "all", "domain": "total", "code": "total", "label": "total",
         **_counted(edition, 310, 310)}
    )  # fmt: skip
    if edition == "members":
        rows.append(
            {**both, "population": "all", "subject": "place", "role": "origin", "place_id": "KE040",
             "place": "Busia", "domain": "exploitation_type", "code": "domestic_servitude",
             "label": "Domestic servitude", **_counted(edition, 120, 281)}
        )  # fmt: skip
    return rows


def _shifts(edition: str) -> list[Row]:
    rows = [
        _shift("years", YEARS, "KE009", "growing", None, 69, "twice_or_more", "KE010>KE047"),
        _shift("years", YEARS, "KE010", "fading", 158, 71, "half_or_less"),
        _shift("years", YEARS, "KE040", "stable", 226, 245, None),
    ]
    if edition == "members":
        rows[0] |= {"baseline_count": None, "baseline_count_text": "<5"}
        rows += [
            _shift("months", MONTHS, "KE009", "growing", 12, 118, "twice_or_more", "KE010>KE047")
            | {"ratio": 9.1, "ratio_low": 7.0, "ratio_high": 12.2},
            _shift("months", MONTHS, "KE010", "abandoned", 157, 0, "half_or_less")
            | {"ratio": 0.01, "ratio_low": 0.002, "ratio_high": 0.04},
        ]
    return rows


def _shift(
    comparison: str, windows: Sequence[str], origin: str, status: str, before: int | None, now: int,
    factor: str | None, displaced: str | None = None,
) -> Row:  # fmt: skip
    return {
        "comparison": comparison, "baseline": windows[0], "current": windows[1], "record_grain": "case",
        "level": "od", "corridor_id": f"{origin}>KE047", **_ends(origin, None, "KE047"), "direction": "within",
        "status": status, "evidence": "panel" if status != "stable" else None,
        "baseline_count": before, "baseline_count_text": None if before is None else str(before),
        "current_count": now, "current_count_text": str(now), "factor_band": factor,
        "displaced_from": displaced, "displaced_from_name": "Marsabit → Nairobi" if displaced else None,
    }  # fmt: skip


def _hotspot(edition: str, window: str) -> Row:
    return {
        "period_id": window, "record_grain": "case", "population": "all", "place_id": "KE040", "place": "Busia",
        "role": "origin", "label": "hotspot", "factor_band": "twice_or_more", "at_least_times": 2,
        "movement_count": 281, "trend_category": "no_trend" if edition == "members" else None,
    }  # fmt: skip
