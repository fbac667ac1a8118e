"""Replace the id that a form server gave a submission by a keyed code, which is the same for every partner.

The partner's code is no part of it: two partners that send one form's submissions are found by equal codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from orchestration.contracts import Contract
from orchestration.core import Keys
from orchestration.intake.minimising.minimise import DERIVED
from orchestration.intake.reading.block import Block, Flags
from orchestration.intake.records.rename import ColumnPlan
from orchestration.intake.records.slots import Slot

# The landed field of the code, 16 hex digits. No contract can map a column to it.
SUBMISSION_KEY = "submission_key"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NIL = "00000000-0000-0000-0000-000000000000"  # written where there is no id


class SubmissionKeys:
    """Makes the codes of one contract's submissions."""

    def __init__(self, contract: Contract, keys: Keys) -> None:
        self._keys = keys
        self._form = contract.submission_id.form_name if contract.submission_id else None

    def slots(self, plan: ColumnPlan, block: Block, rows: Flags) -> Iterator[Slot]:
        """Yield the codes of some rows, by the first filled column: a slot for each column with ids."""
        for at in plan.submission_ids:
            column = block.column(at)
            if column is None:
                continue
            codes = [self.code(text) for text in column.texts]
            is_code = np.array([code is not None for code in codes], bool)
            values = pa.array([code or "" for code in codes], pa.string())
            kinds = [DERIVED] * len(codes)
            yield Slot(SUBMISSION_KEY, column.by_row(is_code) & rows, values, column.codes, kinds)
            rows = rows & ~column.filled

    def code(self, text: str) -> str | None:
        """Return the code of an id; None where it is no UUID and the contract names no server and form."""
        own = text.strip().casefold().removeprefix("uuid:")
        if own == _NIL:
            return None
        if _UUID.fullmatch(own):
            return self._keys.submission_code(own)
        return self._keys.submission_code(self._form, own) if self._form and own else None
