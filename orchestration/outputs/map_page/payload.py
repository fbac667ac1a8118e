"""The data in the map page: columns of published tables, the places in them, bends of lines, and claims.

A line has the same bend in every period, so that readers can follow a corridor. A claim is one text for each
kind of finding; the page fills in names and periods.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import pandas as pd
import pyarrow as pa

from orchestration.core import LANGUAGES
from orchestration.outputs.bends import BENDS, Point, bends_of
from orchestration.outputs.claims import PANEL, Size, claim, uncontradicted
from orchestration.outputs.published import Edition, reference_places
from orchestration.outputs.texts import Slot, Texts, plain

COMPARED = ("comparison", "change", "like_count", "like_earlier_count")
COLUMNS = {
    "periods": ("period_id", "period_kind", "period_to", "months_reported", "is_complete", "partial_reason"),
    "directions": ("period_id", "direction", "movement_count"),
    "corridors": (
        "period_id", "start_place_id", "end_place_id", "direction", "movement_count", "intended_count",
        *COMPARED,
    ),
    "corridors_via": ("period_id", "start_place_id", "via_place_id", "end_place_id", "passing_count"),
    "starts": (
        "period_id", "place_id", "movement_count", "home_count", "child_count", "per_100000", *COMPARED,
    ),
    "ends": (
        "period_id", "place_id", "movement_count", "exploited_count", "last_known_count", "intended_count",
        "child_count", *COMPARED,
    ),
    "passings": ("period_id", "place_id", "passing_count", *COMPARED),
    "border_points": (
        "period_id", "place_id", "passing_count", "first_known_count", "stopped_count", *COMPARED,
    ),
    "hotspots": (
        "period_id", "place_id", "role", "people", "label", "at_least_times", "ratio", "ratio_low",
        "ratio_high", "trend_category",
    ),
    "shifts": (
        "compared", "earlier_period_id", "period_id", "corridor_id", "direction", "status", "evidence",
        "factor_band", "displaced_from",
    ),
    "alerts": (
        "corridor_id", "direction", "first_month", "newest_month", "witness_count", "expected_low",
        "expected_high", "evidence",
    ),
    "risk": ("period_id", "place_id", "band", "components"),
    "mentions": (
        "period_id", "subject", "start_place_id", "via_place_id", "end_place_id", "place_id", "mention_count",
    ),
    "novelty": ("period_id", "item_kind", "item", "role", "evidence_class"),
    "coverage": ("period_id", "partner_count", "county_count", "one_partner_share"),
    "completeness": ("period_id", "field", "known_share"),
}  # fmt: skip
DECIMALS = 4
STOPS = ("start_place_id", "via_place_id", "end_place_id")


def tables(edition: Edition) -> dict[str, dict[str, Any]]:
    """Return each published table with rows, by column.

    Numbers are lists; texts are `{"of": [text…], "at": [number…]}`, because most rows repeat them.
    """
    return {
        name: {column: _values(table[column]) for column in columns if column in table.columns}
        for name, columns in COLUMNS.items()
        if not (table := _rows(edition, name).to_pandas()).empty
    }


def _rows(edition: Edition, name: str) -> pa.Table:
    """Return a published table and, for members, its quarters below it."""
    parts = [part for table in (name, f"series.{name}") if (part := edition.arrow(table)).num_rows]
    return pa.concat_tables(parts, promote_options="permissive") if parts else pa.table({})


def places_of(edition: Edition) -> list[str]:
    """Return the ids of the places in the edition's tables, in the order of the reference seeds."""
    named: set[str] = set()
    for table in (_rows(edition, name) for name in COLUMNS):
        for column in {*STOPS, "place_id"} & set(table.column_names):
            named |= set(table[column].unique().drop_null().to_pylist())
    novelty = edition.table("novelty")
    if not novelty.empty:
        pairs = novelty.loc[novelty["item_kind"] == "corridor", "item"]
        named |= {stop for pair in pairs for stop in pair.split(">")}
    return [place_id for place_id in reference_places() if place_id in named]


