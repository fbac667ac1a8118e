"""An edition's tables as the chapters read them: rows by what they say, names, values with their source."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from orchestration.outputs.edition import SCHEMAS, Edition
from orchestration.outputs.words import Said, Sentence, Slot, Words, plain
from orchestration.settings import REFERENCE_SEEDS

Row = dict[str, Any]
ButNot = Mapping[str, Iterable[str]]

# What tells one row of a table from the others: the key that a value's source names.
KEYS = {
    "corridors": ("record_grain", "period_id", "origin_place_id", "destination_place_id"),
    "ends": ("record_grain", "period_id", "role", "place_id"),
    "children": ("record_grain", "period_id", "role", "place_id"),
    "routes": ("record_grain", "period_id", "origin_place_id", "via_place_id", "destination_place_id"),
    "corridor_codes": (
        "record_grain", "period_id", "origin_place_id", "destination_place_id", "domain", "code",
    ),
    "hotspots": ("place_id", "place_level", "role", "period_id", "record_grain"),
    "corridor_shifts": ("corridor_id", "record_grain", "baseline_window", "current_window"),
    "regional_risk": ("place_id", "period_id", "record_grain"),
    "novelty": ("item_kind", "item", "role", "round", "record_grain"),
    "coverage": ("place_id", "period_id", "record_grain"),
    "completeness": ("field", "period_id", "record_grain"),
    "periods": ("period_id",),
    "reported_periods": ("period_id", "record_grain"),
    "policy": ("name",),
    "waivers": ("decision_id",),
}  # fmt: skip
TOTAL, UNKNOWN = "*", "unknown"
KENYA = "KEN"
# Kenya as an end says that the county is not known.
NOT_KNOWN = (UNKNOWN, KENYA)
ENDS = ("origin_place_id", "destination_place_id")
# In this order a period is looked for when a chapter speaks of the newest; the map opens on the same one.
PERIOD_KINDS = ("year", "rolling_12_months", "round", "quarter")
YEARLY = PERIOD_KINDS[:3]
STAR = "*"
CHANGED = ("emerging", "growing", "fading", "abandoned")
GRAINS = ("case", "route_report", "interception", "flow_count")


class Printed:
    """One edition, in the words of one language."""

    def __init__(self, edition: Edition, words: Words) -> None:
        self.edition, self.words = edition, words
        self.manifest = edition.manifest
        self.read = cache(self._read)
        self._places = {row["place_id"]: row for row in self.rows("places")}
        self._periods = {row["period_id"]: row for row in self.rows("periods")}
        self._partial = {
            (row["period_id"], row["record_grain"]): str(row["partial_reason"])
            for row in self.rows("reported_periods", is_partial=True)
        }

    def _read(self, table: str) -> list[Row]:
        if table == "policy":
            return list(self.manifest.get("disclosure", {}).get("policy", {}).get("rows", []))
        if table == "waivers":
            return self.edition.waivers
        frame = self.edition.table(table)
        there = frame.astype(object).where(frame.notna(), None)
        return [
            {str(column): _value(str(column), value) for column, value in row.items()}
            for row in there.to_dict("records")
        ]

    def rows(self, table: str, **where: Any) -> list[Row]:
        """Rows that agree; a list or set of values means any of them. None where the table is not printed."""
        found = self.read(table)
        for name, wanted in where.items():
            several = wanted if isinstance(wanted, list | set | tuple) else (wanted,)
            found = [row for row in found if row.get(name) in several]
        return found

    def has(self, table: str) -> bool:
        return bool(self.read(table))

    def says(self, table: str, column: str) -> bool:
        """Whether the edition's table has this column, which one edition may print and the other not."""
        return column in self.edition.table(table).columns

    # --- values with their source -----------------------------------------------------------------

    def cell(self, table: str, row: Row, column: str, text: str | None = None) -> Said:
        value = row[column]
        key = "|".join([self._source(table), *(str(row[name]) for name in KEYS[table])])
        return Said(shown(value) if text is None else text, key, column)

    def _source(self, table: str) -> str:
        """The table as its edition names it, so that a number is looked up where it was printed."""
        return table if table in ("policy", "waivers") else f"{SCHEMAS[self.edition.name]}_{table}"

    def count(self, table: str, but_not: ButNot | None = None, /, **where: Any) -> Said:
        """How many rows agree, which anybody can count again. `but_not`: values not to have."""
        found, which = self._chosen(table, but_not, where)
        return Said(shown(len(found)), self._source(table), f"rows:{which}")

    def sum_of(self, table: str, column: str, but_not: ButNot | None = None, /, **where: Any) -> Said:
        """What the rows that agree come to, without those that hold no number."""
        found, which = self._chosen(table, but_not, where)
        total = sum(row[column] for row in found if row[column] is not None)
        return Said(shown(total), self._source(table), f"sum:{column}:{which}")

    def _chosen(self, table: str, but_not: ButNot | None, where: Mapping[str, Any]) -> tuple[list[Row], str]:
        """Rows that agree, and the choice in the words that `njia trace` understands."""
        unwanted = [(name, value) for name, values in (but_not or {}).items() for value in values]
        found = [
            row for row in self.rows(table, **where) if all(row[name] != value for name, value in unwanted)
        ]
        wanted = [f"{name}={value}" for name, value in where.items()]
        wanted += [f"{name}!={value}" for name, value in unwanted]
        return found, "&".join(wanted)

    def of_release(self, name: str, text: str | None = None) -> Said:
        return Said(str(self.manifest[name]) if text is None else text, f"release|{name}", name)

    def policy(self, name: str) -> Said:
        row = next(iter(self.rows("policy", name=f"{self.edition.name}_{name}")), None)
        row = row or next(iter(self.rows("policy", name=name)))
        return self.cell("policy", row, "value")

    @property
    def hidden(self) -> Said:
        """The one symbol of a cell that is not shown."""
        return Said(self.policy("hidden_symbol").text, "policy|hidden_symbol", "value")

    def title(self, figure: str, grains: Iterable[str], period: Said | None = None) -> str:
        """Of a figure: what it shows of which kinds of record, and of which period where it is one."""
        told = self.words.together([self.words(f"grain.{grain}") for grain in grains])
        key = "figure.title" if period is None else "figure.title_of_period"
        slots: dict[str, Slot] = {"grains": told, "period": period or ""}
        return plain(self.words(key, what=self.words.text(f"figure.title.{figure}"), **slots))

    # --- places -----------------------------------------------------------------------------------

    def place(self, place_id: str) -> str:
        row = self._places.get(place_id)
        if row is None:
            return place_id
        name = str(row["name"])
        if row["kind"] == "border_point" and "Airport" not in name:
            return self.words.text("place.border_point").format(name=name)
        return name

    def kind(self, place_id: str) -> str:
        return str(self._places.get(place_id, {}).get("kind", "unknown"))

    def is_in_kenya(self, place_id: str) -> bool:
        row = self._places.get(place_id, {})
        return place_id == KENYA or row.get("country_place_id") == KENYA

    def position(self, place_id: str) -> tuple[float, float] | None:
        """Longitude and latitude."""
        row = self._places.get(place_id, {})
        return (row["lon"], row["lat"]) if row.get("lon") is not None else None

    def region(self, place_id: str) -> str:
        return str(self._places.get(place_id, {}).get("region", "unknown"))

    def corridor(self, row: Row) -> str:
        return f"{self.place(row['origin_place_id'])} → {self.place(row['destination_place_id'])}"

    def direction(self, row: Row) -> str:
        """into, out_of, within or outside, by which of the two ends lies in Kenya; else unknown."""
        if UNKNOWN in (row["origin_place_id"], row["destination_place_id"]):
            return UNKNOWN
        ends = (self.is_in_kenya(row["origin_place_id"]), self.is_in_kenya(row["destination_place_id"]))
        return {(False, True): "into", (True, False): "out_of", (True, True): "within"}.get(ends, "outside")

    def code(self, domain: str, code: str) -> str:
        """The word of a code; where the edition has no table of them, that of the reference."""
        told = {(row["domain"], row["code"]): str(row["label"]) for row in self.rows("codes")}
        return told.get((domain, code)) or _reference_labels().get((domain, code), code.replace("_", " "))

    # --- periods ----------------------------------------------------------------------------------

    def period_kind(self, period_id: str) -> str:
        return str(self._periods.get(period_id, {}).get("period_kind", ""))

    def periods_of(self, table: str, kind: str, **where: Any) -> list[str]:
        """Periods of a kind that the table has rows of, the newest first."""
        found = {row["period_id"] for row in self.rows(table, **where)}
        return self.sorted_periods(one for one in found if self.period_kind(one) == kind)

    def sorted_periods(self, periods: Iterable[str]) -> list[str]:
        """The newest first; without those that the edition does not name."""
        known = [self._periods[one] for one in periods if one in self._periods]
        known.sort(key=lambda row: (str(row["period_to"]), row["period_id"]), reverse=True)
        return [row["period_id"] for row in known]

    def newest(self, table: str, kinds: Iterable[str] = PERIOD_KINDS, **where: Any) -> str | None:
        """The newest of the first kind that has one which partners reported all of; else one of a part."""
        found = [period for kind in kinds for period in self.periods_of(table, kind, **where)]
        return next(iter([*self.whole(found, where.get("record_grain")), *found]), None)

    def newest_whole(self, table: str, kinds: Iterable[str] = PERIOD_KINDS, **where: Any) -> str | None:
        """What a headline may speak of: None where no period was reported from start to end."""
        period = self.newest(table, kinds, **where)
        return next(iter(self.whole([period] if period else [], where.get("record_grain"))), None)

    def is_partial(self, period_id: str, grain: str | None) -> bool:
        return (period_id, grain) in self._partial

    def whole(self, periods: Iterable[str], grain: str | None) -> list[str]:
        return [period for period in periods if not self.is_partial(period, grain)]

    def partial_note(self, periods: Iterable[str], grain: str) -> Sentence | None:
        """What the star at the head of a column says; None where there is no star."""
        found = [one for one in periods if self.is_partial(one, grain)]
        if not found:
            return None
        reasons = dict.fromkeys(self._partial[one, grain] for one in found)
        why = self.words.together([self.words(f"partial.{reason}") for reason in reasons])
        named = self.words.together([self.period(one) for one in found])
        return self.words("partial.note", periods=named, grain=self.words(f"grain.{grain}"), why=why)

    def series(self, table: str, most: int, **where: Any) -> list[str]:
        """The newest periods of one kind that do not overlap, the oldest first.

        Windows of twelve months slide by a quarter: of them, those that end in the same quarter.
        """
        found = next((found for kind in PERIOD_KINDS if (found := self.periods_of(table, kind, **where))), [])
        if found and self.period_kind(found[0]) == "rolling_12_months":
            ends = {one: _day(self._periods[one]["period_to"]) for one in found}
            found = [one for one in found if ends[one].month == ends[found[0]].month]
        return found[:most][::-1]

    def grains(self, table: str) -> list[str]:
        found = {row["record_grain"] for row in self.rows(table)}
        return [grain for grain in GRAINS if grain in found]

    def said_grains(self, table: str, most: int | None = None) -> Sentence:
        """Kinds of record that a table tells of; `most`: the first of them."""
        return self.words.together([self.words(f"grain.{one}") for one in self.grains(table)[:most]])

    def period(self, period_id: str, grain: str | None = None) -> Said:
        """In words; with a `grain` they say where not all of it was reported."""
        row = self._periods.get(period_id)
        if row is None:
            return Said(period_id, f"{self._source('periods')}|{period_id}", "period_id")
        text = str(row["label"])
        if row["period_kind"] == "rolling_12_months":
            first, last = (self.month(_day(row[name])) for name in ("period_from", "period_to"))
            text = f"{first} – {last}"
        if row["period_kind"] == "round":
            text = self.words.text("period.round").format(round=text)
        if self.is_partial(period_id, grain):
            text = self.words.text("partial.period").format(period=text)
        return self.cell("periods", row, "label", text)

    def heading(self, period_id: str, grain: str | None = None) -> Said:
        """A period as the head of a narrow column; with a `grain` a star marks what was reported in part."""
        row = self._periods.get(period_id)
        if row is None:
            return self.period(period_id)
        column, text = "label", str(row["label"])
        if row["period_kind"] == "rolling_12_months":
            column = "period_to"
            text = self.words.text("period.year_to").format(month=self.month(_day(row["period_to"])))
        if row["period_kind"] == "round":
            text = self.words.text("period.round_head").format(round=text)
        return self.cell("periods", row, column, text + (STAR if self.is_partial(period_id, grain) else ""))

    def last_month(self, period_id: str) -> Said:
        """The month a period ends in; a year or round is its own end."""
        row = self._periods[period_id]
        if row["period_kind"] != "rolling_12_months":
            return self.period(period_id)
        return self.cell("periods", row, "period_to", self.month(_day(row["period_to"])))

    def month(self, day: date) -> str:
        return f"{self.words.text(f'month.{_MONTHS[day.month - 1]}')} {day.year}"

    def day(self, day: date) -> str:
        return f"{day.day} {self.month(day)}"


