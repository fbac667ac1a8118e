"""Answers on one edition for assistants (`njia mcp`): a measure by place, period and direction.

A measure is a published table. What its numbers mean, what may be added and what compared is read from the
edition's own file; each refusal says why.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from math import sqrt
from pathlib import Path
from typing import Any

from orchestration.core import Settings, UsageError, read_json
from orchestration.outputs.exports.about import CAVEATS, About
from orchestration.outputs.exports.tables import Table, tables_of
from orchestration.outputs.published import Edition, Row
from orchestration.release import MANIFEST, edition_in_force

MOST_ROWS = 100
# What a question may name besides a period, and the column that holds it.
COLUMNS = {"place": "place_id", "start": "start_place_id", "end": "end_place_id", "direction": "direction"}
_COUNTED = ("#affected", "#indicator+mentions")  # HXL tags of the numbers that bear noise in public


def answers_of(settings: Settings, edition: str) -> Answers:
    """Return what can be asked of an edition of the release in force: ask anew for each question."""
    release, _ = edition_in_force(settings, edition)
    return _opened(release.path, edition)


@lru_cache(maxsize=1)
def _opened(folder: Path, edition: str) -> Answers:
    return Answers(Edition(edition, folder, read_json(folder / MANIFEST)))


class Answers:
    """What can be asked of an edition. Raises UsageError with the reason where an answer would mislead."""

    def __init__(self, edition: Edition) -> None:
        about, tables = About.of(edition), tables_of(edition)
        self.release_id, self._edition = about.release_id, about.edition
        self._how_to_read = [*CAVEATS, about.methodology]
        self._source = {
            "edition": about.edition, "release_id": about.release_id, "as_of": about.day,
            "made_up": about.is_synthetic, "citation": about.citation, "licence": about.licence.said,
        }  # fmt: skip
        self._policy = {row["name"]: row["value"] for row in edition.manifest["policy"]["rows"]}
        self._areas = tables["areas"].data.to_pylist()
        self._periods = {
            row["period_id"]: row
            for name in ("periods", "series_periods") if name in tables
            for row in tables[name].data.to_pylist()
        }  # fmt: skip
        self._measures = {
            name: table
            for name, table in tables.items()
            if "period_id" in table.key and table.name not in ("periods", "context_counts")
        }

    def measures(self) -> Row:
        """Return what can be asked, and how to read the answers."""
        listed = [
            {
                "measure": name,
                "use": table.use,
                "by": _asked_by(table),
                "periods": sorted(map(str, table.values("period_id"))),
                "numbers": {one.name: one.description for one in table.columns if one.is_number},
                "may_be_summed": table.sums,
            }
            for name, table in self._measures.items()
        ]
        return {**self._source, "how_to_read": self._how_to_read, "measures": listed}

    def places(self, name: str, is_whole: bool = False) -> list[Row]:
        """Return the places with this id or with this in their names; `is_whole`: as the name."""
        said = name.casefold()
        found = [
            {at: row[at] for at in ("place_id", "place", "kind")}
            for row in self._areas
            if said in (row["place_id"].casefold(), row["place"].casefold())
            or (said in row["place"].casefold() and not is_whole)
        ]
        if not found:
            names = {row["place"].casefold(): row["place"] for row in self._areas}
            near = ", ".join(names[one] for one in get_close_matches(said, names, 5))
            raise UsageError(f"No place is called {name!r}. Near it: {near or 'none'}.")
        return found[:MOST_ROWS]

    def measure(self, measure: str, period: str, where: Mapping[str, str], total: bool, compare: bool) -> Row:
        """Return the rows of a measure in a period, the largest first.

        `where`: by the names of COLUMNS. `total`: also their sum. `compare`: also the year before.
        """
        table = self._measures.get(measure)
        if table is None:
            raise UsageError(f"There is no measure {measure!r}. They are: {', '.join(self._measures)}.")
        if total and not table.sums:
            raise UsageError(f"Rows of `{measure}` cannot be added up. {table.use}")
        if compare and "comparison" not in table.names:
            raise UsageError(f"`{measure}` has no comparison with the year before.")
        own = sorted(map(str, table.values("period_id")))
        period_id = next((one for one in own if period in (one, self._period(one)["label"])), None)
        if period_id is None:
            raise UsageError(f"`{measure}` has no period {period!r}. It has: {', '.join(own) or 'none'}.")
        wanted = {COLUMNS[name]: self._value(table, name, said) for name, said in where.items() if said}
        rows = _rows(table, {"period_id": period_id, **wanted})
        answer = {
            **self._source,
            "measure": measure,
            "use": table.use,
            "period": _filled(self._period(period_id)),
            "rows": [
                {**filled, **self._noise(table, row, filled)}
                for row in rows[:MOST_ROWS]
                for filled in [_filled(row, ("edition", "period_id"))]
            ],
        }
        if compare and rows:
            answer["year_before"] = self._year_before(table, rows)
        if total and rows:
            sums = {name: sum(row[name] for row in rows) for name in table.sums}
            # Counts are fitted to one total: the noise of a sum is not that of its rows together.
            answer["total"] = sums | (self._noise(table, rows[0], table.sums) if len(rows) == 1 else {})
        if not rows:
            answer["no_row"] = self._absent(table)
        if len(rows) > MOST_ROWS:
            answer["left_out"] = (
                f"{len(rows) - MOST_ROWS} smaller rows: name a place, start, end or direction."
            )
        return answer

    def _period(self, period_id: str) -> Row:
        """Return what the edition says of a period; windows of changes are none of its periods."""
        return self._periods.get(period_id, {"period_id": period_id, "label": None})

    def _value(self, table: Table, name: str, said: str) -> str:
        """Return the id that a question means by a place, or the direction."""
        if COLUMNS[name] not in table.names:
            by = " or ".join(["period", *_asked_by(table)])
            raise UsageError(f"`{table.file_stem}` has no {name}. It can be asked by {by}.")
        own = table.values(COLUMNS[name])
        if name == "direction":
            [listed] = (column.listed for column in table.columns if column.name == name)
            known = listed or sorted(map(str, own))
            if said not in known:
                raise UsageError(f"There is no direction {said!r}. The directions are: {', '.join(known)}.")
            return said
        named = self.places(said, is_whole=True)
        kinds = {row["kind"] for row in self._areas if row["place_id"] in own}
        fitting = [str(row["place_id"]) for row in named if row["kind"] in kinds]
        if not fitting:
            has = f"`{table.file_stem}` has rows of: {', '.join(sorted(kinds))}."
            raise UsageError(f"{said!r} is a {named[0]['kind']}. {has}")
        if len(fitting) > 1:
            raise UsageError(f"{said!r} may be {' or '.join(fitting)}. Give the id.")
        return fitting[0]

    def _noise(self, table: Table, row: Row, names: Iterable[str]) -> Row:
        """Return two standard deviations of the noise of each public count; members' counts have none."""
        found = {}
        for column in table.columns if self._edition == "public" else ():
            if column.name in names and column.hxl.startswith(_COUNTED):
                count = row[column.name] or 0
                reached = [at for at in (2, 3) if count >= float(self._policy[f"noise_row_{at}_from"])]
                number = 4 if column.name == "mention_count" else max([1, *reached])
                variance = float(self._policy[f"noise_row_{number}_variance"])
                found[f"{column.name}_noise"] = round(2 * sqrt(variance), 1)
        return found

    def _absent(self, table: Table) -> str:
        """Say what it means that a table has no such row."""
        if not any(column.hxl.startswith(_COUNTED) for column in table.columns):
            return "No row: nothing is published of it. That does not say that nothing happens there."
        is_public_round = table.name == "mentions" and self._edition == "public"
        least = "public_round_least_reports" if is_public_round else f"{self._edition}_least_count"
        return f"No row: fewer than {self._policy[least]}, perhaps none. Unknown is not zero."

    def _year_before(self, table: Table, rows: list[Row]) -> Row:
        """Return the row of the year before, as far as the comparison of the one row allows it."""
        row, *more = rows
        if more:
            raise UsageError("One row at a time is compared: name its place, or start, end and direction.")
        if row["comparison"] == "same_reporting":
            earlier = re.sub(r"\d{4}", lambda year: str(int(year[0]) - 1), row["period_id"])
            found = _rows(table, {name: row[name] for name in table.key} | {"period_id": earlier})
            if not found:
                return {"period_id": earlier, "no_row": self._absent(table)}
            counts = [name for name in ("movement_count", "passing_count") if name in row]
            return {"period_id": earlier, **{name: found[0][name] for name in counts}}
        if row["comparison"] == "other_reporting":
            return {name: row[name] for name in ("comparison", "like_earlier_count", "like_count", "change")}
        [prose] = (column.description for column in table.columns if column.name == "comparison")
        raise UsageError(
            f"`{table.file_stem}` is not compared here: `comparison` is {row['comparison'] or 'null'}. "
            f"{prose} `shifts` has the corridors whose change can be judged."
        )


def _asked_by(table: Table) -> list[str]:
    return [name for name, column in COLUMNS.items() if column in table.names]


def _rows(table: Table, where: Mapping[str, Any]) -> list[Row]:
    """Return the rows with these values, the largest first."""
    counts = [name for name in table.names if name.endswith("_count")]
    rows = [row for row in table.data.to_pylist() if where.items() <= row.items()]
    return sorted(rows, key=lambda row: [-(row[name] or 0) for name in counts])


def _filled(row: Row, without: Collection[str] = ()) -> Row:
    """Return what is not null, with days as texts."""
    return {
        name: value if isinstance(value, int | float) else str(value)
        for name, value in row.items()
        if value is not None and name not in without
    }
