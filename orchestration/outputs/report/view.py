"""What a report speaks of: the newest period, the one before it, and the rows of both."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

from orchestration.outputs.published import Published, Row, by_count, ends_known
from orchestration.outputs.report import rules
from orchestration.outputs.words import Said, Sentence, sentence

GRAIN = "case"
KINDS = {"public": ("year",), "members": ("rolling_12_months", "year")}


class View:
    """An edition at its newest period. `now` is None where the edition has no complete period at all."""

    def __init__(self, published: Published, now: str | None) -> None:
        self.published, self.words = published, published.words
        self.now = now or ""
        self.before = published.year_before(now) if now else None
        self._corridors: dict[str, list[Row]] = {}

    @classmethod
    def newest(cls, published: Published) -> View:
        """Public: the newest closed year. Members: the newest complete twelve months with corridors."""
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

    def corridors(self, level: str = "od") -> list[Row]:
        """Corridors of this period with both ends known, most cases first."""
        if level not in self._corridors:
            self._corridors[level] = self._ranked(level)
        return self._corridors[level]

    def _ranked(self, level: str) -> list[Row]:
        rows = self.published.rows("corridors", self.now, record_grain=GRAIN, population="all", level=level)
        return by_count([row for row in rows if level == "country" or ends_known(row)])

    def corridor(self, corridor_id: str, level: str = "od", period: str | None = None) -> Row | None:
        if period is None and self.before is None:
            return None
        found = self.published.rows(
            "corridors", period or self.before, record_grain=GRAIN, population="all", level=level,
            corridor_id=corridor_id,
        )  # fmt: skip
        return next(iter(found), None)

    def places(
        self,
        role: str,
        levels: Collection[str] = ("county",),
        population: str = "all",
        period: str | None = None,
    ) -> list[Row]:
        rows = self.published.rows(
            "places", period or self.now, record_grain=GRAIN, population=population, role=role
        )
        known = [
            row for row in rows if row["place_id"] not in ("KEN", "unknown") and row["place_level"] in levels
        ]
        return by_count(known)

    def place(
        self, place_id: str, role: str, population: str = "all", period: str | None = None
    ) -> Row | None:
        found = self.published.rows(
            "places",
            period or self.now,
            record_grain=GRAIN,
            population=population,
            role=role,
            place_id=place_id,
        )
        return next(iter(found), None)

    def codes(self, domain: str, period: str | None = None, population: str = "all") -> list[Row]:
        rows = self.published.rows(
            "codes",
            period or self.now,
            record_grain=GRAIN,
            population=population,
            domain=domain,
            subject="all",
        )
        return by_count([row for row in rows if row["code"] != "unknown"])

    def code(self, domain: str, code: str, period: str | None = None, population: str = "all") -> Row | None:
        return next((row for row in self.codes(domain, period, population) if row["code"] == code), None)

    def total(self, population: str = "all", period: str | None = None) -> Row | None:
        return self.code("total", "total", period, population)

    def shifts(self, level: str = "od") -> list[Row]:
        """Judged changes from the period before to this one."""
        rows = self.published.rows("shifts", self.now, record_grain=GRAIN, level=level, baseline=self.before)
        rows = [row for row in rows if ends_known(row)]
        return sorted(rows, key=lambda row: -max(row["current_count"] or 0, row["baseline_count"] or 0))

    def hotspots(self, role: str, population: str = "all") -> list[Row]:
        rows = self.published.rows(
            "hotspots", self.now, record_grain=GRAIN, population=population, role=role, label="hotspot"
        )
        return sorted(rows, key=lambda row: (-(row["movement_count"] or 0), row["place"]))

    def one(self, table: str, **where: object) -> Row | None:
        """The row of a national table for this period."""
        return next(iter(self.published.rows(table, self.now, record_grain=GRAIN, **where)), None)

    # --- as the page says it ------------------------------------------------------------------------

    @property
    def period(self) -> Said:
        return self.published.period(self.now)

    @property
    def period_before(self) -> Said | str:
        """The period before, as it stands after `in`."""
        if not self.before:
            return ""
        said = self.published.period(self.before)
        if self.published.kind(self.before) == "rolling_12_months":
            return Said(self.words.text("period.twelve_before"), said.source, said.column)
        return said

    @property
    def earlier(self) -> str:
        """The period before on a label: `in 2024`, `a year before`."""
        if self.before and self.published.kind(self.before) == "rolling_12_months":
            return self.words.text("map.earlier.months")
        return self.words.text("map.earlier.year").format(period=self.published.head(self.before or "").text)

    def count(self, table: str, row: Row) -> Said:
        return self.published.count(table, row)

    def beside(self, table: str, row: Row | None) -> Sentence:
        """The count of the period before in brackets, as it stands beside a bar."""
        if self.before is None:
            return ()
        if row is None:
            return (self.words.text("bar.none" if not self.is_public else "bar.not_listed"),)
        return ("(", self.count(table, row), ")")

    def against(self, key: str, table: str, now: Row, before: Row | None) -> Sentence:
        """`key` with {count}; and, where the period before has a row, the second half with {before}."""
        said = self.words(key, count=self.count(table, now), period=self.period)
        if before is None:
            return said
        more = self.words("against", before=self.count(table, before), period=self.period_before)
        return (*said, *more)


def capital(words: Sentence) -> Sentence:
    """With a capital at its beginning."""
    first, *rest = sentence(words)
    if isinstance(first, Said):
        return (Said(first.text[:1].upper() + first.text[1:], first.source, first.column), *rest)
    return (first[:1].upper() + first[1:], *rest)
