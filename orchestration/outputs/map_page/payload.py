"""The data in the map page: columns of published tables, the places in them, bends of lines, and claims.

A line has the same bend in every period, so that readers can follow a corridor. A claim is one text for each
kind of finding; the page fills in names and periods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from orchestration.core import LANGUAGES
from orchestration.outputs.bends import BENDS, Point, bends_of
from orchestration.outputs.claims import PANEL, Size, claim, uncontradicted
from orchestration.outputs.published import Edition, reference_places
from orchestration.outputs.texts import Slot, Texts, plain

COUNTS = (
    "movement_count", "baseline_count", "current_count", "record_count", "comparable_count_baseline",
    "comparable_count_current",
)  # fmt: skip
COLUMNS = {
    "periods": ("period_id", "period_kind", "period_to", "is_complete"),
    "corridors": (
        "period_id", "record_grain", "population", "level", "corridor_id", "direction", "movement_count",
        "partner_count", "share",
    ),
    "places": (
        "period_id", "record_grain", "population", "place_id", "role", "movement_count", "partner_count",
        "share",
    ),
    "codes": (
        "period_id", "record_grain", "population", "subject", "role", "place_id", "corridor_id", "domain",
        "code", "movement_count",
    ),
    "hotspots": (
        "period_id", "record_grain", "population", "place_id", "role", "label",
        "at_least_times", "ratio", "ratio_low", "ratio_high", "movement_count", "trend_category",
    ),
    "shifts": (
        "comparison", "baseline", "current", "record_grain", "level", "corridor_id", "direction", "status",
        "evidence", "baseline_count", "current_count", "factor_band", "displaced_from",
        "comparable_count_baseline", "comparable_count_current", "partners_started",
    ),
    "alerts": (
        "corridor_id", "direction", "first_month", "newest_month", "record_count", "expected_low",
        "expected_high", "evidence",
    ),
    "risk": ("period_id", "record_grain", "place_id", "band", "components"),
    "routes": ("period_id", "line", "line_id", "level", "role", "place_id", "report_count"),
    "novelty": ("period_id", "item_kind", "item", "role", "evidence_class"),
    "coverage": ("period_id", "record_grain", "partner_count", "county_count", "one_partner_share"),
    "completeness": ("period_id", "record_grain", "field", "known_share"),
}  # fmt: skip
# What the card of a corridor or place breaks down, and in which periods: enough for a card, and a light page.
CARD_DOMAINS = ("exploitation_type", "transport_mode", "recruitment_method")
CARD_SUBJECTS = ("place", "corridor")
# A page with 350,000 corridors was 15 MB. Where there are more than this, it holds the largest (`corridors`).
MOST_CORRIDORS = 40_000
DECIMALS = 4
LEAST = "members_least_count"
STOPS = ("start_place_id", "via_place_id", "end_place_id", "place_id")
TABLES_WITH_PLACES = (
    "corridors", "places", "hotspots", "shifts", "alerts", "risk", "routes", "novelty",
)  # fmt: skip


def tables(edition: Edition) -> dict[str, dict[str, Any]]:
    """Return each published table with rows, by column.

    Numbers are lists; texts are `{"of": [text…], "at": [number…]}`, because most rows repeat them. A count is
    a number, the text `<5`, or null where the cell is not published.
    """
    made = {"corridors": corridors, "codes": _card_codes, "shifts": _shifts}
    found = {name: made[name](edition) if name in made else edition.table(name) for name in COLUMNS}
    return {
        name: {column: _values(table, column) for column in COLUMNS[name] if column in table.columns}
        for name, table in found.items()
        if not table.empty
    }


def corridors(edition: Edition) -> pd.DataFrame:
    """Return the corridors that the page holds.

    All; or of years and rounds those with a number, as the public edition has, and of all periods those up
    to `most_rank`.
    """
    table, rank = edition.arrow("corridors"), most_rank(edition)
    if rank is None:
        return table.to_pandas()
    periods = edition.arrow("periods")
    closed = periods.filter(pc.field("period_kind").isin(["year", "round"]))["period_id"].combine_chunks()
    with_number = pc.field("period_id").isin(closed) & pc.field("movement_count").is_valid()
    return table.filter((pc.field("rank") <= rank) | with_number).to_pandas()


def most_rank(edition: Edition) -> int | None:
    """Return the rank up to which MOST_CORRIDORS fit, 1 at least; None where all do."""
    ranks = np.sort(edition.arrow("corridors")["rank"].drop_null().to_numpy())
    return max(1, int(ranks[MOST_CORRIDORS]) - 1) if len(ranks) > MOST_CORRIDORS else None


def code_labels(edition: Edition) -> dict[str, str]:
    """Return English labels, by `domain.code`, of the codes that cards may show."""
    codes = _card_codes(edition)
    if codes.empty:
        return {}
    named = zip(codes["domain"], codes["code"], codes["label"], strict=True)
    return {f"{domain}.{code}": label for domain, code, label in named}


def places_of(edition: Edition) -> list[str]:
    """Return the ids of the places in the edition's tables, in the order of the reference seeds."""
    named: set[str] = set()
    for table in map(edition.arrow, TABLES_WITH_PLACES):
        for column in set(STOPS) & set(table.column_names):
            named |= set(table[column].unique().drop_null().to_pylist())
    novelty = edition.table("novelty")
    if not novelty.empty:
        pairs = novelty.loc[novelty["item_kind"] == "corridor", "item"]
        named |= {stop for pair in pairs for stop in pair.split(">")}
    return [place_id for place_id in reference_places() if place_id in named]


