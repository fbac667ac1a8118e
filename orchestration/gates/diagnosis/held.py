"""A held extract beside what its partner sent before: the landed cells by record, and what differs in them.

A place or an answer outside a code list is a token, equal for equal texts: cells are compared without reading them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

import pyarrow.parquet as pq

from orchestration.core import Settings, say
from orchestration.gates.landed import Landed
from orchestration.typing import open_views

MOST = 0.9  # of what differs, a cause explains so much
FEWEST = 10
_ROWS_NAMED = 5
_NOT_ANSWERS = frozenset({"submission_key", "submitted_at"})


class Change(NamedTuple):
    """A filled cell of a record that was sent before, and what stands there now (empty for nothing)."""

    record_id: int
    field: str
    was: str
    now: str


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
class Explanation:
    """A cause: a sentence with counts and row numbers, a question to the partner, and the share that it explains.

    `changes` are the proof. They hold values: they are for the desk alone and never stored.
    """

    key: str
    sentence: str
    question: str
    share: float
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class HeldExtract:
    """`before`: the newest version of each earlier record in force. `replaced`: ids of the last full extract."""

    landed: Landed
    now: Rows
    before: Rows
    replaced: frozenset[int]
    broken: frozenset[str] = frozenset()

    @cached_property
    def common(self) -> list[int]:
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
        for one in self.common:
            was, now = self.before.values[one], self.now.values[one]
            for name, value in was.items():
                if name not in _NOT_ANSWERS and value != now.get(name, ""):
                    found.setdefault(name, []).append(Change(one, name, value, now.get(name, "")))
        largest = max(map(len, found.values()), default=0)
        return [one for part in found.values() if len(part) >= max(FEWEST, largest / 10) for one in part]

    @property
    def has_changed(self) -> bool:
        return len({one.record_id for one in self.changes}) >= len(self.common) / 10

    def column(self, name: str) -> str:
        return f"“{self.landed.column_of(name) or self.landed.column_of(name.partition('.')[0]) or name}”"

    def columns(self, names: Iterable[str]) -> str:
        return ", ".join(dict.fromkeys(map(self.column, sorted(names))))

    def row_numbers(self, ids: Iterable[int]) -> str:
        rows = sorted({row for one in ids for row in (self.now.rows.get(one) or ())[:1]})
        return ", ".join(map(str, rows[:_ROWS_NAMED])) + (" …" if len(rows) > _ROWS_NAMED else "")

    def explain_changes(
        self, key: str, sentence: str, question: str, explains: Callable[[Change], bool], **given: object
    ) -> Explanation | None:
        """Explain changed cells of records that were sent before, where these are what differs."""
        if not self.changes or not self.has_changed:
            return None
        explained = tuple(one for one in self.changes if explains(one))
        ids = dict.fromkeys(one.record_id for one in explained)
        if len(ids) < FEWEST or len(explained) < MOST * len(self.changes):
            return None
        names = {one.field for one in explained}
        return self.explanation(key, sentence, question, len(explained) / len(self.changes), list(ids), explained,
                                columns=self.columns(names), of=len({one.record_id for one in self.changes}), **given)  # fmt: skip

    def explain_new(
        self,
        key: str,
        sentence: str,
        question: str,
        ids: Sequence[int],
        names: Iterable[str],
        **given: object,
    ) -> Explanation | None:
        """Explain new records, where no earlier ones changed."""
        if len(ids) < FEWEST:
            return None
        return self.explanation(key, sentence, question, len(ids) / len(self.new), ids, (),
                                columns=self.columns(names), of=len(self.new), **given)  # fmt: skip

    def explanation(
        self, key: str, sentence: str, question: str, share: float, ids: Sequence[int],
        changes: tuple[Change, ...] = (), **given: object,
    ) -> Explanation:  # fmt: skip
        filled = {"count": len(ids), "rows": self.row_numbers(ids)} | given
        return Explanation(key, say(sentence, **filled), question, share, changes)

    def shares(self, rows: Rows, ids: Sequence[int], name: str) -> dict[str, float]:
        """Return the share of each value of a field, the most frequent first."""
        counts = Counter(rows.of_field(name, ids))
        return {value: count / counts.total() for value, count in counts.most_common()}

    def new_and_earlier(self, name: str) -> tuple[dict[str, float], dict[str, float]] | None:
        """Return the mix of a field in the new records and in the earlier ones; None where either are few."""
        now, before = (
            self.shares(self.now, self.new, name),
            self.shares(self.before, list(self.before.values), name),
        )
        return (now, before) if min(len(self.new), len(self.before.values)) >= 2 * FEWEST and before else None


def distance(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the total variation distance of two mixes."""
    return sum(abs(one.get(value, 0) - other.get(value, 0)) for value in {*one, *other}) / 2


def read_held(
    settings: Settings, landed: Landed, earlier: Sequence[Landed], broken: frozenset[str] = frozenset()
) -> HeldExtract:
    """Read an extract and those in force that came before it under its contract, in order."""
    before, replaced = Rows(), frozenset[int]()
    for one in earlier:
        rows = _rows(settings, one)
        before.values |= rows.values
        before.rows |= rows.rows
        before.days |= rows.days
        before.sheets += rows.sheets
        if landed.is_full and one.is_full and one.declared_period == landed.declared_period:
            replaced = frozenset(rows.values)
    return HeldExtract(landed, _rows(settings, landed), before, replaced, broken)


def _rows(settings: Settings, landed: Landed) -> Rows:
    found = Rows()
    path = settings.landing / landed.partner / f"{landed.extract_id}.parquet"
    cells = pq.read_table(path)
    if "part" in cells.column_names:
        by_row: dict[int, dict[int, dict[str, list[str]]]] = {}
        names = ("record_id", "sheet", "row_number", "part", "field", "value")
        for record, sheet, row, part, name, value in zip(
            *(cells[one].to_pylist() for one in names), strict=True
        ):
            if not part:
                found.sheets[sheet] += 1
                by_row.setdefault(record, {}).setdefault(row, {}).setdefault(name, []).append(value)
        for record, rows in by_row.items():
            found.rows[record] = sorted(rows)
            first = rows[found.rows[record][0]]
            found.values[record] = {name: " | ".join(values) for name, values in first.items() if any(values)}
    with open_views(settings, "records", extract_ids=[landed.extract_id]) as con:
        days = "select record_id, event_on from records where partner = ? and event_on is not null"
        found.days = dict(con.execute(days, [landed.partner]).fetchall())
    return found
