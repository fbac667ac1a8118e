"""Changes in a file's columns against its contract and the last extract.

Headings are compared, never values. Column names are shown names (`shown_names`). New codes are in `codes`,
the proposed change to the contract in `report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz

from orchestration.contracts import SHEET, Contract, same
from orchestration.intake.drift.column_words import field_of, words_of
from orchestration.intake.shown_names import is_position

# Two headings below this likeness count as unrelated.
ALIKE_ENOUGH = 0.62
_SAME_MEANING = 0.85


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
    renamed = _pair(gone, showable)
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
            column = spec.column.partition("=")[0] if contract.items else spec.column
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


def _pair(gone: list[ColumnUse], added: list[str]) -> list[Renamed]:
    pairs = [
        Renamed(use.column, column, likeness, use.feeds, use.is_required)
        for use in gone
        for column in added
        if use.column.count("/") == column.count("/")  # a rename stays within its part
        if (likeness := name_likeness(use.column, column)) >= ALIKE_ENOUGH
    ]
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
