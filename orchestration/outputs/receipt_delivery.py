"""What became of the files of one delivery, in the partner's words.

Columns by the names they may be shown by (`shown_names`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from orchestration.extracts import TakenExtract
from orchestration.outputs import receipt_words
from orchestration.outputs.receipt_words import Words

_BECAME = {
    "landed": "read",
    "already_landed": "we have it already: nothing to do",
    "held": "waits",
    "unreadable": "could not be read",
}


@dataclass(frozen=True)
class Delivered:
    """One file of this refresh; `why` and `columns` say why it was not taken."""

    taken: TakenExtract
    why: Words | None
    columns: str

    @property
    def file(self) -> str:
        return self.taken.file

    @property
    def became(self) -> str:
        return _BECAME[self.taken.outcome]


def delivery(taken: Collection[TakenExtract], partner: str) -> list[Delivered]:
    """The partner's files, in the order in which they were taken in."""
    return [_delivered(extract) for extract in taken if extract.partner == partner]


def _delivered(extract: TakenExtract) -> Delivered:
    why = receipt_words.file_not_taken(extract.code) if extract.code else None
    return Delivered(extract, why, ", ".join(extract.columns))
