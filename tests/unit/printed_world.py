"""Both editions of a release as their readers' pages get them: every printed table, filled with plausible values.

The sample partners are few, so their public tables are sparse; this world has each status, label and band at
least once. Nothing in it is drawn by chance. `write_release(folder)` writes the Parquet of both editions and
returns the manifest as it stands when pages are written.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.disclosure import load_disclosure_policy
from orchestration.settings import REFERENCE_SEEDS

YEARS = (2023, 2024, 2025)
LAST_QUARTER = "2026-Q1-12m"
WINDOWS = ("2025-Q1-12m", "2026-Q1-12m")
ORIGINS = {
    "KE040": 64, "KE037": 51, "KE003": 47, "KE022": 40, "KE032": 38, "KE016": 33, "KE047": 31, "KE001": 29,
    "KE042": 26, "KE039": 22, "KE009": 18, "KE023": 15, "UGA": 44, "ETH": 58, "SOM": 24, "TZA": 21, "BDI": 17,
}  # fmt: skip
DESTINATIONS = {
    "KE047": 120, "KE001": 74, "KE022": 31, "KE027": 16, "SAU": 88, "ARE": 63, "QAT": 29, "LBN": 24, "OMN": 19,
    "THA": 14, "ZAF": 12,
}  # fmt: skip
BORDER_POINTS = (
    "bp-ken-busia", "bp-ken-malaba", "bp-ken-namanga", "bp-ken-moyale", "bp-ken-mandera", "bp-ken-isebania",
    "bp-ken-jomo-kenyatta-international-airport",
)  # fmt: skip
# Of each county the ratio to what is usual: from clearly less to clearly more, in the order of their codes.
RATIOS = (0.4, 0.9, 2.6, 1.1, 1.6, 0.7, 3.1, 1.3, 0.55, 1.9)
LABELS = (
    "lower", "not_distinguished", "hotspot", "not_distinguished", "elevated", "not_distinguished", "hotspot",
    "not_distinguished", "single_source", "elevated",
)  # fmt: skip
TRENDS = (
    "none",
    "none",
    "intensifying",
    "insufficient",
    "new",
    "none",
    "persistent",
    "historical",
    "none",
    "sporadic",
)
BANDS = ("lower", "typical", "higher", "much_higher", "between_bands", "not_rated")
RISK_SCORES = (28.4, 51.2, 68.9, 85.3, 57.0, None)
SHIFTS = (
    # origin, destination, status, odds ratio of the share, evidence, displaced from
    ("KE040", "SAU", "emerging", 6.4, "panel", "KE040>ARE;UGA>SAU"),
    ("KE040", "ARE", "abandoned", 0.12, "panel", None),
    ("KE003", "SAU", "growing", 2.3, "panel", "KE003>QAT;UGA>SAU"),
    ("KE003", "QAT", "fading", 0.38, "panel", None),
    ("ETH", "KE047", "growing", 1.6, "single_partner", None),
    ("UGA", "KE047", "stable", 1.04, None, None),
    ("KE022", "SAU", "stable", 0.92, None, None),
    ("KE032", "LBN", "fading", 0.61, "panel", None),
    ("UGA", "SAU", "fading", 0.52, "panel", None),
    ("KE037", "THA", "new_source", None, None, None),
    ("KE009", "ARE", "too_few", None, None, None),
)
CODES = {
    "transport_mode": ("matatu", "bus", "aircraft", "motorcycle", "foot"),
    "recruitment_method": ("personal_contact", "employment_agency", "online_social", "friends_social"),
    "exploitation_type": ("domestic_servitude", "forced_labour", "sexual_exploitation", "child_labour", "forced_begging"),
}  # fmt: skip
FIELDS = {
    "origin": 0.94, "transit": 0.38, "intended_destination": 0.81, "exploitation": 0.66, "departed": 0.88,
    "sex": 0.97, "age_band": 0.74, "nationality": 0.92, "transport_mode": 0.57, "recruitment_method": 0.63,
    "exploitation_type": 0.71,
}  # fmt: skip


def write_release(folder: Path, of_earlier: bool = False) -> dict[str, Any]:
    """`of_earlier`: the release before, with a year, a corridor and some persons less."""
    for edition in ("public", "partner"):
        write_edition(folder, edition, of_earlier)
    return manifest(of_earlier)


def write_edition(
    folder: Path, edition: str, of_earlier: bool = False, without: tuple[str, ...] = ()
) -> None:
    """`without`: tables that this edition is not to have."""
    schema = {"public": "public", "partner": "report"}[edition]
    parquet = folder / edition / "parquet"
    parquet.mkdir(parents=True)
    for name, frame in printed_tables(edition, of_earlier).items():
        if name not in without:
            pq.write_table(
                pa.Table.from_pandas(frame, preserve_index=False),
                parquet / f"{schema}.{schema}_{name}.parquet",
            )


def change(folder: Path, edition: str, table: str, changed: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Write one table of a written edition anew."""
    schema = {"public": "public", "partner": "report"}[edition]
    path = folder / edition / "parquet" / f"{schema}.{schema}_{table}.parquet"
    frame = changed(pq.read_table(path).to_pandas())
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)


