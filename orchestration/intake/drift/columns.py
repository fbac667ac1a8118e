"""Drift: what changed in a file's columns against its contract and the partner's last extract of it.

Belongs here: comparing headings and profiles. New codes are `drift_codes`, the ready change to the contract
is `drift_patch`. Column names are shown names (see `shown_names`); no value ever takes part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rapidfuzz import fuzz

from orchestration.contracts import SHEET, Contract, same
from orchestration.intake.drift.column_words import field_of, words_of
from orchestration.intake.drift.profile import likeness

# Below it two headings are a coincidence; between gone and added columns the best pairs are taken first.
ALIKE_ENOUGH = 0.62
_SAME_MEANING = 0.85
_WEIGHT_OF_NAMES = 0.6


@dataclass(frozen=True)
class ColumnUse:
    """What a contract needs a column for, and what else it is called in other files."""

    column: str
    feeds: list[str]
    is_required: bool
    other_names: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [self.column, *self.other_names]


@dataclass(frozen=True)
class Renamed:
    """A column that is gone and one that came, alike enough to be the same."""

    before: str
    now: str
    likeness: float
    name_likeness: float
    profile_likeness: float | None
    feeds: list[str]
    is_required: bool


@dataclass(frozen=True)
class Drift:
    """Columns that came and went; `compared_with` is the extract id of the last one, if there was one."""

    compared_with: str | None = None
    added: list[str] = field(default_factory=list)
    gone: list[ColumnUse] = field(default_factory=list)
    renamed: list[Renamed] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.renamed)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def sentence(self) -> str:
        """The drift in one line of column names; empty where there is none."""
        parts = [
            f"{one.before!r} is gone and probably is {one.now!r} now ({one.likeness:.0%} alike)"
            for one in self.renamed
        ]
        parts += [f"{use.column!r} is gone" for use in self.gone]
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

    A column that the contract only denies is gone where the last extract had it; one that a field, the key
    or consent needs is gone wherever the file lacks it, an `optional_column` never. A column nobody mapped
    is news once: where the last extract did not have it. A column that the contract of the last extract read
    and today's does not name is no news: whoever changed the contract has answered it.
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
    renamed = _pair(gone, unmapped, _by_name((last or {}).get("column_profile") or {}), _by_name(profiles))
    left, came = {one.before for one in renamed}, {one.now for one in renamed}
    return Drift(
        compared_with=str(last["extract_id"]) if last else None,
        added=[column for column in unmapped if column not in came and same(column) not in had],
        gone=[use for use in gone if use.column not in left],
        renamed=renamed,
    )


def uses_of(contract: Contract) -> list[ColumnUse]:
    """Every column the contract names, with what it feeds; a child sheet's as `repeat/column`."""
    feeds: dict[str, list[str]] = {}
    required: set[str] = set()
    others: dict[str, list[str]] = {}
    for name, spec in contract.fields.items():
        if spec.column:
            # In a long layout `item_type=TACT` means the rows of that type, and the column is `item_type`.
            column = spec.column.partition("=")[0] if contract.format.items else spec.column
            feeds.setdefault(column, []).append(f"fields.{name}")
            others.setdefault(column, []).extend(spec.columns[1:])
            required |= {column} if contract.must_have_column(name) else set()
    for column in contract.delivery.key_parts:
        if column != SHEET:
            feeds.setdefault(column, []).append("delivery.key")
            required.add(column)
    asked = [("consent", contract.consent.column)] if contract.consent and contract.consent.column else []
    asked += [("accept_if", one.column) for one in contract.accept_if if not one.optional_column]
    for where, column in asked:
        feeds.setdefault(column, []).append(where)
        required.add(column)
    if contract.delivery.newest_by:
        feeds.setdefault(contract.delivery.newest_by, []).append("delivery.newest_by")
    for name, linked in (contract.link.model_dump() if contract.link else {}).items():
        if linked:
            feeds.setdefault(linked, []).append(f"link.{name}")
    for column in contract.deny:
        feeds.setdefault(column, []).append("deny")
    return [
        ColumnUse(column, uses, column in required, others.get(column, [])) for column, uses in feeds.items()
    ]


def _read_before(last: Mapping[str, Any] | None) -> list[ColumnUse]:
    """The columns that the contract under which the last extract landed kept something of."""
    content = (last or {}).get("contract_content")
    try:
        uses = uses_of(Contract.of_content(content)) if content else []
    except ValueError:  # a contract as it was written for an earlier version of Njia
        return []
    return [use for use in uses if use.feeds != ["deny"]]


def name_likeness(one: str, other: str) -> float:
    """From 0 to 1: like letters, like words in another order, or other words for the same thing."""
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
    pairs = []
    for use in gone:
        for column in added:
            if _part(use.column) != _part(column):
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


def _by_name(profiles: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {same(column): profile for column, profile in profiles.items()}


def _part(column: str) -> int:
    """Columns of child sheets are written `repeat/column`; a rename never leaves its sheet's depth."""
    return column.count("/")


def _is_missed(contract: Contract, use: ColumnUse, had: set[str]) -> bool:
    if use.feeds == ["deny"]:
        return _is_there(use, had)
    names = [name.removeprefix("fields.") for name in use.feeds if name.startswith("fields.")]
    return not names or any(not contract.fields[name].optional_column for name in names)


def _is_there(use: ColumnUse, found: Iterable[str]) -> bool:
    """By any of its names, also as one 1/0 column a choice, `question/choice`."""
    wanted = [same(name) for name in use.names]
    return any(name in wanted or name.startswith(tuple(f"{one}/" for one in wanted)) for name in found)


def _is_named(key: str, named: set[str]) -> bool:
    return key in named or any(key.startswith(f"{name}/") for name in named)
