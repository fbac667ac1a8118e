"""What differs between an extract and what its partner sent before: months and values, counted on request.

The extract gate stores only its measures. These counts are made anew from the typed tables, for stewards, who
hold the records; nothing of them is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orchestration.core import Settings, load_keys
from orchestration.gates.compared_records import COMPARED_TABLES, FIELDS, AllRecords, Records, read_records
from orchestration.gates.diagnosis import Proof, proof
from orchestration.gates.extract_comparison import History
from orchestration.gates.in_force import read_fates
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.submissions import in_order_of_receipt
from orchestration.gates.verdicts import read_profiles, read_verdicts
from orchestration.places import place_names
from orchestration.typing import open_views

# Measure, text that names its field; whether it is of new records, and of those alone that state the field.
_MEASURES = (
    ("changed_share", "changed_field", False, False),
    ("stated_beyond_usual", "stated_field", True, False),
    ("moved_beyond_usual", "moved_field", True, True),
    ("values_gone", "gone_field", True, True),
)
MOST_VALUES, MOST_MONTHS, NEWEST_MONTHS = 12, 24, 12


@dataclass(frozen=True)
class Count:
    """Records that have a value, before and now."""

    value: str
    before: int
    now: int


@dataclass(frozen=True)
class FieldDifference:
    """The values of one field, largest difference first. `of_new`: of new records beside all earlier ones,
    else of records that were sent again. `before`, `now`: how many records these are.
    """

    field: str
    of_new: bool
    before: int
    now: int
    values: tuple[Count, ...]

    @property
    def label(self) -> str:
        return FIELDS[self.field].label


@dataclass(frozen=True)
class Differences:
    """Months of an extract beside those before it, and the fields that failed a check.

    `rows_before`: of the last extract that came in the same way; None where there is none. `is_full`:
    `months` are beside those of the extract that it replaces, else beside all that was sent before.
    `proof`: cells as sent, that show the cause of a held one.
    """

    rows_before: int | None
    is_full: bool
    months: tuple[Count, ...]
    fields: tuple[FieldDifference, ...]
    proof: tuple[Proof, ...] = ()


def differences(settings: Settings, partner: str, extract_id: str) -> Differences | None:
    """Compare an extract with those in force that came before it; None where it is not typed."""
    profiles = {(row["partner"], row["extract_id"]): row for row in read_profiles(settings)}
    profile = profiles.get((partner, extract_id))
    register = [landed for landed in landed_extracts(settings) if landed.partner == partner]
    ordered = [register[at] for at in in_order_of_receipt(register)]
    asked = next((landed for landed in ordered if landed.extract_id == extract_id), None)
    if profile is None or asked is None:
        return None
    fates = read_fates(settings)
    in_force = {key for key, fate in fates.items() if fate.fate == "in_force"}
    is_held = (partner, extract_id) in fates and bool(fates[partner, extract_id].cause)
    before = [
        landed
        for landed in ordered[: ordered.index(asked)]
        if landed.contract == asked.contract and landed.key in in_force
    ]
    months: tuple[Count, ...] = ()
    fields: tuple[FieldDifference, ...] = ()
    ids = [landed.extract_id for landed in (*before, asked)]
    with open_views(settings, *COMPARED_TABLES, extract_ids=ids) as con:
        sent = read_records(con, place_names())
    history = History(sent.values)
    earlier = [landed for landed in before if landed.key in sent.of_extracts]
    for landed in earlier:
        history.add(sent.of_extracts[landed.key], {})
    if earlier and asked.key in sent.of_extracts:
        months = tuple(_months(sent, earlier, asked, history))
        fields = tuple(_fields(settings, sent, profile, history))
    rows_before = profile["rows_last_time"]
    return Differences(
        None if rows_before is None else int(rows_before),
        asked.is_full,
        months,
        fields,
        tuple(proof(settings, fates.values(), partner, extract_id, load_keys(settings))) if is_held else (),
    )


def _months(sent: AllRecords, earlier: Sequence[Landed], asked: Landed, history: History) -> list[Count]:
    """Return the newest months and those that differ, newest first.

    They are beside those of the extract that a full one replaces, else beside all that was sent before.
    """
    now = sent.of_extracts[asked.key]
    before, *_ = history.beside(now)
    for landed in earlier:
        if asked.is_full and landed.is_full and landed.declared_period == asked.declared_period:
            before = sent.of_extracts[landed.key]  # the last of them
    counts = sorted(_counts(sent, "month", before, now, of_stated=True), key=lambda one: one.value)
    newest_first = enumerate(reversed(counts))
    return [one for at, one in newest_first if at < NEWEST_MONTHS or one.before != one.now][:MOST_MONTHS]


def _fields(
    settings: Settings, sent: AllRecords, profile: Mapping[str, Any], history: History
) -> Iterator[FieldDifference]:
    """Yield the fields that broke a limit, each once."""
    key = profile["partner"], profile["extract_id"]
    broken = {
        column
        for verdict in read_verdicts(settings).verdicts
        if (verdict.partner, verdict.extract_id) == key
        for column in verdict.broken
    }
    old, before, now, new = history.beside(sent.of_extracts[key])
    named: set[tuple[str, bool]] = set()
    for measure, text, of_new, of_stated in _MEASURES:
        field = profile[text]
        if measure in broken and (field, of_new) not in named:
            named.add((field, of_new))
            counts = _counts(sent, field, *((old, new) if of_new else (before, now)), of_stated)
            yield _difference(field, of_new, counts)


def _difference(field: str, of_new: bool, counts: Sequence[Count]) -> FieldDifference:
    before, now = sum(one.before for one in counts), sum(one.now for one in counts)

    def by_difference(one: Count) -> tuple[float, str]:
        return -round(abs(one.now / max(now, 1) - one.before / max(before, 1)), 9), one.value

    return FieldDifference(field, of_new, before, now, tuple(sorted(counts, key=by_difference)[:MOST_VALUES]))


def _counts(sent: AllRecords, field: str, before: Records, now: Records, of_stated: bool) -> list[Count]:
    """Count the values of a field, without those that nobody has; `of_stated`: without what is not stated."""
    values = sent.values[field]
    counts = (np.bincount(part.of_field(field), minlength=len(values)).tolist() for part in (before, now))
    rows = list(zip(values, *counts, strict=True))[1 if of_stated else 0 :]
    return [Count(*row) for row in rows if any(row[1:])]