def _values(values: pd.Series) -> Any:
    if pd.api.types.is_numeric_dtype(values):
        return [_number(value) for value in values]
    at, of = pd.factorize(values.astype("string"), sort=True)
    return {"of": [str(text) for text in of], "at": [int(one) for one in at]}


def _number(value: Any) -> float | int | None:
    if pd.isna(value):
        return None
    rounded = round(float(value), DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


# Tables with lines, and what makes a line strong.
LINES = {
    "corridors": "movement_count", "corridors_via": "passing_count", "mentions": "mention_count",
    "shifts": "", "alerts": "",
}  # fmt: skip


def bends(edition: Edition, points: Mapping[str, Point]) -> dict[str, list[float]]:
    """Return the bends of a corridor's one or two lines, by its stops joined with `>`.

    `points`: of the places on the drawing. Corridors with only the first bend are left out. Those with a
    place passed are drawn without the others.
    """
    largest: dict[str, int] = {}
    for table, counted in LINES.items():
        for row in _rows(edition, table).to_pylist():
            stops = [row[stop] for stop in STOPS if row.get(stop)]
            if len(stops) > 1:
                corridor = ">".join(stops)
                largest[corridor] = max(largest.get(corridor, 0), row.get(counted) or 0)
    strongest_first = sorted(largest, key=lambda corridor: (-largest[corridor], corridor))
    bent: dict[str, list[float]] = {}
    for is_via in (False, True):
        lines = [
            (corridor, pair)
            for corridor in strongest_first
            if (corridor.count(">") > 1) == is_via
            for pair in pairwise(corridor.split(">"))
        ]
        for (corridor, _), bend in zip(lines, bends_of([pair for _, pair in lines], [points]), strict=True):
            bent.setdefault(corridor, []).append(bend)
    return {corridor: of_lines for corridor, of_lines in bent.items() if set(of_lines) != {BENDS[0]}}


_NAMES = ("name", "earlier", "period", "riser", "faller", "month", "until", "count", "low", "high")
_BRACES: dict[str, Slot] = {one: f"{{{one}}}" for one in _NAMES}


def claims(edition: Edition) -> tuple[dict[str, dict[str, str]], dict[str, list[int]]]:
    """Return the texts of each language by key, and the number in the key of each row, by table.

    The key is `meaning.claim.` and the number; `meaning.claim.pair` is the claim on two corridors.
    """
    numbers: dict[tuple[str, ...], int] = {}
    columns: dict[str, list[int]] = {}
    for table, rows, said in (
        ("hotspots", edition.table("hotspots"), _of_hotspot),
        ("shifts", edition.table("shifts"), partial(_of_shift, is_public=edition.name == "public")),
        ("alerts", edition.table("alerts"), _of_alert),
    ):
        held = pa.Table.from_pandas(rows, preserve_index=False).to_pylist()  # null, not NaN
        made = [tuple(said(Texts(language), row) for language in LANGUAGES) for row in held]
        columns[table] = [numbers.setdefault(one, len(numbers)) for one in made]
    pair = tuple(plain(claim(Texts(one), "displacement", "displaced_from", **_BRACES)) for one in LANGUAGES)
    keys = [*((str(number), made) for made, number in numbers.items()), ("pair", pair)]
    texts = {
        language: {f"meaning.claim.{key}": f"{made[at]}." for key, made in keys}
        for at, language in enumerate(LANGUAGES)
    }
    return texts, columns


def _of_hotspot(say: Texts, row: Mapping[str, Any]) -> str:
    at = say(f"claim.at.{row['role']}", name="{name}")
    records = say.text("grain.case")
    return plain(claim(say, "hotspots", row["label"], Size.of(row), PANEL, at=at, records=records))


def _of_shift(say: Texts, row: Mapping[str, Any], is_public: bool) -> str:
    status = uncontradicted(row, is_public)
    return plain(claim(say, "shifts", status, Size.of(row), row["evidence"], **_BRACES))


def _of_alert(say: Texts, row: Mapping[str, Any]) -> str:
    status = row["direction"] if row["expected_low"] is None else "seen"
    records = say.text("grain.case")
    return plain(claim(say, "alerts", status, None, row["evidence"], records=records, **_BRACES))
