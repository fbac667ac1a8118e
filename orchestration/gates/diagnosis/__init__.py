"""Why an extract is held: the first known breakage that explains nine tenths of what differs, or that none does.

A file a breakage, each with its test, its sentence and its question to the partner. Sentences hold counts, row
numbers and the partner's own column names, no value. The order puts the narrower cause first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from orchestration.core import Keys, Settings, as_text, of_text, say
from orchestration.gates.diagnosis import (
    code_list_changed,
    column_empty,
    column_sorted,
    columns_shifted,
    dates_cut,
    day_and_month,
    encoding,
    factor,
    filter_left_on,
    heading_renamed,
    numbers_as_text,
    one_value,
    other_sheet,
    references_changed,
    rival_file,
    rows_doubled,
    rows_missing,
    wrong_year,
)
from orchestration.gates.diagnosis.held import Change, Explanation, HeldExtract, read_held
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.submissions import in_order_of_receipt
from orchestration.intake import texts_of

if TYPE_CHECKING:
    from orchestration.gates.in_force import ExtractFate

BREAKAGES = (
    rival_file, heading_renamed, other_sheet, references_changed, day_and_month, wrong_year, numbers_as_text, factor,
    column_empty, columns_shifted, dates_cut, filter_left_on, one_value, rows_doubled, code_list_changed, encoding,
    column_sorted, rows_missing,
)  # fmt: skip
NONE_KNOWN = "No known cause explains what differs: {changed} records sent before say something else{most}, {gone} are missing, {new} are new"
ASK_OPENLY = "What has changed in the form, the export or your work since the last file?"
NONE = "none_known"
MOST_ROWS = 3


class Proof(NamedTuple):
    """One cell: what was sent before, and what the held extract says."""

    row: int
    column: str
    was: str
    now: str


def explain(held: HeldExtract) -> Explanation:
    """Return the first cause that explains what differs, or that none is known."""
    for breakage in BREAKAGES if held.before.values else ():
        if found := breakage.explain(held):
            return found
    fields = [one.field for one in held.changes]
    most = max(set(fields), key=lambda name: (fields.count(name), name), default="")
    given = {
        "changed": len({one.record_id for one in held.changes}),
        "gone": len(held.gone),
        "new": len(held.new),
    }
    given_most = say(", most of them in {column}", column=held.column(most)) if most else ""
    return Explanation(NONE, say(NONE_KNOWN, most=given_most, **given), ASK_OPENLY, 0.0, tuple(held.changes))


def held_beside_earlier(
    settings: Settings, register: Sequence[Landed], fates: Iterable["ExtractFate"], key: tuple[str, str],
    broken: Iterable[str] = (),
) -> HeldExtract:  # fmt: skip
    """Read a held extract and those in force that came before it under its contract."""
    in_force = {(fate.partner, fate.extract_id) for fate in fates if fate.fate == "in_force"}
    ordered = [register[at] for at in in_order_of_receipt(register) if register[at].partner == key[0]]
    asked = next(landed for landed in ordered if landed.key == key)
    earlier = ordered[: ordered.index(asked)]
    before = [one for one in earlier if one.contract == asked.contract and one.key in in_force]
    return read_held(settings, asked, before, frozenset(broken))


def with_causes(
    settings: Settings,
    register: Sequence[Landed],
    fates: Sequence["ExtractFate"],
    known: Mapping[tuple[str, str], "ExtractFate"],
    broken: Mapping[tuple[str, str], Iterable[str]],
) -> list["ExtractFate"]:
    """Return the fates with the cause of each extract that is held; one that is held as before keeps its own."""
    found = []
    for fate in fates:
        key = (fate.partner, fate.extract_id)
        if fate.fate == "held" and not fate.is_over and key in broken:
            last = known.get(key)
            if last and last.cause and (last.reason, last.finding) == (fate.reason, _with(last.cause, fate)):
                fate = last
            else:
                cause = explain(held_beside_earlier(settings, register, fates, key, broken[key]))
                said = as_text(cause.sentence)
                fate = replace(
                    fate, finding=_with(said, fate), cause=said, cause_key=cause.key, question=cause.question
                )
        found.append(fate)
    return found


def _with(cause: str, fate: "ExtractFate") -> str:
    return f"{of_text(cause)}. {fate.finding}".rstrip()


def proof(
    settings: Settings, fates: Iterable["ExtractFate"], partner: str, extract_id: str, keys: Keys
) -> list[Proof]:
    """Return rows of a held extract that show its cause, as sent: for signed-in stewards, never stored."""
    register = [one for one in landed_extracts(settings) if one.partner == partner]
    held = held_beside_earlier(settings, register, fates, (partner, extract_id))
    texts: dict[str, str] = {}
    for landed in register:
        texts |= texts_of(settings.landing / partner / f"{landed.extract_id}.parquet", keys)
    shown = {one.record_id: one for one in reversed(explain(held).changes)}

    def as_sent(value: str) -> str:
        return " | ".join(texts.get(part, part) for part in value.split(" | "))

    return [
        Proof(held.now.rows[one.record_id][0], held.column(one.field), as_sent(one.was), as_sent(one.now))
        for one in list(shown.values())[-MOST_ROWS:][::-1]
    ]


__all__ = [
    "BREAKAGES",
    "NONE",
    "Change",
    "Explanation",
    "HeldExtract",
    "Proof",
    "explain",
    "proof",
    "with_causes",
]
