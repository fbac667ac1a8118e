"""Profiles of columns, and changes in a file's columns against its contract and the last extract.

Headings and profiles (share of filled cells, kinds of cells, number of distinct values) are compared, never
values. Column names are shown names (`shown_names`). New codes are in `codes`, the proposed change to the
contract in `report`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rapidfuzz import fuzz

from orchestration.contracts import SHEET, Contract, same
from orchestration.intake.drift.column_words import field_of, words_of
from orchestration.intake.reading.block import Block
from orchestration.intake.shown_names import is_position

ROWS_LOOKED_AT = 1000
_SHARES = 4
# Two headings below this likeness count as unrelated.
ALIKE_ENOUGH = 0.62
_SAME_MEANING = 0.85
_WEIGHT_OF_NAMES = 0.6


class ColumnProfiles:
    """Profiles the first rows of each sheet while they stream. Memory: hashes of ROWS_LOOKED_AT rows."""

    def __init__(self) -> None:
        self._rows: Counter[str] = Counter()
        self._kinds: dict[str, Counter[str]] = {}
        self._distinct: dict[str, set[int]] = {}

    def watch(self, names: list[str], blocks: Iterator[Block]) -> Iterator[Block]:
        """Yield blocks unchanged while profiling their rows; `names` are the shown names of the columns."""
        seen = 0
        for block in blocks:
            if seen < ROWS_LOOKED_AT:
                self._look_at(names, block.slice(0, ROWS_LOOKED_AT - seen))
            seen += len(block)
            yield block

    def content(self) -> dict[str, dict[str, Any]]:
        """Return for each column `filled` and `kinds` (shares) and `distinct` (a number)."""
        return {
            name: {
                "filled": round(sum(kinds.values()) / self._rows[name], _SHARES),
                "kinds": {
                    kind: round(count / sum(kinds.values()), _SHARES) for kind, count in sorted(kinds.items())
                },
                "distinct": len(self._distinct[name]),
            }
            for name, kinds in self._kinds.items()
        }

    def _look_at(self, names: list[str], block: Block) -> None:
        for name, column in zip(names, block.columns, strict=False):
            codes, counts = np.unique(column.codes[column.filled], return_counts=True)
            if not name or not len(codes):
                continue
            kinds, distinct = self._kinds.setdefault(name, Counter()), self._distinct.setdefault(name, set())
            for code, count in zip(codes.tolist(), counts.tolist(), strict=True):
                kinds[cell.kind if (cell := column.distinct_cell(code)) else "text"] += count
                distinct.add(hash(same(column.text(code))))
        rows = int(block.filled.sum())
        self._rows.update({name: rows for name in names if name and rows})


def likeness(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> float | None:
    """Return how alike two profiles are, 0 to 1; None if one is missing."""
    if not one or not other:
        return None
    kinds = one["kinds"] | other["kinds"]
    alike = sum(min(one["kinds"].get(kind, 0.0), other["kinds"].get(kind, 0.0)) for kind in kinds)
    filled = 1 - abs(one["filled"] - other["filled"])
    distinct = min(one["distinct"], other["distinct"]) / max(one["distinct"], other["distinct"], 1)
    return float(round((2 * alike + filled + distinct) / 4, _SHARES))


@dataclass(frozen=True)
class ColumnUse:
    """What a contract uses a column for, and its other names."""

    column: str
    feeds: list[str]
    is_required: bool
    other_names: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [self.column, *self.other_names]


@dataclass(frozen=True)
class Renamed:
    """A missing column and a new one that are probably the same."""

    before: str
    now: str
    likeness: float
    name_likeness: float
    profile_likeness: float | None
    feeds: list[str]
    is_required: bool


@dataclass(frozen=True)
class Drift:
    """Added, missing and renamed columns; `compared_with` is the id of the last extract, if there was one."""

    compared_with: str | None = None
    added: list[str] = field(default_factory=list)
    gone: list[ColumnUse] = field(default_factory=list)
    renamed: list[Renamed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.renamed)

    def sentence(self) -> str:
        """Describe the drift in one line; empty if there is none."""
        parts = [
            f"{rename.before!r} is missing and probably renamed {rename.now!r} ({rename.likeness:.0%} alike)"
            for rename in self.renamed
        ]
        parts += [f"{use.column!r} is missing" for use in self.gone]
        parts += [f"{column!r} is new" for column in self.added]
        return "; ".join(parts)


def find_drift(
    contract: Contract,
    columns: Iterable[str],
    unmapped: Iterable[str],
    profiles: Mapping[str, Mapping[str, Any]],
    last: Mapping[str, Any] | None = None,
) -> Drift:
    """Compare the columns of a file with the contract and with the landing note of the last extract.

    A denied column is missing if the last extract had it. A column that a field, the key or consent needs is
    missing if the file lacks it, except an `optional_column`. An unmapped column is reported once, when the
    last extract lacked it. A column that only the contract of the last extract read is not reported: the
    contract was changed on purpose.
    """
    found = {same(column) for column in columns}
    before = [str(column) for column in last.get("columns_found") or ()] if last else []
    had = {same(column) for column in before}
    uses = uses_of(contract)
    gone = [use for use in uses if not _is_there(use, found) and _is_missed(contract, use, had)]
    known = {same(name) for use in [*uses, *_read_before(last)] for name in use.names}
    gone += [
        ColumnUse(column, [], False)
        for column in before
        if same(column) not in found and not _is_named(same(column), known)
    ]
    unmapped = list(unmapped)
    showable = [column for column in unmapped if not is_position(column)]
    renamed = _pair(gone, showable, (last or {}).get("column_profile") or {}, profiles)
    left, came = {pair.before for pair in renamed}, {pair.now for pair in renamed}
    return Drift(
        compared_with=str(last["extract_id"]) if last else None,
        added=[column for column in unmapped if column not in came and same(column) not in had],
        gone=[use for use in gone if use.column not in left],
        renamed=renamed,
    )


def uses_of(contract: Contract) -> list[ColumnUse]:
    """Return every column the contract names with what it feeds; of child sheets as `repeat/column`."""
    uses: dict[str, ColumnUse] = {}
    for column, where, is_required, others in _named(contract):
        use = uses.get(column, ColumnUse(column, [], False))
        others, is_required = [*use.other_names, *others], use.is_required or is_required
        uses[column] = ColumnUse(column, [*use.feeds, where], is_required, others)
    return list(uses.values())


def _named(contract: Contract) -> Iterator[tuple[str, str, bool, list[str]]]:
    """Yield each column that the contract names: what it feeds, whether it is required, its other names."""
    for name, spec in contract.fields.items():
        if spec.column:
            # In a long layout `item_type=TACT` means the rows of that type, and the column is `item_type`.
            column = spec.column.partition("=")[0] if contract.format.items else spec.column
            yield column, f"fields.{name}", contract.must_have_column(name), spec.columns[1:]
    delivery, consent, link = contract.delivery, contract.consent, contract.link
    yield from ((part, "delivery.key", True, []) for part in delivery.key_parts if part != SHEET)
    if consent and consent.column:
        yield consent.column, "consent", True, consent.names[1:]
    states = filter(contract.must_have_state, contract.accept_if)
    yield from ((state.column, "accept_if", True, []) for state in states)
    if delivery.newest_by:
        yield delivery.newest_by, "delivery.newest_by", False, []
    for name, linked in link.by_name.items() if link else ():
        yield linked, f"link.{name}", False, []
    for column in contract.submission_id.names if contract.submission_id else ():
        yield column, "submission_id", False, []
    yield from ((column, "deny", False, []) for column in contract.deny)


def _read_before(last: Mapping[str, Any] | None) -> list[ColumnUse]:
    """Return the columns that the contract of the last extract read."""
    content = (last or {}).get("contract_content")
    try:
        uses = uses_of(Contract.of_content(content)) if content else []
    except ValueError:  # a contract of an earlier version of Njia
        return []
    return [use for use in uses if use.feeds != ["deny"]]


def name_likeness(one: str, other: str) -> float:
    """Return the likeness of two headings, 0 to 1: by letters, by words in any order, or by meaning."""
    first, second = " ".join(words_of(one)), " ".join(words_of(other))
    if not first or not second:
        return 0.0
    letters = max(fuzz.ratio(first, second), fuzz.token_sort_ratio(first, second)) / 100
    shared = 0.9 * fuzz.token_set_ratio(first, second) / 100
    meaning = field_of(one)
    same_meaning = _SAME_MEANING if meaning and meaning == field_of(other) else 0.0
    return float(round(max(letters, shared, same_meaning), 4))


def _pair(
    gone: list[ColumnUse],
    added: list[str],
    before: Mapping[str, Mapping[str, Any]],
    now: Mapping[str, Mapping[str, Any]],
) -> list[Renamed]:
    before, now = ({same(column): profile for column, profile in of.items()} for of in (before, now))
    pairs = []
    for use in gone:
        for column in added:
            if use.column.count("/") != column.count("/"):  # a rename stays within its part
                continue
            names = name_likeness(use.column, column)
            values = likeness(before.get(same(use.column)), now.get(same(column)))
            both = names if values is None else _WEIGHT_OF_NAMES * names + (1 - _WEIGHT_OF_NAMES) * values
            if both >= ALIKE_ENOUGH:
                pairs.append(
                    Renamed(use.column, column, round(both, 4), names, values, use.feeds, use.is_required)
                )
    pairs.sort(key=lambda pair: (-pair.likeness, pair.before, pair.now))
    chosen: list[Renamed] = []
    for pair in pairs:
        if not any(pair.before == other.before or pair.now == other.now for other in chosen):
            chosen.append(pair)
    return chosen


def _is_missed(contract: Contract, use: ColumnUse, had: set[str]) -> bool:
    if use.feeds == ["deny"]:
        return _is_there(use, had)
    names = [name.removeprefix("fields.") for name in use.feeds if name.startswith("fields.")]
    return not names or any(not contract.fields[name].optional_column for name in names)


def _is_there(use: ColumnUse, found: Iterable[str]) -> bool:
    """Return whether a column exists by any name, or as 1/0 columns, `question/choice`."""
    wanted = {same(name) for name in use.names}
    return any(_is_named(name, wanted) for name in found)


def _is_named(key: str, named: set[str]) -> bool:
    return key in named or any(key.startswith(f"{name}/") for name in named)