def manifest(of_earlier: bool = False) -> dict[str, Any]:
    policy = load_disclosure_policy()
    return {
        "release_id": "20260826T020000Z-0badcafe" if of_earlier else "20261126T020000Z-5eed5eed",
        "as_of": "2026-08-26T02:00:00+00:00" if of_earlier else "2026-11-26T02:00:00+00:00",
        "previous_release": None if of_earlier else "20260826T020000Z-0badcafe",
        "sequence": 1 if of_earlier else 2,
        "schema_version": "1",
        "waivers": [] if of_earlier else ["waiver-0007"],
        "checks": {"passed": 1175, "failed": 0, "waived": 1},
        "boundaries": {"name": "Njia generalised counties", "licence": "CC BY 4.0", "is_generalised": True},
        "disclosure": {"policy": policy.for_manifest()},
    }


@cache
def printed_tables(edition: str, of_earlier: bool = False) -> dict[str, pd.DataFrame]:
    is_partner = edition == "partner"
    years = YEARS[:-1] if of_earlier else YEARS
    corridors = _corridors(years, least=5 if is_partner else 10)
    hotspots = _hotspots(years)
    shifts = _shifts(of_earlier)
    risk = _regional_risk(years)
    ends = _ends(corridors, years)
    tables = {
        "corridors": corridors,
        "ends": ends,
        "routes": _routes(years),
        "corridor_codes": _corridor_codes(years),
        "hotspots": hotspots,
        "corridor_shifts": shifts,
        "regional_risk": risk,
        "novelty": _novelty(is_partner),
        "coverage": _coverage(years),
        "completeness": _completeness(years),
        "codes": _codes(),
        "periods": _periods(years),
        "reported_periods": _reported_periods(years),
    }
    if is_partner:
        children = ends[ends.person_count >= 30].copy()
        children["person_count"] = children.person_count // 5
        tables["children"] = children
    else:
        secret = {
            "hotspots": ["activity_ratio", "ratio_low", "ratio_high", "partner_count"],
            "corridor_shifts": [
                "share_odds_ratio", "ratio_low", "ratio_high", "evidence", "displaced_from", "reason",
            ],
            "regional_risk": ["score", "low", "high"],
            "coverage": ["effort_months", "partner_count"],
        }  # fmt: skip
        shifts = shifts[(shifts.status != "too_few") & (shifts.evidence.ne("single_partner"))]
        tables |= {"corridor_shifts": shifts}
        tables = {name: frame.drop(columns=secret.get(name, [])) for name, frame in tables.items()}
    tables["places"] = _places(tables)
    return tables


