"""The published tables of an edition, read from the files of the candidate.

Report, map and exports read nothing else, so they show only numbers that the edition publishes. `Edition` has
the tables; `Published` has them for the report: rows, values with their source, names of places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.core import seed_rows
from orchestration.outputs.texts import BORDER_POINT, Texts, Value
from orchestration.release import key_of

EDITIONS = ("public", "members")
WAIVERS, NOT_MEASURED = "quality.waivers", "marts.mart_not_measured"
NO_ALERT_JUDGED = ("no_corridor_judged", "short_history")


@dataclass(frozen=True)
class Edition:
    """One edition of a candidate or release: the folder of the release and its manifest so far."""

    name: str
    folder: Path
    manifest: Mapping[str, Any]
    _read: dict[str, pa.Table] = field(default_factory=dict, repr=False, compare=False)

    @property
    def path(self) -> Path:
        return self.folder / self.name

    @property
    def tables(self) -> list[str]:
        """Names of the tables of schema `published`, such as `corridors` or `hotspots`."""
        files = sorted((self.path / "parquet").glob("published.*.parquet"))
        return [path.stem.removeprefix("published.") for path in files]

    @property
    def waivers(self) -> list[dict[str, Any]]:
        """Waivers in force with author and reason; empty in the public edition."""
        return list(self.arrow(WAIVERS).to_pylist())

    @property
    def unjudged_alerts(self) -> str | None:
        """Why no corridor at all could be judged for alerts; None where one was, and in public."""
        rows = self.arrow(NOT_MEASURED).to_pylist()
        reasons = (row["reason"] for row in rows if row["measure"] == "alerts")
        return next((reason for reason in reasons if reason in NO_ALERT_JUDGED), None)

    def key_of(self, name: str) -> list[str]:
        """Return the columns that identify a row, in the order of their values in a source."""
        return key_of(self.manifest, full_name(name))

    def arrow(self, name: str) -> pa.Table:
        """Return a published table, or one of another schema (`series.starts`); an empty one if absent."""
        if name not in self._read:
            path = self.path / "parquet" / f"{full_name(name)}.parquet"
            self._read[name] = pq.read_table(path) if path.is_file() else pa.table({})
        return self._read[name]

    def table(self, name: str) -> pd.DataFrame:
        """Return a published table as a frame."""
        return self.arrow(name).to_pandas()


def full_name(table: str) -> str:
    """Return `published.starts` for `starts`; the name of another schema has it already."""
    return table if "." in table else f"published.{table}"


def editions_of(folder: Path, manifest: Mapping[str, Any]) -> list[Edition]:
    """Return the editions of a release that have published tables."""
    editions = [Edition(name, folder, manifest) for name in EDITIONS]
    return [edition for edition in editions if edition.tables]


Row = dict[str, Any]
Point = tuple[float, float]

KENYA, UNKNOWN, FEWER = "KEN", "unknown", "fewer"
NO_PLACE = (UNKNOWN, FEWER, KENYA)  # rows of places that name none; KEN: Kenya, county unknown
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Published:
    """One edition in one language."""

    def __init__(self, edition: Edition, texts: Texts) -> None:
        self.edition, self.say = edition, texts
        self.manifest, self.name = edition.manifest, edition.name
        self._indexes: dict[tuple[str, tuple[str, ...]], dict[tuple[Any, ...], list[Row]]] = {}
        self._periods = {row["period_id"]: row for row in self.rows("periods")}

    @property
    def is_public(self) -> bool:
        return self.name == "public"

    def in_language(self, language: str) -> Published:
        """Return the same tables in another language: names of places and codes are its own."""
        return Published(self.edition, Texts(language))

    def rows(self, table: str, period_id: str | None = None, **where: Any) -> list[Row]:
        """Return rows with these values as dicts; none where the edition lacks the table.

        The list is shared by all callers: do not change it.
        """
        if period_id is not None:
            where["period_id"] = period_id
        asked = (table, tuple(where))
        if asked not in self._indexes:
            index = defaultdict(list)
            for row in self.rows(table) if where else self._all(table):
                # Numbers that others published have no period.
                at = (row.get(name) if name == "period_id" else row[name] for name in where)
                index[tuple(at)].append(row)
            self._indexes[asked] = dict(index)
        return self._indexes[asked].get(tuple(where.values()), [])

    def _all(self, name: str) -> list[Row]:
        """Return rows as dicts with all columns of the key; one that the table lacks is None.

        Places have the names of today, in carried years too; places and codes in this language.
        """
        table = self.edition.arrow(name)
        if not table.num_rows:  # of an edition that lacks the table, and so its key
            return []
        columns: dict[str, list[Any]] = {at: [None] * table.num_rows for at in self.edition.key_of(name)}
        columns |= table.to_pydict()
        if "place" in columns:
            columns["place"] = [place and self.place(place) for place in columns["place_id"]]
        if name == "traits":
            codes = zip(columns["trait"], columns["code"], columns["label"], strict=True)
            columns["label"] = [self.say.name(f"code.{trait}.{code}", label) for trait, code, label in codes]
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    # --- values with their source ---------------------------------------------------------------

    def cell(self, table: str, row: Row, column: str, text: str | None = None) -> Value:
        """Return a value with its source; `text` replaces how it is shown."""
        key = "|".join("" if row[name] is None else str(row[name]) for name in self.edition.key_of(table))
        return Value(number(row[column]) if text is None else text, f"{full_name(table)}|{key}", column)

    def count(self, table: str, row: Row, column: str = "movement_count") -> Value:
        return self.cell(table, row, column)

    def total(self, table: str, period_id: str, column: str = "movement_count") -> Value:
        """Return the sum of a column over all rows of a period."""
        return self.of_rows(
            table, f"period_id={period_id}", number(self.sum(table, period_id, column)), column
        )

    def sum(self, table: str, period_id: str, column: str = "movement_count") -> int:
        return sum(row.get(column) or 0 for row in self.rows(table, period_id))

    def how_many(self, table: str, text: str, **where: Any) -> Value:
        """Return the number of rows with these values, shown as `text`; None is an empty value."""
        which = "&".join(f"{name}={'' if value is None else value}" for name, value in where.items())
        return self.of_rows(table, which, text)

    def of_rows(self, table: str, which: str, text: str, column: str = "rows") -> Value:
        """Return the number of some rows, or the sum of a column. `which`: `column=value&column!=value`."""
        return Value(text, f"{full_name(table)}|rows:{which}", column)

    def policy(self, name: str) -> Value:
        rows = self.manifest.get("policy", {}).get("rows", [])
        row = next(row for row in rows if row["name"] == name)
        return Value(str(row["value"]), f"policy|{name}", "value")

    # --- places -----------------------------------------------------------------------------------

    def place(self, place_id: str) -> str:
        """Return the name of a place; a border point with the name of a county is marked as one."""
        if place_id in NO_PLACE:
            return self.say.text(f"place.{place_id}").format(
                least=self.policy(f"{self.name}_least_count").text
            )
        place = reference_places().get(place_id, {})
        name = self.say.name(f"place.{place_id}", place.get("name", place_id))
        is_both = place.get("kind") == "border_point" and name in _county_names()
        return f"{name} ({self.say.text(BORDER_POINT)})" if is_both else name

    def corridor(self, row: Row) -> str:
        """Return `Busia → Nairobi`, with the transit place if there is one."""
        stops = (row["start_place_id"], row.get("via_place_id"), row["end_place_id"])
        if stops[0] == stops[2] == FEWER:
            return self.place(FEWER)
        return " → ".join(self.place(stop) for stop in stops if stop)

    # --- periods ----------------------------------------------------------------------------------

    def periods(self, kind: str) -> list[str]:
        """Return the ids of complete periods of a kind, the newest first."""
        rows = [row for row in self._periods.values() if row["period_kind"] == kind and row["is_complete"]]
        rows.sort(key=lambda row: str(row["period_to"]), reverse=True)
        return [row["period_id"] for row in rows]

    def quarters(self) -> list[Row]:
        """Return the members' complete quarters, the newest first; none in the public edition."""
        rows = [row for row in self.rows("series.periods") if row["is_complete"]]
        return sorted(rows, key=lambda row: str(row["period_to"]), reverse=True)

    def year_before(self, period_id: str) -> str | None:
        """Return the period of the same kind that ended twelve months earlier, complete or not."""
        row = self._periods[period_id]
        end = day(row["period_to"])
        for other, before in self._periods.items():
            ended = day(before["period_to"])
            is_before = (ended.year, ended.month) == (end.year - 1, end.month)
            if is_before and before["period_kind"] == row["period_kind"]:
                return other
        return None

    def period(self, period_id: str) -> Value:
        """Return a period for a sentence: `2023 (October–December)`, `the twelve months to June 2026`."""
        return self._period(period_id, "period.twelve_months")

    def head(self, period_id: str) -> Value:
        """Return a period for the head of a column: `2025`, `to June 2026`."""
        return self._period(period_id, "period.to")

    def _period(self, period_id: str, key: str) -> Value:
        row = self._periods[period_id]
        if row["period_kind"] == "rolling_12_months":
            text = self.say.text(key).format(month=self.month(day(row["period_to"])))
            return self.cell("periods", row, "period_to", text)
        label, months = str(row["label"]), row["months_reported"]
        begins = row["reported_from"] and day(row["reported_from"]).month
        if row["period_kind"] == "year" and begins and months < 12 and begins + months == 13:  # to December
            first, last = (self.say.text(f"month.{_MONTHS[at]}") for at in (begins - 1, 11))
            text = f"{label} ({first}–{last})" if months > 1 else f"{label} ({last})"
            return self.cell("periods", row, "reported_from", text)
        if row["partial_reason"]:
            label = self.say.text("period.partial").format(period=label, months=months)
            return self.cell("periods", row, "months_reported", label)
        return self.cell("periods", row, "label", label)

    def month(self, of: date) -> str:
        return f"{self.say.text(f'month.{_MONTHS[of.month - 1]}')} {of.year}"

    def date(self, of: date) -> str:
        return f"{of.day} {self.month(of)}"


