"""A view of one edition: its newest year, the year before as comparisons allow it, and cells of tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property

from orchestration.outputs.figures.marks import Count, Span
from orchestration.outputs.published import (
    FEWER,
    UNKNOWN,
    Published,
    Row,
    by_count,
    ends_known,
    is_county,
    is_place,
    reference_places,
)
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Block, Heading, Paragraph, Section, Table
from orchestration.outputs.texts import Spans, Value, listed
from orchestration.places import boundaries

YEAR, TWELVE_MONTHS = "year", "rolling_12_months"
MOST_YEARS = 5
MARK = " †"
COUNTED = {
    "passings": "passing_count",
    "border_points": "passing_count",
    "corridors_via": "passing_count",
    "traits": "trait_count",
    "mentions": "mention_count",
}
NUMBER, REASON = ("same_reporting", "other_reporting"), ("not_comparable", "few")
MARKED = ("other_reporting", "not_comparable")


class View:
    """An edition at its newest complete year with cases; `now` is empty where it has none."""

    def __init__(
        self, published: Published, now: str | None, layer: boundaries.Boundaries | None = None
    ) -> None:
        self.published, self.say, self.layer = published, published.say, layer
        self.now = now or ""
        before = published.year_before(now) if now else None
        self.before = before if before and published.rows("directions", before) else None
        self.before_is_whole = any(row["is_complete"] for row in published.rows("periods", self.before or ""))
        self._compared: dict[str, list[Row]] = {}
        self.previous: View | None = None  # the same edition of the last release

    @classmethod
    def newest(cls, published: Published, layer: boundaries.Boundaries | None = None) -> View:
        """`layer`: the boundaries of the maps; without them there are none."""
        years = (year for year in published.periods(YEAR) if published.rows("directions", year))
        return cls(published, next(years, None), layer)

    def in_language(self, language: str) -> View:
        view = View(self.published.in_language(language), self.now or None, self.layer)
        view.previous = self.previous and self.previous.in_language(language)
        return view

    @property
    def is_public(self) -> bool:
        return self.published.is_public

    @cached_property
    def noise(self) -> rules.Noise:
        """The noise of the edition's counts; members' counts have none."""
        if not self.is_public:
            return rules.Noise()
        return rules.Noise.of_policy(self.published.manifest["policy"]["rows"])

    # --- rows -------------------------------------------------------------------------------------

    def compared(self, table: str) -> list[Row]:
        """Return the rows of known places and corridors, those that fell to nothing too, most cases first."""
        if table not in self._compared:
            known = [row for row in self.published.rows(table, self.now) if _is_known(row)]
            self._compared[table] = by_count(known, COUNTED.get(table, "movement_count"))
        return self._compared[table]

    def listed(self, table: str) -> list[Row]:
        """Return the rows of known places and corridors that count a case, most cases first."""
        column = COUNTED.get(table, "movement_count")
        return [row for row in self.compared(table) if row[column]]

    def others(self, table: str) -> list[Row]:
        """Return the rows below a list: unknown ends, Kenya as a whole, small rows in one."""
        column = COUNTED.get(table, "movement_count")
        rows = self.published.rows(table, self.now)
        return by_count(
            [row for row in rows if _has_cases(row) and not (_is_known(row) and row[column])], column
        )

    def counties(self, table: str) -> list[Row]:
        return [row for row in self.listed(table) if is_county(row["place_id"])]

    def countries(self, table: str) -> list[Row]:
        return [row for row in self.listed(table) if reference_places()[row["place_id"]]["kind"] == "country"]

    def corridors_of(self, place_id: str, end: str) -> list[Row]:
        """Return corridors whose start or end (`end`) is a place, most cases first."""
        return [row for row in self.listed("corridors") if row[f"{end}_place_id"] == place_id]

    def directions_of(self, shift: Row) -> list[Row]:
        """Return the corridor of a change in this year, a row per direction; a change covers all of them."""
        ends = {name: shift[name] for name in ("start_place_id", "end_place_id")}
        return self.published.rows("corridors", self.now, **ends)

    def row(self, table: str, **where: object) -> Row | None:
        return next(iter(self.published.rows(table, self.now, **where)), None)

    def traits(self, trait: str) -> list[Row]:
        """Return the known codes of a trait, most cases first."""
        rows = self.published.rows("traits", self.now, trait=trait)
        return by_count([row for row in rows if row["code"] not in (UNKNOWN, FEWER)], "trait_count")

    def shifts(self, is_via: bool = False) -> list[Row]:
        """Return changes of a share from the year before, most cases first; `is_via`: by place passed."""
        rows = self.published.rows("shifts", self.now, earlier_period_id=self.before)
        rows = [row for row in rows if ends_known(row) and bool(row["via_place_id"]) == is_via]
        return sorted(rows, key=lambda row: -max(row["later_count"] or 0, row["earlier_count"] or 0))

    def latest(self) -> list[Row]:
        """Return clear changes in the twelve months up to the newest month, which members have."""
        return [row for row in self.published.rows("shifts", compared="months") if rules.is_change(row)]

    def alerts(self) -> list[Row]:
        """Return the alerts in force: the oldest first."""
        return sorted(
            self.published.rows("alerts"), key=lambda row: (str(row["first_month"]), row["corridor_id"])
        )

    def hotspots(self, role: str) -> list[Row]:
        """Return hotspots of this year, those with the largest sure size first."""
        rows = self.published.rows("hotspots", self.now, role=role, people="all", label="hotspot")
        return sorted(rows, key=lambda row: (-(row["at_least_times"] or 0), row["place"]))

    # --- years ------------------------------------------------------------------------------------

    @cached_property
    def years(self) -> list[Row]:
        """Return the newest years with cases, in part or whole, in order."""
        rows = self.published.rows("periods", period_kind=YEAR)
        told = [
            row
            for row in rows
            if row["months_reported"] and self.published.rows("directions", row["period_id"])
        ]
        return sorted(told, key=lambda row: str(row["period_to"]))[-MOST_YEARS:]

    @property
    def span(self) -> Span:
        names = [self.published.cell("periods", row, "label") for row in self.years]
        return Span(names, [row["months_reported"] for row in self.years])

    def series(self, table: str, column: str = "", **key: object) -> list[Count]:
        """Return the count of each year of one row of a table; a year without the row is below the least.

        Years before this one are open where nothing says that the same partners report in it and in the next.
        """
        rows = [next(iter(self.published.rows(table, year["period_id"], **key)), None) for year in self.years]
        found, is_open = list[Count](), False
        for year, row in zip(reversed(self.years), reversed(rows), strict=True):
            is_now, is_before = year["period_id"] == self.now, any(one.is_now for one in found)
            count, is_part = self.drawn(table, row, column), not year["is_complete"]
            of_year = {"is_part": is_part, "is_now": is_now, "is_open": is_open}
            found.append(replace(count, months=year["months_reported"], **of_year))
            is_open |= (is_now or is_before) and not self._continues(table, row, is_now)
        return found[::-1]

    def _continues(self, table: str, row: Row | None, is_now: bool) -> bool:
        """Whether the year before a row may stand beside it."""
        if row is None:
            return False
        if row.get("comparison") is not None:
            return row["comparison"] not in MARKED
        return is_now and table == "corridors" and self.judged_earlier(row) is not None

    def judged_earlier(self, row: Row) -> Count | None:
        """Return the count of the year before of a corridor whose share was judged.

        Where the counts doubled or halved though the share held, other partners report: there is none.
        """
        ends = {name: row[name] for name in ("start_place_id", "end_place_id")}
        groups = [rules.group_of(shift) for shift in self.shifts() if ends.items() <= shift.items()]
        if not self.before_is_whole or groups in ([], ["unjudged"]):
            return None
        where = {**ends, "direction": row["direction"]}
        earlier = self.drawn(
            "corridors", next(iter(self.published.rows("corridors", self.before, **where)), None)
        )
        least = float(self.least.text)
        is_level = 0.5 < (row["movement_count"] or 0) / (earlier.number or least) < 2
        return earlier if is_level or groups != ["held"] else None

    def drawn(self, table: str, row: Row | None, column: str = "") -> Count:
        """Return a count as a chart has it."""
        column = column or COUNTED.get(table, "movement_count")
        if row is None or row[column] is None:
            return Count(f"<{self.least.text}", None)
        return Count(self.published.count(table, row, column), row[column], self.noise.around(row[column]))

    def marked(self, name: str, row: Row) -> str:
        """Return a name with † where other partners report than in the year before."""
        return name + MARK if row.get("comparison") in MARKED else name

    def year_earlier(self, table: str, row: Row) -> Count | None:
        """Return the count of the year before for a chart: where that year is whole and may be compared."""
        if not self.before_is_whole or row["comparison"] not in NUMBER:
            return None
        key = {name: row[name] for name in self.published.edition.key_of(table) if name != "period_id"}
        earlier = next(iter(self.published.rows(table, self.before, **key)), None)
        return self.drawn(table, earlier)

    # --- numbers ------------------------------------------------------------------------

    def count(self, table: str, row: Row) -> Value:
        return self.published.count(table, row, COUNTED.get(table, "movement_count"))

    @property
    def all_cases(self) -> int:
        return self.published.sum("directions", self.now)

    @property
    def total(self) -> Value:
        """The cases of this year."""
        return self.published.total("directions", self.now)

    @property
    def least(self) -> Value:
        """The smallest count that the edition shows as a number."""
        return self.published.policy(f"{self.published.name}_least_count")

    def percent(self, table: str, row: Row, column: str) -> Value:
        return self.published.cell(table, row, column, f"{100 * row[column]:.0f}")

    # --- the year before, only as the comparison of a row allows it -----------------------------

    @property
    def compares(self) -> bool:
        """Whether rows of this year have a comparison: the public edition has none."""
        rows = self.published.rows("directions", self.now)
        return any(row["comparison"] in (*NUMBER, *REASON) for row in rows)

    def earlier(self, table: str, row: Row) -> Spans:
        """Return the count of the year before, with † where other partners report, or why there is none."""
        comparison = row["comparison"]
        if comparison in REASON:
            text = self.say.text(f"comparison.{comparison}")
            return (self.published.cell(table, row, "comparison", text),)
        if comparison not in NUMBER:
            return ()
        mark = MARK if comparison == "other_reporting" else ""
        key = {name: row[name] for name in self.published.edition.key_of(table) if name != "period_id"}
        before = next(iter(self.published.rows(table, self.before, **key)), None)
        if before is None:
            return (*self.say("comparison.under", least=self.least), mark)
        return (self.count(table, before), mark) if mark else (self.count(table, before),)

    def like(self, table: str, row: Row) -> Spans:
        """Return both counts of the same partners and months; empty where they say nothing."""
        if row["comparison"] not in NUMBER:
            return ()
        now, before = (self.published.cell(table, row, name) for name in ("like_count", "like_earlier_count"))
        return self.say("like.both", now=now, before=before)

    def change(self, table: str, row: Row) -> Spans:
        """Return the word for what the like-for-like counts show; empty where they were not judged."""
        change = row["change"]
        return (
            (self.published.cell(table, row, "change", self.say.text(f"change.{change}")),) if change else ()
        )

    def against(self, table: str, row: Row) -> Spans:
        """Return what follows a count in a sentence: the year before and the like-for-like counts."""
        comparison = row["comparison"]
        if comparison not in (*NUMBER, *REASON):
            return (".",)
        said = self.say(f"against.{comparison}", before=self.earlier(table, row), earlier=self.period_before)
        if comparison in REASON:
            return said
        key = "like.judged" if row["change"] else "like.not_judged"
        return (*said, " ", *self.say(key, both=self.like(table, row), change=self.change(table, row)))

    def beside(self, table: str, row: Row) -> Spans:
        """Return the year before in brackets, as text beside a bar."""
        before = self.earlier(table, row)
        return ("(", *before, ")") if before else ()

    def mark_note(self, rows: Sequence[Row]) -> list[Paragraph]:
        """Return what † means, where one of these rows has it."""
        if not any(row.get("comparison") == "other_reporting" for row in rows):
            return []
        return [Paragraph(self.say("mark.note", earlier=self.period_before), tone="note")]

    # --- texts ------------------------------------------------------------------------

    @property
    def period(self) -> Value:
        return self.published.period(self.now)

    def window(self, shift: Row, column: str) -> Value:
        """Return a period of a change: a year, or twelve months up to any month, such as `2026-08-12m`."""
        if self.published.rows("periods", shift[column]):
            return self.published.period(shift[column])
        year, month, _ = shift[column].split("-")
        of = self.published.month(date(int(year), int(month), 1))
        text = self.say.text("period.twelve_months").format(month=of)
        return self.published.cell("shifts", shift, column, text)

    @property
    def period_before(self) -> Value | str:
        return self.published.period(self.before) if self.before else ""


def capital(text: Spans) -> Spans:
    """Return the sentence with a capital letter at its start."""
    first, *rest = text
    if isinstance(first, Value):
        return (Value(first.text[:1].upper() + first.text[1:], first.source, first.column), *rest)
    return (first[:1].upper() + first[1:], *rest)


NONE: Spans = ("–",)
HALF = 86.0  # millimetres: half of the page


def section(view: View, name: str, title: Spans, blocks: Sequence[Block], deck: Spans = ()) -> Section | None:
    """Return a chapter, or None without blocks."""
    return Section(name, view.say.text(f"contents.{name}"), title, [blocks], deck) if blocks else None


def others_of(view: View, table: str) -> list[Block]:
    """Return the rows of a table that are no place or corridor, as a line below its list."""
    rows = view.others(table)
    if not rows:
        return []
    named = [view.say("named", name=_other(view, row), count=view.count(table, row)) for row in rows]
    return [Paragraph(view.say("others", rows=listed(named, "; ")), tone="note")]


def _other(view: View, row: Row) -> str:
    """Return the name of a row below a list, with its direction where the ends do not say it."""
    if "place" in row:
        return str(row["place"])
    name = view.published.corridor(row)
    is_told = row["start_place_id"] != FEWER and row["direction"] != "first_known_at_border"
    return name if is_told else f"{name} ({view.say.text('direction.' + row['direction'])})"


def titled(heading: Spans, table: Table) -> list[Block]:
    """Return a table under its heading; nothing without rows."""
    return [Heading(heading), table] if table.rows else []


def code(view: View, row: Row, column: str, kind: str) -> Spans:
    """Return a code of `shifts` as its text, such as a status or a band."""
    if row[column] is None:
        return NONE
    return (view.published.cell("shifts", row, column, view.say.text(f"{kind}.{row[column]}")),)


def _is_known(row: Row) -> bool:
    return is_place(row["place_id"]) if "place_id" in row else ends_known(row)


def _has_cases(row: Row) -> bool:
    return any(row[name] for name in row if name.endswith("_count") and not name.startswith("like_"))
