"""Find new codes: spellings of closed lists that neither the contract nor Njia's lists know."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from orchestration.contracts import (
    MANY_CODES,
    SINGLE_CODES,
    CodeReader,
    Contract,
    FieldSpec,
    Vocabulary,
    tidy,
)
from orchestration.intake.shown_names import may_be_shown, names_somebody

_UNMAPPED = "unk:code_unmapped"
_FLAG = "flag"
_SEPARATORS = (";", ",", "/", "&", "+", "|")


@dataclass(frozen=True)
class NewCodes:
    """Unknown spellings of one field: their number, the records that use them, and all records that answered.

    `shown` maps each spelling that may be shown to its records, `hidden` each other one: no list holds it.
    """

    field: str
    column: str
    spellings: int
    records: int
    answered: int
    shown: dict[str, int]
    hidden: dict[str, int]

    @property
    def share(self) -> float:
        return self.records / self.answered if self.answered else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the content of a list: without the hidden spellings."""
        listed = {name: value for name, value in asdict(self).items() if name != "hidden"}
        return listed | {"share": round(self.share, 4), "not_shown": len(self.hidden)}


def coded_fields(contract: Contract) -> dict[str, FieldSpec]:
    return {
        name: spec
        for name, spec in contract.fields.items()
        if spec.column and (name in (*SINGLE_CODES, *MANY_CODES) or name.endswith(".transport_mode"))
    }


def find_new_codes(
    contract: Contract, cells: Iterable[tuple[int, str, str, str]], vocabulary: Vocabulary
) -> list[NewCodes]:
    """Find new codes in landed `cells` (record id, field, value, kind)."""
    specs = coded_fields(contract)
    records: dict[str, dict[tuple[str, str], set[int]]] = {name: defaultdict(set) for name in specs}
    for record_id, name, value, kind in cells:
        if name in records:
            records[name][value, kind].add(record_id)
    readers = readers_of(contract, vocabulary)
    by_field = [_of_field(name, spec, records[name], readers[name]) for name, spec in specs.items()]
    return [codes for codes in by_field if codes is not None]


def _of_field(
    name: str, spec: FieldSpec, values: dict[tuple[str, str], set[int]], reader: CodeReader
) -> NewCodes | None:
    unknown: dict[str, set[int]] = defaultdict(set)
    choices = {tidy(value) for value, kind in values if kind == _FLAG and tidy(value)}
    for (value, kind), owners in values.items():
        if not is_unlisted(name, reader, value, kind):
            continue
        parts = [tidy(value)] if kind == _FLAG else _answers(value, spec, choices)
        unread = [part for part in parts if is_unlisted(name, reader, part, "text")]
        for spelling in unread or [tidy(value)]:
            unknown[spelling] |= owners
    if not unknown:
        return None
    by_records = {
        spelling: len(owners)
        for spelling, owners in sorted(unknown.items(), key=lambda item: (-len(item[1]), item[0]))
    }
    shown = {
        spelling: count
        for spelling, count in by_records.items()
        if may_be_shown(spelling, count, len(unknown)) or is_shown_choice(spelling, choices)
    }
    return NewCodes(
        field=name,
        column=str(spec.column),
        spellings=len(unknown),
        records=len(set().union(*unknown.values())),
        answered=len(set().union(*values.values())),
        shown=shown,
        hidden={spelling: count for spelling, count in by_records.items() if spelling not in shown},
    )


def is_unlisted(name: str, reader: CodeReader, value: str, kind: str) -> bool:
    """Return whether an answer, or a part of it, is in no list that the field is read by."""
    read = reader.read_one if name in SINGLE_CODES else reader.read_many
    return _UNMAPPED in read(value, kind).problems


def is_shown_choice(spelling: str, choices: Collection[str]) -> bool:
    """Return whether a spelling is a choice with its own column, which is shown like a column name."""
    return spelling in choices and not names_somebody(spelling)


def _answers(value: str, spec: FieldSpec, choices: Collection[str]) -> list[str]:
    """Split a cell with several answers: choices that have a column first, then the rest by separators."""
    marks = [*(spec.split or _SEPARATORS), *([" "] if spec.select_multiple else [])]
    labels = sorted((re.escape(choice) for choice in choices), key=len, reverse=True)
    rest, answers = value, []
    if labels:
        whole = re.compile(rf"(?<!\w)(?:{'|'.join(labels)})(?!\w)")
        answers = whole.findall(value)
        rest = whole.sub(lambda _: marks[-1], value)
    parts = re.split("|".join(re.escape(mark) for mark in marks), rest)
    return [*answers, *(tidy(part) for part in parts if tidy(part))]


def readers_of(contract: Contract, vocabulary: Vocabulary) -> dict[str, CodeReader]:
    return {
        name: CodeReader.of_field(name, spec, vocabulary, contract.locale.languages)
        for name, spec in coded_fields(contract).items()
    }
