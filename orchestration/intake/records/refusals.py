"""Which rows of a block do not land, and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from orchestration.intake.reading.block import Flags


class Refusals:
    """A reason for each refused row of a block; the first reason given stays."""

    def __init__(self, rows: int) -> None:
        self._codes = np.zeros(rows, np.uint8)
        self._reasons: list[str] = []

    @property
    def stay(self) -> Flags:
        """By row: whether nothing refuses it."""
        rows: Flags = self._codes == 0
        return rows

    def refuse(self, reason: str, rows: Flags) -> None:
        """Refuse rows, apart from those refused before."""
        rows = rows & self.stay
        if not rows.any():
            return
        if reason not in self._reasons:
            self._reasons.append(reason)
        self._codes[rows] = self._reasons.index(reason) + 1

    def by_reason(self) -> Iterator[tuple[str, Flags]]:
        """Yield each reason with its rows."""
        for code, reason in enumerate(self._reasons, start=1):
            yield reason, self._codes == code

    def list(self) -> list[str | None]:
        """Return the reason of every row."""
        names: npt.NDArray[np.object_] = np.array([None, *self._reasons], object)
        reasons: list[str | None] = names[self._codes].tolist()
        return reasons
