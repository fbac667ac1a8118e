"""A view of one edition: its newest period, the period before, the rows of both; cells of tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from orchestration.outputs.published import NO_PLACE, Published, Row, by_count, ends_known
from orchestration.outputs.report import rules
from orchestration.outputs.report.parts import Block, Heading, Paragraph, Section, Table
from orchestration.outputs.texts import Spans, Value

GRAIN = "case"
JUDGED = {"public": ("od",), "members": ("od", "odv")}
MARK, SMALL = " °", 4  # the largest of the counts that members see as `<5`
MOST_PERIODS = 3
KINDS = {"public": ("year",), "members": ("rolling_12_months", "year")}


class View:
    """An edition at its newest period; `now` is empty where it has no complete period."""

    def __init__(self, published: Published, now: str | None) -> None:
        self.published, self.say = published, published.say
        self.now = now or ""
        self.before = published.year_before(now) if now else None
        self.previous: View | None = None  # the same edition of the last release
        self._corridors: dict[str, list[Row]] = {}

    @classmethod
    def newest(cls, published: Published) -> View:
        """Return the view of the newest closed year (public) or complete twelve months (members)."""
        kinds = KINDS[published.name]
        for kind in kinds:
            for period in published.periods(kind):
                if published.is_public or published.rows("corridors", period, record_grain=GRAIN):
                    return cls(published, period)
        return cls(published, None)

    def in_language(self, language: str) -> View:
        return View(self.published.in_language(language), self.now or None)

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

    def _rows(
        self, table: str, period: str | None = None, population: str = "all", **where: object
    ) -> list[Row]:
        return self.published.rows(
            table, period or self.now, record_grain=GRAIN, population=population, **where
        )

    def corridors(self, level: str = "od") -> list[Row]:
        """Return corridors of this period with known origin and destination, most cases first."""
        if level not in self._corridors:
            rows = self._rows("corridors", level=level)
            self._corridors[level] = by_count([row for row in rows if level == "country" or ends_known(row)])
        return self._corridors[level]

    def corridor(self, corridor_id: str, level: str = "od", period: str | None = None) -> Row | None:
        """Return a corridor in a period, else in the period before."""
        period = period or self.before
        if period is None:
            return None
        return next(iter(self._rows("corridors", period, level=level, corridor_id=corridor_id)), None)

    def corridors_of(self, place_id: str, role: str) -> list[Row]:
        """Return corridors whose origin or destination is a place, most cases first."""
        return [row for row in self.corridors() if row[f"{role}_place_id"] == place_id]

    def places(
        self,
        role: str,
        levels: Collection[str] = ("county",),
        population: str = "all",
        period: str | None = None,
    ) -> list[Row]:
        """Return known places of some levels in a role, most cases first."""
        rows = self._rows("places", period, population, role=role)
        return by_count(
            [row for row in rows if row["place_id"] not in NO_PLACE and row["place_level"] in levels]
        )

    def place(
        self, place_id: str, role: str, population: str = "all", period: str | None = None
    ) -> Row | None:
        return next(iter(self._rows("places", period, population, role=role, place_id=place_id)), None)

    def codes(self, domain: str, period: str | None = None, population: str = "all") -> list[Row]:
        """Return the known codes of a domain among all cases, most cases first."""
        rows = self._rows("codes", period, population, domain=domain, subject="all")
        return by_count([row for row in rows if row["code"] != "unknown"])

    def code(self, domain: str, code: str, period: str | None = None, population: str = "all") -> Row | None:
        return next((row for row in self.codes(domain, period, population) if row["code"] == code), None)

    def total(self, population: str = "all", period: str | None = None) -> Row | None:
        return self.code("total", "total", period, population)

    def total_before(self) -> Row | None:
        return self.total(period=self.before) if self.before else None

    def place_before(self, place_id: str, role: str) -> Row | None:
        return self.place(place_id, role, period=self.before) if self.before else None

    def code_before(self, domain: str, code: str) -> Row | None:
        return self.code(domain, code, self.before) if self.before else None

    def shifts(self, level: str = "od") -> list[Row]:
        """Return changes from the period before, the largest first."""
        rows = self.published.rows("shifts", self.now, record_grain=GRAIN, level=level, baseline=self.before)
        rows = [row for row in rows if ends_known(row)]
        return sorted(rows, key=lambda row: -max(row["current_count"] or 0, row["baseline_count"] or 0))

    def mark(self, corridor: Row) -> str:
        """Return ` °` for a corridor whose count at least doubled without a rise of its share, else no text.

        A count that is not listed is taken at its largest. Levels whose shares are not judged have no mark.
        """
        corridor_id, level = corridor["corridor_id"], corridor["level"]
        now = self.corridor(corridor_id, level, self.now)
        if self.before is None or now is None or level not in JUDGED[self.published.name]:
            return ""
        before = self.corridor(corridor_id, level)
        small = before["movement_count"] or SMALL if before else self.noise.unlisted
        where = {"level": level, "baseline": self.before, "corridor_id": corridor_id}
        shifts = self.published.rows("shifts", self.now, record_grain=GRAIN, **where)
        rose = any(row["status"] in rules.ROSE for row in shifts)
        return MARK if rules.doubled(small, now["movement_count"]) and not rose else ""

    def marked(self, corridor: Row) -> str:
        """Return the name of a corridor with its mark."""
        return self.published.corridor(corridor) + self.mark(corridor)

    def mark_note(self, corridors: Sequence[Row]) -> list[Paragraph]:
        """Return what the mark means, where one of these corridors has it.

        The public edition names no partner and no number of them.
        """
        if not any(self.mark(row) for row in corridors):
            return []
        kind = "began" if (self.one("coverage") or {}).get("partners_started") else "moves"
        return [Paragraph(self.say(f"mark.{kind}"), tone="note")]

    def alerts(self) -> list[Row]:
        """Return the alerts in force: the oldest first."""
        rows = self.published.rows("alerts")
        return sorted(
            rows,
            key=lambda row: (str(row["first_month"]), row["corridor_id"]),
        )

    def hotspots(self, role: str) -> list[Row]:
        rows = self._rows("hotspots", role=role, label="hotspot")
        return sorted(rows, key=lambda row: (-(row["movement_count"] or 0), row["place"]))

    def one(self, table: str, **where: object) -> Row | None:
        """Return the row of a national table for this period."""
        return next(iter(self.published.rows(table, self.now, record_grain=GRAIN, **where)), None)

    # --- texts ------------------------------------------------------------------------

    @property
    def period(self) -> Value:
        return self.published.period(self.now)

    @property
    def period_before(self) -> Value | str:
        """The period before, as it follows `in` in a sentence."""
        if not self.before:
            return ""
        period = self.published.period(self.before)
        if self.published.kind(self.before) == "rolling_12_months":
            return Value(self.say.text("period.twelve_before"), period.source, period.column)
        return period

    @property
    def earlier(self) -> str:
        """The period before on a label: `in 2024`, `a year before`."""
        if self.before and self.published.kind(self.before) == "rolling_12_months":
            return self.say.text("map.earlier.months")
        return self.say.text("map.earlier.year").format(period=self.published.head(self.before or "").text)

    def periods(self, most: int = MOST_PERIODS) -> list[str]:
        """Return this period and those of the years before, the newest last."""
        found, period = [self.now], self.before
        while period and len(found) < most:
            found.append(period)
            period = self.published.year_before(period)
        return found[::-1]

    @property
    def least(self) -> Value:
        """The smallest count that the edition shows as a number."""
        return self.published.policy(f"{self.published.name}_least_count")

    def percent(self, table: str, row: Row, column: str) -> Value:
        return self.published.cell(table, row, column, f"{100 * row[column]:.0f}")

    def count(self, table: str, row: Row) -> Value:
        return self.published.count(table, row)

    def beside(self, table: str, row: Row | None) -> Spans:
        """Return the count of the period before in brackets, as text beside a bar."""
        if self.before is None:
            return ()
        if row is None:
            return (self.say.text("bar.none" if not self.is_public else "bar.not_listed"),)
        return ("(", self.count(table, row), ")")

    def against(self, key: str, table: str, now: Row, before: Row | None) -> Spans:
        """Return the text of `key` with this count, and the count of the period before if there is one."""
        first = self.say(key, count=self.count(table, now), period=self.period)
        if before is None:
            return first
        more = self.say("against", before=self.count(table, before), period=self.period_before)
        return (*first, *more)


def capital(text: Spans) -> Spans:
    """Return the sentence with a capital letter at its start."""
    first, *rest = text
    if isinstance(first, Value):
        return (Value(first.text[:1].upper() + first.text[1:], first.source, first.column), *rest)
    return (first[:1].upper() + first[1:], *rest)


NONE: Spans = ("–",)
HALF = 86.0  # millimetres: half of the page


def section(view: View, name: str, title: Spans, blocks: Sequence[Block]) -> Section | None:
    """Return a chapter with one sheet, or None without blocks."""
    return Section(name, view.say.text(f"contents.{name}"), title, [blocks]) if blocks else None


def heads(view: View, periods: Sequence[str]) -> list[Spans]:
    """Return a column head per period."""
    return [(view.published.head(period),) for period in periods]


def titled(heading: Spans, table: Table) -> list[Block]:
    """Return a table under its heading; nothing without rows."""
    return [Heading(heading), table] if table.rows else []


def count(view: View, table: str, row: Row | None) -> Spans:
    return NONE if row is None else (view.count(table, row),)


def corridor_counts(view: View, row: Row, periods: Sequence[str]) -> list[Spans]:
    """Return the count of a corridor in each period."""
    rows = [view.corridor(row["corridor_id"], row["level"], period) for period in periods]
    return [count(view, "corridors", found) for found in rows]


def code(view: View, row: Row | None, column: str, kind: str) -> Spans:
    """Return a code of `shifts` as its text, such as a status or a band."""
    if row is None or row[column] is None:
        return NONE
    return (view.published.cell("shifts", row, column, view.say.text(f"{kind}.{row[column]}")),)
