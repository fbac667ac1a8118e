"""A held extract beside what its partner sent before: the landed cells by record, and what differs in them.

A place or an answer outside a code list is a token, equal for equal texts: cells are compared unread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from orchestration.core import Settings
from orchestration.gates.landed import Landed
from orchestration.typing import open_views

MOST = 0.9  # of what differs, a cause explains so much
FEWEST = 10
_ROWS_NAMED = 5
_NOT_ANSWERS = frozenset({"submission_key", "submitted_at"})
NUMBERS = ("age_band", "age", "person_count")


class Change(NamedTuple):
    """A cell as written now (empty for nothing), and what stood there before or would be read instead."""

    record_id: int
    field: str
    was: str
    now: str


class Found(NamedTuple):
    """The records that a breakage explains, and of how many; `given` fills its sentence in.

    `changes` are the proof. They hold values: they are for the desk alone and never stored.
    """

    ids: Sequence[int]
    of: int
    changes: Sequence[Change] = ()
    given: Mapping[str, Any] = {}
    sentence: str = ""  # where the breakage has more than one


@dataclass
class Rows:
    """Records of one or more extracts: values by field, physical rows, sheets and days."""

    values: dict[int, dict[str, str]] = field(default_factory=dict)
    rows: dict[int, list[int]] = field(default_factory=dict)
    days: dict[int, date] = field(default_factory=dict)
    sheets: Counter[str] = field(default_factory=Counter)

    def of_field(self, name: str, ids: Iterable[int]) -> list[str]:
        return [value for one in ids if (value := self.values[one].get(name))]


@dataclass(frozen=True)
class HeldExtract:
    """`before`: the newest version of each earlier record in force. `replaced`: ids of the last full extract.

    `broken`: the measures that hold it. `waiting`: the partner's other extracts that wait,
    with their records; `earlier`: those in force that bring only what is new.
    """

    landed: Landed
    now: Rows
    before: Rows
    replaced: frozenset[int]
    broken: frozenset[str] = frozenset()
    waiting: Sequence[tuple[Landed, frozenset[int]]] = ()
    earlier: Sequence[tuple[Landed, frozenset[int]]] = ()

    @cached_property
    def sent_again(self) -> list[int]:
        return [one for one in self.now.values if one in self.before.values]

    @cached_property
    def new(self) -> list[int]:
        return [one for one in self.now.values if one not in self.before.values]

    @cached_property
    def gone(self) -> list[int]:
        return [one for one in self.replaced if one not in self.now.values]

    @cached_property
    def fields(self) -> list[str]:
        return sorted({name for values in self.before.values.values() for name in values} - _NOT_ANSWERS)

    @cached_property
    def changes(self) -> list[Change]:
        """Cells that changed, of the fields in which that is no single correction."""
        found: dict[str, list[Change]] = {}
        for one in self.sent_again:
            was, now = self.before.values[one], self.now.values[one]
            for name, value in was.items():
                if name not in _NOT_ANSWERS and value != now.get(name, ""):
                    found.setdefault(name, []).append(Change(one, name, value, now.get(name, "")))
        largest = max(map(len, found.values()), default=0)
        return [one for part in found.values() if len(part) >= max(FEWEST, largest / 10) for one in part]

    @cached_property
    def changed(self) -> list[int]:
        return list(dict.fromkeys(one.record_id for one in self.changes))

    @property
    def has_changed(self) -> bool:
        return len(self.changed) >= max(1, len(self.sent_again) / 10)

    def contents(self, rows: Rows) -> dict[int, frozenset[tuple[str, str]]]:
        """Return what each record says, without its reference."""
        return {
            one: frozenset((name, values.get(name, "")) for name in self.fields)
            for one, values in rows.values.items()
        }

    def column(self, name: str) -> str:
        return f"“{self.landed.column_of(name) or self.landed.column_of(name.partition('.')[0]) or name}”"

    def columns(self, names: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(map(self.column, sorted(names))))

    def row_numbers(self, ids: Iterable[int]) -> str:
        """Return the first physical rows of records; of those that are gone, in the file before."""
        first = {(self.now.rows.get(one) or self.before.rows.get(one) or [0])[0] for one in ids}
        rows = sorted(first - {0})
        return ", ".join(map(str, rows[:_ROWS_NAMED])) + (" …" if len(rows) > _ROWS_NAMED else "")

    def of_changes(self, explains: Callable[[Change], bool], **given: Any) -> Found | None:
        """Return the changed cells of records sent before, where these are most of what differs."""
        if not self.has_changed or len(self.gone) > len(self.changed) / 9:
            return None
        explained = [one for one in self.changes if explains(one)]
        ids = list(dict.fromkeys(one.record_id for one in explained))
        if len(ids) < FEWEST or len(explained) < MOST * len(self.changes):
            return None
        columns = self.columns({one.field for one in explained})
        return Found(ids, len(self.changed), explained, {"columns": columns} | given)

    def of_new(
        self, names: Iterable[str], read_as: Callable[[str], str] | None = None, **given: Any
    ) -> Found | None:
        """Return the new records, where fields of them are of another kind; `read_as` undoes it in a cell."""
        if not (names := list(names)):
            return None
        cells = [(one, name, self.now.values[one].get(name, "")) for one in self.new for name in names]
        changes = [Change(one, name, read_as(now), now) for one, name, now in cells if now] if read_as else ()
        return Found(self.new, len(self.new), changes, {"columns": self.columns(names)} | given)

    @property
    def new_alone(self) -> list[int]:
        """The new records, where they alone can differ and are many enough to compare mixes."""
        is_enough = min(len(self.new), len(self.before.values)) >= 2 * FEWEST
        return self.new if is_enough and not self.has_changed else []

    def sides(self, name: str) -> tuple[list[str], list[str]]:
        """Return the answers of a field in all earlier records and in the new ones."""
        return self.before.of_field(name, self.before.values), self.now.of_field(name, self.new_alone)

    def mixes(self, name: str) -> tuple[dict[str, float], dict[str, float]]:
        """Return the share of each answer before and in the new records, the most frequent first."""
        before, now = (Counter(texts) for texts in self.sides(name))
        return _shares(before), _shares(now)


def _shares(mix: Counter[str]) -> dict[str, float]:
    return {answer: count / mix.total() for answer, count in mix.most_common()}


def is_place(name: str) -> bool:
    return name.startswith("place(")


def distance(one: Mapping[Any, float], other: Mapping[Any, float], by_rank: bool = False) -> float:
    """Return the total variation distance of two mixes; `by_rank`: of mixes whose values have other names."""
    if by_rank:
        one, other = dict(enumerate(one.values())), dict(enumerate(other.values()))
    return sum(abs(one.get(value, 0) - other.get(value, 0)) for value in {*one, *other}) / 2


def read_held(
    settings: Settings,
    landed: Landed,
    earlier: Sequence[Landed],
    rivals: Sequence[Landed],
    broken: frozenset[str],
) -> HeldExtract:
    """Read an extract, those in force that came before it under its contract, and others that wait."""
    before, replaced, days = Rows(), frozenset[int](), dict[str, dict[int, date]]()
    ids = [one.extract_id for one in (*earlier, landed)]
    with open_views(settings, "records", extract_ids=ids) as con:
        dated = (
            "select extract_id, record_id, event_on from records where partner = ? and event_on is not null"
        )
        for extract_id, record, day in con.execute(dated, [landed.partner]).fetchall():
            days.setdefault(extract_id, {})[record] = day
    of_earlier = []
    for one in earlier:
        rows = _rows(settings, one, days)
        before.values |= rows.values
        before.rows |= rows.rows
        before.days |= rows.days
        before.sheets += rows.sheets
        if landed.is_full and one.is_full and one.declared_period == landed.declared_period:
            replaced = frozenset(rows.values)
        if not one.is_full:
            of_earlier.append((one, frozenset(rows.values)))
    waiting = [(one, frozenset(_rows(settings, one, {}).values)) for one in rivals]
    return HeldExtract(landed, _rows(settings, landed, days), before, replaced, broken, waiting, of_earlier)


def _rows(settings: Settings, landed: Landed, days: Mapping[str, dict[int, date]]) -> Rows:
    found = Rows(days=days.get(landed.extract_id, {}))
    cells = pq.read_table(settings.landing / landed.partner / f"{landed.extract_id}.parquet")
    if "part" in cells.column_names:
        by_row: dict[int, dict[int, dict[str, list[str]]]] = {}
        names = ("record_id", "sheet", "row_number", "part", "field", "value")
        columns = (cells[one].to_pylist() for one in names)
        for record, sheet, row, part, name, value in zip(*columns, strict=True):
            if not part:
                found.sheets[sheet] += 1
                by_row.setdefault(record, {}).setdefault(row, {}).setdefault(name, []).append(value)
        for record, rows in by_row.items():
            found.rows[record] = sorted(rows)
            first = rows[found.rows[record][0]]
            found.values[record] = {name: " | ".join(values) for name, values in first.items() if any(values)}
    return found