def _card_codes(edition: Edition) -> pd.DataFrame:
    codes, periods = edition.arrow("codes"), edition.arrow("periods")
    if not codes.num_rows or not periods.num_rows:
        return pd.DataFrame()
    years = periods.filter(pc.field("period_kind") == "year")["period_id"]
    held = corridors(edition)["corridor_id"].unique()
    return codes.filter(
        pc.field("subject").isin(CARD_SUBJECTS)
        & pc.field("domain").isin(CARD_DOMAINS)
        & pc.field("period_id").isin(years.to_pylist())
        & (pc.field("corridor_id").is_null() | pc.field("corridor_id").isin(held))
    ).to_pandas()


def _shifts(edition: Edition) -> pd.DataFrame:
    """Return the shifts; for members with the counts of the partners of both periods, which were judged."""
    shifts, judged = edition.table("shifts"), edition.judged_shifts.to_pandas()
    if shifts.empty or judged.empty:
        return shifts
    judged = judged.rename(columns={"baseline_window": "baseline", "current_window": "current"})
    key = ["comparison", "baseline", "current", "record_grain", "level", "corridor_id"]
    sides = ["comparable_count_baseline", "comparable_count_current"]
    shifts = shifts.merge(judged[[*key, *sides, "partners_started"]], how="left", on=key)
    least = int(next(row["value"] for row in edition.manifest["policy"]["rows"] if row["name"] == LEAST))
    for side in sides:
        is_small = shifts[side].between(1, least - 1)
        shifts[f"{side}_text"] = shifts[side].astype(object).mask(is_small, f"<{least}")
        shifts[side] = shifts[side].mask(is_small)
    return shifts


def _values(table: pd.DataFrame, column: str) -> Any:
    values = table[column]
    if column in COUNTS and f"{column}_text" in table:
        texts = table[f"{column}_text"].astype(object).where(table[f"{column}_text"].notna(), None)
        return [text if pd.isna(value) else _number(value) for value, text in zip(values, texts, strict=True)]
    if pd.api.types.is_numeric_dtype(values):
        return [_number(value) for value in values]
    at, of = pd.factorize(values.astype("string"), sort=True)
    return {"of": [str(text) for text in of], "at": [int(one) for one in at]}


def _number(value: Any) -> float | int | None:
    if pd.isna(value):
        return None
    rounded = round(float(value), DECIMALS)
    return int(rounded) if rounded.is_integer() else rounded


LINE_TABLES = ("shifts", "alerts", "routes")


def bends(edition: Edition, sheets: Sequence[Mapping[str, Point]]) -> dict[str, dict[str, list[float]]]:
    """Return the bends of a corridor's one or two lines, by level and corridor id.

    Corridors with only the first bend are left out.
    """
    found = {}
    for level, of_level in _strongest_first(edition).groupby("level", sort=False)["corridor_id"]:
        lines = [(corridor, pair) for corridor in of_level for pair in pairwise(corridor.split(">"))]
        of_corridor: dict[str, list[float]] = {}
        for (corridor, _), bend in zip(lines, bends_of([pair for _, pair in lines], sheets), strict=True):
            of_corridor.setdefault(corridor, []).append(bend)
        found[str(level)] = {key: bent for key, bent in of_corridor.items() if set(bent) != {BENDS[0]}}
    return found


def _strongest_first(edition: Edition) -> pd.DataFrame:
    """Return each corridor of a level once, ordered by its largest count."""
    tables = [corridors(edition), *(edition.table(name) for name in LINE_TABLES)]
    rows = [_corridors(table) for table in tables if not table.empty]
    if not rows:
        return pd.DataFrame({"level": [], "corridor_id": []})
    largest = pd.concat(rows).groupby(["level", "corridor_id"], as_index=False).agg(count=("count", "max"))
    return largest.sort_values(["count", "corridor_id"], ascending=[False, True], kind="stable")


def _corridors(table: pd.DataFrame) -> pd.DataFrame:
    if "line" in table:
        table = table[table["line"] == "corridor"]
        table = table.assign(corridor_id=table["line_id"].str.replace(r"^[^|]*\|", "", regex=True))
    level, count = table.get("level", "od"), table.get("movement_count", 0)
    return table[["corridor_id"]].assign(level=level, count=count).fillna({"count": 0}).astype({"count": int})


_NAMES = ("name", "earlier", "period", "riser", "faller", "month", "until", "count", "low", "high")
_BRACES: dict[str, Slot] = {one: f"{{{one}}}" for one in _NAMES}
_NONE = (None, "0")


def claims(edition: Edition) -> tuple[dict[str, dict[str, str]], dict[str, list[int]]]:
    """Return the texts of each language by key, and the number in the key of each row, by table.

    The key is `meaning.claim.` and the number; `meaning.claim.pair` is the claim on two corridors.
    """
    numbers: dict[tuple[str, ...], int] = {}
    columns: dict[str, list[int]] = {}
    for table, said in (("hotspots", _of_hotspot), ("shifts", _of_shift), ("alerts", _of_alert)):
        rows = edition.arrow(table).to_pylist()
        made = [tuple(said(Texts(language), row) for language in LANGUAGES) for row in rows]
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
    records = say.text(f"grain.{row['record_grain']}")
    return plain(claim(say, "hotspots", row["label"], Size.of(row), PANEL, at=at, records=records))


def _of_shift(say: Texts, row: Mapping[str, Any]) -> str:
    before, now = (row[f"{side}_count_text"] not in _NONE for side in ("baseline", "current"))
    status = uncontradicted(row["status"], before, now)
    return plain(claim(say, "shifts", status, Size.of(row), row["evidence"], **_BRACES))


def _of_alert(say: Texts, row: Mapping[str, Any]) -> str:
    status = row["direction"] if row["record_count_text"] is None else "seen"
    records = say.text("grain.case")
    return plain(claim(say, "alerts", status, None, row["evidence"], records=records, **_BRACES))
