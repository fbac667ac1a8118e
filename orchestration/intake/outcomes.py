"""The outcome of taking a file, and the errors that keep it from landing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from orchestration.core import NjiaError

Outcome = Literal["landed", "held", "already_landed", "unreadable"]


@dataclass(frozen=True)
class TakenExtract:
    """One file of the inbox after a refresh took it, or could not.

    `reason` is a sentence for stewards. Receipts for partners use the text of `code` in `seeds/reference`,
    and `columns`, the columns that the reason names, by the partner's names.
    """

    partner: str
    file: str
    outcome: Outcome
    extract_id: str | None = None
    rows_read: int = 0
    rows_landed: int = 0
    rows_refused: int = 0
    reason: str | None = None
    drift: dict[str, Any] | None = None
    code: str | None = None
    columns: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class ExtractStopped(NjiaError):
    """A file does not land and stays in the inbox. `columns` are those that the sentence names."""

    def __init__(self, code: str, sentence: str, columns: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.columns = tuple(columns)
        # Changes in the columns, if the header was read (see `drift`).
        self.drift: dict[str, Any] | None = None


class ExtractUnreadable(ExtractStopped):
    """The bytes cannot be read at all."""


class ExtractHeld(ExtractStopped):
    """The file can be read, but not by its contract."""