def _frame(columns: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def _corridors(years: tuple[int, ...], least: int) -> pd.DataFrame:
    rows = []
    for at, year in enumerate(years):
        for o, (origin, out) in enumerate(ORIGINS.items()):
            for d, (destination, into) in enumerate(DESTINATIONS.items()):
                count = round(out * into / 420 * (0.8 + 0.2 * at) * (0.4 + (o * 7 + d * 5) % 9 / 5))
                count = 0 if origin == destination and origin != "KE047" else count
                is_shown = count >= least and (o + d) % 6 != 0
                rows.append(("case", str(year), origin, destination, is_shown, count if is_shown else None))
    frame = _frame("record_grain period_id origin_place_id destination_place_id is_shown person_count", rows)
    return frame.astype({"person_count": "Int64"})


def _ends(corridors: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for year in map(str, years):
        shown = corridors[(corridors.period_id == year) & corridors.is_shown]
        rows.append(("case", year, "any", "*", int(shown.person_count.sum()) + 812))
        for role in ("origin", "destination"):
            for place, count in shown.groupby(f"{role}_place_id").person_count.sum().items():
                rows.append(("case", year, role, place, int(count) + 37))
    rows.append(("route_report", "round-2020", "any", "*", 163))
    return _frame("record_grain period_id role place_id person_count", rows)


def _routes(years: tuple[int, ...]) -> pd.DataFrame:
    ways = [
        ("UGA", "bp-ken-busia", "KE047"), ("UGA", "bp-ken-malaba", "KE047"), ("ETH", "bp-ken-moyale", "KE047"),
        ("ETH", "bp-ken-moyale", "SAU"), ("SOM", "bp-ken-mandera", "KE047"), ("TZA", "bp-ken-namanga", "KE047"),
        ("KE040", "bp-ken-busia", "ARE"), ("KE022", BORDER_POINTS[-1], "SAU"), ("KE037", BORDER_POINTS[-1], "QAT"),
        ("KE040", BORDER_POINTS[-1], "SAU"), ("TZA", "bp-ken-isebania", "KE042"),
    ]  # fmt: skip
    rows = [("case", str(year), *way) for year in years for way in ways]
    return _frame("record_grain period_id origin_place_id via_place_id destination_place_id", rows)


def _corridor_codes(years: tuple[int, ...]) -> pd.DataFrame:
    pairs = [
        ("KE040", "SAU"), ("KE003", "SAU"), ("ETH", "KE047"), ("UGA", "KE047"), ("KE022", "SAU"), ("KE037", "ARE"),
        ("KE032", "KE047"), ("KE016", "KE001"),
    ]  # fmt: skip
    rows = [
        ("case", str(year), *pair, domain, code)
        for year in years
        for n, pair in enumerate(pairs)
        for domain, codes in CODES.items()
        for m, code in enumerate(codes)
        if (n + m) % 3 == 0
    ]
    return _frame("record_grain period_id origin_place_id destination_place_id domain code", rows)


def _band(ratio: float | None) -> str | None:
    if ratio is None:
        return None
    bounds = ((0.5, "half_or_less"), (0.8, "lower"), (1.2499, "about_the_same"), (1.9999, "higher"))
    return next((name for bound, name in bounds if ratio <= bound), "twice_or_more")


def _hotspots(years: tuple[int, ...]) -> pd.DataFrame:
    counties = [f"KE{n:03}" for n in range(1, 48)]
    rows: list[tuple[Any, ...]] = []
    periods = [
        *map(str, years),
        *(f"{year}-Q{quarter}-12m" for year in years for quarter in (1, 2, 3, 4)),
        LAST_QUARTER,
    ]
    for p, period in enumerate(periods):
        for r, role in enumerate(("origin", "transit", "intended_destination", "exploitation")):
            for c, place in enumerate([*counties, *BORDER_POINTS]):
                if (c * 3 + r) % 4 == 3 or (place.startswith("bp") and role != "transit"):
                    continue  # too little is known here: no row
                at = (c + r * 3 + p // 6) % len(RATIOS)
                label, ratio = LABELS[at], RATIOS[at]
                judged = label not in ("not_distinguished", "single_source")
                width = 3.2 if c % 7 == 2 else 1.35
                rows.append((
                    place, "county" if place.startswith("KE") else "border_point", role, period, "case", label,
                    _band(ratio) if judged else None, TRENDS[at], ratio, round(ratio / width, 2),
                    round(ratio * width, 2), 2 + c % 5,
                ))  # fmt: skip
    return _frame(
        "place_id place_level role period_id record_grain label factor_band trend_category activity_ratio "
        "ratio_low ratio_high partner_count",
        rows,
    )


def _shifts(of_earlier: bool) -> pd.DataFrame:
    rows = []
    for n, (origin, destination, status, ratio, evidence, displaced) in enumerate(
        SHIFTS[: 5 if of_earlier else None]
    ):
        wide = 1.2 + n / 50
        rows.append((
            f"{origin}>{destination}", "case", *WINDOWS, origin, destination, status, _band(ratio), ratio,
            ratio and round(ratio / wide, 2), ratio and round(ratio * wide, 2), evidence, displaced,
            "below_minimum" if status == "too_few" else None,
        ))  # fmt: skip
    return _frame(
        "corridor_id record_grain baseline_window current_window origin_place_id destination_place_id status "
        "factor_band share_odds_ratio ratio_low ratio_high evidence displaced_from reason",
        rows,
    )


def _regional_risk(years: tuple[int, ...]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for p, period in enumerate([*map(str, years), LAST_QUARTER]):
        for c in range(1, 48):
            at = (c * 5 + p) % len(BANDS)
            score = RISK_SCORES[at]
            low, high = (None, None) if score is None else (round(score - 8.5, 1), round(score + 9.2, 1))
            rows.append((f"KE{c:03}", period, "case", BANDS[at], score, low, high))
    return _frame("place_id period_id record_grain band score low high", rows)


def _novelty(is_partner: bool) -> pd.DataFrame:
    rows = [
        ("country", "FIN", "origin", "2020", "route_report", "FIN", "new_source"),
        ("country", "THA", "destination", "2020", "route_report", "THA", "panel_confirmed"),
        ("country", "TUR", "destination", "2020", "route_report", "TUR", "panel_confirmed"),
        ("place", "bp-ken-busia", "transit", "2020", "route_report", "bp-ken-busia", "panel_confirmed"),
        ("place", "bp-ken-mandera", "transit", "2020", "route_report", "bp-ken-mandera", "panel_confirmed"),
        ("country", "UGA", "origin", "2020", "route_report", "UGA", "seen_before"),
    ]
    if is_partner:
        rows.append(("country", "NAM", "destination", "2020", "route_report", "NAM", "single_partner"))
    return _frame("item_kind item role round record_grain place_id evidence_class", rows)


def _coverage(years: tuple[int, ...]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for y, year in enumerate(years):
        for c in range(1, 48):
            partners = (c * 3 + y) % 7 if c % 9 else 0
            band = "none" if partners == 0 else "one_or_two" if partners < 3 else "three_or_more"
            rows.append((f"KE{c:03}", str(year), "case", band, partners * 11, partners))
    return _frame("place_id period_id record_grain partners_band effort_months partner_count", rows)


def _completeness(years: tuple[int, ...]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for y, year in enumerate(years):
        for field, share in FIELDS.items():
            known = round(min(share + 0.02 * y, 1.0), 2)
            band = (
                "under_half" if known < 0.5 else "half_to_nine_tenths" if known <= 0.9 else "over_nine_tenths"
            )
            rows.append((field, str(year), "case", band))
    return _frame("field period_id record_grain known_share_band", rows)


def _codes() -> pd.DataFrame:
    with (REFERENCE_SEEDS / "codes.csv").open(encoding="utf-8", newline="") as lines:
        rows = [
            (row["domain"], row["code"], row["label"])
            for row in csv.DictReader(lines)
            if row["code"] in CODES.get(row["domain"], ())
        ]
    return _frame("domain code label", rows)


def _periods(years: tuple[int, ...]) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for year in years:
        rows.append((str(year), "year", str(year), date(year, 1, 1), date(year, 12, 31)))
        for quarter, (month, day) in enumerate(((3, 31), (6, 30), (9, 30), (12, 31)), start=1):
            name = f"{year}-Q{quarter}"
            rows.append((name, "quarter", name, date(year, month - 2, 1), date(year, month, day)))
            start = date(year, 1, 1) if quarter == 4 else date(year - 1, month + 1, 1)
            rows.append(
                (f"{name}-12m", "rolling_12_months", f"12 months to {name}", start, date(year, month, day))
            )
    rows.append(
        (LAST_QUARTER, "rolling_12_months", "12 months to 2026-Q1", date(2025, 4, 1), date(2026, 3, 31))
    )
    rows.append(("round-2019", "round", "2019", date(2019, 8, 1), date(2019, 8, 31)))
    rows.append(("round-2020", "round", "2020", date(2020, 6, 1), date(2020, 6, 30)))
    return _frame("period_id period_kind label period_from period_to", rows)


def _reported_periods(years: tuple[int, ...]) -> pd.DataFrame:
    """Partners began to report cases in the autumn of the first year: it and what begins in it are partial."""
    begun = date(years[0], 10, 1)
    rows = [
        (row.period_id, grain, is_partial, "begins_before_reporting" if is_partial else None)
        for row in _periods(years).itertuples()
        for grain in (("route_report",) if row.period_kind == "round" else ("case",))
        for is_partial in (row.period_kind != "round" and row.period_from < begun,)
    ]
    return _frame("period_id record_grain is_partial partial_reason", rows)


def _places(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Of the places that a table names; where they lie, as the reference tables say."""
    named = {
        str(place)
        for frame in tables.values()
        for column in frame.columns
        if column.endswith("place_id")
        for place in frame[column].dropna()
        if place != "*"
    }
    points = {
        row["place_id"]: (float(row["lat"]), float(row["lon"])) for row in _seed("place_coordinates.csv")
    }
    alpha2 = {
        row["place_id"]: row["code"] for row in _seed("place_codes.csv") if row["system"] == "iso_alpha2"
    }
    rows: list[tuple[Any, ...]] = []
    for row in _seed("places.csv"):
        place = row["place_id"]
        if place in named:
            country = row["iso_alpha3"]
            rows.append((
                place, row["name"], row["kind"], country, place if row["kind"] == "county" else None, country,
                alpha2.get(country), row["region"], *points.get(place, (None, None)),
            ))  # fmt: skip
    return _frame("place_id name kind country_place_id pcode iso_alpha3 iso_alpha2 region lat lon", rows)


@cache
def _seed(name: str) -> list[dict[str, str]]:
    with (REFERENCE_SEEDS / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