_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


WIDE = 4.0  # upper over lower end of an interval, from which on a ratio must not look sure


def is_wide(row: Row) -> bool:
    low, high = row.get("ratio_low"), row.get("ratio_high")
    return bool(low and high and high / low > WIDE)


def is_firm(printed: Printed, shift: Row) -> bool:
    """Several partners carry the change; the public edition prints no other."""
    return not printed.says("corridor_shifts", "evidence") or shift["evidence"] == "panel"


def is_headline(printed: Printed, shift: Row) -> bool:
    """Firm, and partners reported all of both windows."""
    windows = [shift["baseline_window"], shift["current_window"]]
    return is_firm(printed, shift) and printed.whole(windows, shift["record_grain"]) == windows


def between_known(rows: list[Row]) -> list[Row]:
    """Corridors whose ends are both a county, a border point or a country abroad."""
    return [row for row in rows if not any(row[end] in NOT_KNOWN for end in ENDS)]


def ranked(rows: list[Row]) -> list[Row]:
    """Most persons first; what is not shown is left out."""
    counted = [row for row in rows if row["person_count"] is not None]
    return sorted(counted, key=lambda row: (-row["person_count"], *map(str, row.values())))


def shown(value: Any) -> str:
    """A figure as print has it."""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@cache
def _reference_labels() -> dict[tuple[str, str], str]:
    with (REFERENCE_SEEDS / "codes.csv").open(encoding="utf-8", newline="") as lines:
        return {(row["domain"], row["code"]): row["label"] for row in csv.DictReader(lines)}


def _value(column: str, value: Any) -> Any:
    """A count is whole, though a column with gaps holds fractions."""
    return int(value) if value is not None and column.endswith("_count") else value


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
