"""Why an extract is held: the first known breakage that explains nine tenths of what differs, or that none does.

A file a breakage, each with its test, its sentence and its question to the partner. Sentences hold counts, row
numbers and the partner's own column names, no value. The order puts the narrower cause first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from orchestration.core import Settings, as_text, say
from orchestration.gates.diagnosis import (
    code_list_changed,
    column_empty,
    column_sorted,
    columns_shifted,
    dates_cut,
    day_and_month,
    encoding,
    factor,
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
from orchestration.gates.landed import Landed
from orchestration.gates.submissions import in_order_of_receipt

if TYPE_CHECKING:
    from orchestration.gates.in_force import ExtractFate

BREAKAGES = (
    rival_file, heading_renamed, other_sheet, references_changed, day_and_month, wrong_year, numbers_as_text, factor,
    column_empty, columns_shifted, one_value, dates_cut, code_list_changed, encoding, column_sorted, rows_missing,
    rows_doubled,
)  # fmt: skip
NONE_KNOWN = "No known cause explains what differs: {changed} records sent before say something else{most}, {gone} are missing, {new} are new"
ASK_OPENLY = "What has changed in the form, the export or your work since the last file?"
NONE = "none_known"


def explain(held: HeldExtract) -> Explanation:
    """Return the first cause that explains what differs, or that none is known."""
    for breakage in BREAKAGES if held.before.values else ():
        if found := breakage.explain(held):
            return found
    fields = [one.field for one in held.changes]
    most = max(set(fields), key=lambda name: (fields.count(name), name), default="")
    given = {"changed": len({one.record_id for one in held.changes}), "gone": len(held.gone), "new": len(held.new)}
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
            if last and last.cause and (last.reason, last.finding) == (fate.reason, fate.finding):
                fate = replace(fate, cause=last.cause, cause_key=last.cause_key, question=last.question)
            else:
                cause = explain(held_beside_earlier(settings, register, fates, key, broken[key]))
                fate = replace(fate, cause=as_text(cause.sentence), cause_key=cause.key, question=cause.question)
        found.append(fate)
    return found


__all__ = ["BREAKAGES", "NONE", "Change", "Explanation", "HeldExtract", "explain", "held_beside_earlier", "with_causes"]
