"""What became of a file, and the two ways in which it may not land."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from orchestration.core import NjiaError

Outcome = Literal["landed", "held", "already_landed", "unreadable"]


@dataclass(frozen=True)
class TakenExtract:
    """One file of the inbox after a refresh took it in, or did not.

    `reason` is a sentence for stewards. For partners there are words by `code` (`seeds/reference`), beside
    the `columns` that the reason names, as the partner calls them.
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
    """A file that does not land; it stays in the inbox. `columns` are those the sentence names."""

    def __init__(self, code: str, sentence: str, columns: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.columns = tuple(columns)
        # What changed in the columns, where the header was read (see `drift`).
        self.drift: dict[str, Any] | None = None


class ExtractUnreadable(ExtractStopped):
    """The bytes cannot be read at all."""


class ExtractHeld(ExtractStopped):
    """The file can be read, but not by its contract."""
