"""Why an extract is held: the first known breakage that explains nine tenths of what differs, or none.

A file a breakage, each with its test, its sentence and its question to the partner. Sentences hold counts,
row numbers and the partner's own column names, no value. The order puts the narrower cause first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from expectations.checks import EXTRACT_CHECKS
from orchestration.core import Keys, Settings, as_text, listed, say
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
    older_copy,
    one_value,
    other_sheet,
    part_missing,
    references_moved,
    references_new,
    rival_file,
    rival_in_force,
    rows_doubled,
    wrong_year,
)
from orchestration.gates.diagnosis.held import Change, HeldExtract, read_held
from orchestration.gates.landed import Landed, landed_extracts
from orchestration.gates.submissions import in_order_of_receipt
from orchestration.intake import texts_of

if TYPE_CHECKING:
    from orchestration.gates.in_force import ExtractFate

BREAKAGES = (
    rival_file, heading_renamed, other_sheet, references_new, references_moved, day_and_month, wrong_year,
    numbers_as_text, factor, column_empty, columns_shifted, dates_cut, filter_left_on, one_value,
    rows_doubled, code_list_changed, encoding, column_sorted, older_copy, part_missing, rival_in_force,
)  # fmt: skip
NONE_KNOWN = "No known cause explains what differs: {differences}"
CHANGED = "{count} records sent before say something else, most of them in {column} (rows {rows})"
GONE = "{count} are missing (rows {rows} of the file before)"
NEW = "{count} are new (rows {rows})"
FIRST_FILE = "No cause is known: there is no earlier file to compare it with"
ASK_OPENLY = "What has changed in the form, the export or your work since the last file?"
MOST_ROWS = 3


class Explanation(NamedTuple):
    """A sentence with counts and row numbers, and a question to the partner.

    `key`: the name of the breakage; empty where none is known.
    """

    key: str
    sentence: str
    question: str


class Proof(NamedTuple):
    """One cell of a held extract, and what was sent before or would be read."""

    row: int
    column: str
    written: str
    read_as: str


def explain(held: HeldExtract) -> Explanation:
    """Return the first cause that explains what differs, or that none is known."""
    if not held.before.values:
        return Explanation("", say(FIRST_FILE), ASK_OPENLY)
    for breakage in BREAKAGES if held.now.values else ():
        if found := breakage.explain(held):
            given = {"count": len(found.ids), "of": found.of, "rows": held.row_numbers(found.ids)}
            sentence = say(found.sentence or breakage.SENTENCE, **given | found.given)
            return Explanation(_name(breakage), sentence, breakage.QUESTION)
    return Explanation("", say(NONE_KNOWN, differences=_differences(held)), ASK_OPENLY)


def _name(breakage: ModuleType) -> str:
    return breakage.__name__.rpartition(".")[2]


def _differences(held: HeldExtract) -> str:
    changed = Counter(one.field for one in held.changes)
    most_changed = max(changed, key=lambda name: (changed[name], name), default="")
    column = held.column(most_changed)
    parts = ((CHANGED, held.changed), (GONE, held.gone), (NEW, held.new))
    return listed(
        [say(text, count=len(ids), rows=held.row_numbers(ids), column=column) for text, ids in parts if ids]
    )


def with_causes(
    settings: Settings,
    register: Sequence[Landed],
    fates: Sequence["ExtractFate"],
    known: Mapping[tuple[str, str], "ExtractFate"],
    broken: Mapping[tuple[str, str], Iterable[str]],
) -> list["ExtractFate"]:
    """Return the fates with the cause of each held extract; a partner's are kept while all are as known.

    `broken`: the measures that hold each extract.
    """

    def of(partner: str, all_fates: Iterable["ExtractFate"]) -> list["ExtractFate"]:
        return [
            replace(one, cause="", cause_key="", question="") for one in all_fates if one.partner == partner
        ]

    found, is_as_known = [], dict[str, bool]()
    for fate in fates:
        key = (fate.partner, fate.extract_id)
        checks = (EXTRACT_CHECKS.get(name) for name in fate.held_by)
        if not fate.is_over and any(check and not check.says_its_cause for check in checks):
            if fate.partner not in is_as_known:
                is_as_known[fate.partner] = of(fate.partner, known.values()) == of(fate.partner, fates)
            if is_as_known[fate.partner] and known[key].cause:
                fate = known[key]
            else:
                cause = explain(_beside_earlier(settings, register, fates, key, broken[key]))
                said = as_text(cause.sentence)
                fate = replace(fate, cause=said, cause_key=cause.key, question=cause.question)
        found.append(fate)
    return found


def _beside_earlier(
    settings: Settings, register: Sequence[Landed], fates: Iterable["ExtractFate"], key: tuple[str, str],
    broken: Iterable[str] = (),
) -> HeldExtract:  # fmt: skip
    """Read a held extract, those in force that came before it under its contract, and others that wait."""
    in_force = {(fate.partner, fate.extract_id) for fate in fates if fate.fate == "in_force"}
    waiting = {(fate.partner, fate.extract_id) for fate in fates if fate.fate == "held" and not fate.is_over}
    ordered = [register[at] for at in in_order_of_receipt(register) if register[at].partner == key[0]]
    asked = next(landed for landed in ordered if landed.key == key)
    earlier = ordered[: ordered.index(asked)]
    before = [one for one in earlier if one.contract == asked.contract and one.key in in_force]
    rivals = [one for one in ordered if one.key in waiting - {key}]
    return read_held(settings, asked, before, rivals, frozenset(broken))


def proof(
    settings: Settings, fates: Iterable["ExtractFate"], partner: str, extract_id: str, keys: Keys
) -> list[Proof]:
    """Return rows of a held extract that show its cause, as sent: for signed-in stewards, never stored.

    Where no cause is known they show what differs; where the extracts have changed since, there are none.
    """
    register = [one for one in landed_extracts(settings) if one.partner == partner]
    [key] = [one.cause_key for one in fates if (one.partner, one.extract_id) == (partner, extract_id)]
    held = _beside_earlier(settings, register, fates, (partner, extract_id))
    changes: Sequence[Change] = held.changes
    if key:
        found = next((one.explain(held) for one in BREAKAGES if _name(one) == key), None)
        changes = found.changes if found else ()
    texts: dict[str, str] = {}
    for landed in register:
        texts |= texts_of(settings.landing / partner / f"{landed.extract_id}.parquet", keys)

    def as_sent(value: str) -> str:
        return " | ".join(texts.get(part, part) for part in value.split(" | "))

    first = {one.record_id: one for one in reversed(changes)}
    in_order = sorted(first.values(), key=lambda one: held.now.rows[one.record_id])
    return [
        Proof(held.now.rows[one.record_id][0], held.column(one.field), as_sent(one.now), as_sent(one.was))
        for one in in_order[:MOST_ROWS]
    ]


__all__ = ["BREAKAGES", "Explanation", "HeldExtract", "Proof", "explain", "proof", "with_causes"]