def is_place(place_id: str) -> bool:
    """Whether a row's place is one: not unknown, not Kenya as a whole, not a sum of small rows."""
    return place_id not in NO_PLACE


def ends_known(row: Row) -> bool:
    """Whether start and end are each a county or a country other than Kenya."""
    return is_place(row["start_place_id"]) and is_place(row["end_place_id"])


def by_count(rows: list[Row], column: str = "movement_count") -> list[Row]:
    """Sort rows by count, the largest first, then by their values."""
    return sorted(rows, key=lambda row: (-(row[column] or 0), str(row)))


def number(value: Any) -> str:
    """Format a value for the report."""
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def county_ids() -> list[str]:
    return [place for place, row in reference_places().items() if row["kind"] == "county"]


def position(place_id: str) -> Point | None:
    """Return longitude and latitude of a place from the reference seeds."""
    return _positions().get(place_id)


def is_county(place_id: str) -> bool:
    return reference_places().get(place_id, {}).get("kind") == "county"


def county_code(place_id: str | None) -> str | None:
    """Return the P-code of a county, or of that of a border point; None for any other place."""
    parent = reference_places().get(place_id or "", {}).get("parent_place_id", "")
    return next((place for place in (place_id, parent) if place and is_county(place)), None)


def country_code(place_id: str | None) -> str | None:
    """Return the ISO alpha-3 code of the country of a place; None where it stands for no one country."""
    code = reference_places().get(place_id or "", {}).get("iso_alpha3", "none")
    return None if code == "none" else code


@cache
def reference_places() -> dict[str, dict[str, str]]:
    """Return the rows of the reference seed of places, by id."""
    return {row["place_id"]: row for row in seed_rows("places")}


@cache
def _county_names() -> set[str]:
    return {reference_places()[place]["name"] for place in county_ids()}


@cache
def _positions() -> dict[str, Point]:
    return {row["place_id"]: (float(row["lon"]), float(row["lat"])) for row in seed_rows("place_coordinates")}
