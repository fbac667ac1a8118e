"""What the page is told of its edition: columns of printed tables, each named here, and nothing else.

A table that the edition does not print is left out, and so is a column: the page then does not offer what it
would need. Texts are given once and pointed to, because most rows repeat them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from orchestration.outputs.edition import Edition

COLUMNS = {
    "periods": ("period_id", "period_kind", "period_from", "period_to"),
    "reported_periods": ("period_id", "record_grain", "is_partial"),
    "places": ("place_id", "name", "kind", "country_place_id", "lat", "lon"),
    "corridors": ("record_grain", "period_id", "origin_place_id", "destination_place_id", "person_count"),
    "ends": ("record_grain", "period_id", "role", "place_id", "person_count"),
    "children": ("record_grain", "period_id", "role", "place_id", "person_count"),
    "routes": ("record_grain", "period_id", "origin_place_id", "via_place_id", "destination_place_id"),
    "corridor_codes": (
        "record_grain", "period_id", "origin_place_id", "destination_place_id", "domain", "code",
    ),
    "hotspots": (
        "record_grain", "period_id", "role", "place_id", "place_level", "label", "factor_band",
        "trend_category", "activity_ratio", "ratio_low", "ratio_high", "partner_count",
    ),
    "corridor_shifts": (
        "record_grain", "baseline_window", "current_window", "origin_place_id", "destination_place_id",
        "status", "factor_band", "share_odds_ratio", "ratio_low", "ratio_high", "evidence", "displaced_from",
        "reason",
    ),
    "regional_risk": ("record_grain", "period_id", "place_id", "band", "score", "low", "high"),
    "novelty": ("record_grain", "round", "role", "item", "evidence_class"),
    "completeness": ("record_grain", "period_id", "field", "known_share_band"),
    "coverage": (
        "record_grain", "period_id", "place_id", "partners_band", "effort_months", "partner_count",
    ),
}  # fmt: skip
CODED_DOMAINS = ("exploitation_type", "transport_mode", "recruitment_method")
DECIMALS = 3  # more than a page shows of a ratio, and a hundred metres of a place


def tables(edition: Edition) -> dict[str, dict[str, Any]]:
    """Of each printed table its columns: figures as they are, texts as `{"of": [text…], "at": [number…]}`."""
    told = {}
    for name, columns in COLUMNS.items():
        table = edition.table(name)
        if name == "corridors" and not table.empty:
            table = table.assign(person_count=table["person_count"].where(table["is_shown"].astype(bool)))
        if not table.empty:
            told[name] = {column: _values(table[column]) for column in columns if column in table.columns}
    return told


def _values(column: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(column):
        return [_number(value) for value in column]
    codes, texts = pd.factorize(column.astype("string"), sort=True)
    return {"of": [str(text) for text in texts], "at": [int(code) for code in codes]}


def _number(value: Any) -> float | int | None:
    if pd.isna(value):
        return None
    rounded = round(float(value), DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


def code_labels(edition: Edition) -> dict[str, str]:
    """English words, by `domain.code`, of the codes that the edition names."""
    codes = edition.table("codes")
    if codes.empty:
        return {}
    named = zip(codes["domain"], codes["code"], codes["label"], strict=True)
    return {f"{domain}.{code}": label for domain, code, label in named if domain in CODED_DOMAINS}
