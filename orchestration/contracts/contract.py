"""The contract: how to read a partner's extracts, and under which agreement.

Belongs here: what follows from a whole contract. What its file says is `entries`; whether that hangs together
is `checks`; reading YAML and wording faults is `loading`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import model_validator

from orchestration.contracts.checks import refuse_contradictions
from orchestration.contracts.entries import Entries
from orchestration.contracts.fields import FieldSpec
from orchestration.contracts.terms import Locale, Period
from orchestration.linkage import CODES_VERSION

LONGEST_TEXT = 60
# Raised when the same file lands differently by the same contract: what is sent again is then read again.
READER = 4
_READING_OF_A_FIELD = {
    "names",
    "compare_with",
    "flags_with_prefix",
    "split",
    "select_multiple",
    "from_",
    "at",
}


class Contract(Entries):
    @model_validator(mode="after")
    def _hangs_together(self) -> Contract:
        refuse_contradictions(self)
        return self

    def record_ref(self, reference: str) -> str:
        """What a record is known by at its partner: two contracts may count from 1 each."""
        return f"{self.contract}|{reference}"

    @property
    def content(self) -> dict[str, Any]:
        """The contract as validated, with every default spelled out: what landing keeps.

        Not the steward's address: it stands in the contract's file and nowhere else.
        """
        return self.model_dump(mode="json", by_alias=True, exclude={"partner": {"steward"}})

    @classmethod
    def of_content(cls, content: dict[str, Any]) -> Contract:
        """The contract that landing kept, when its file is gone."""
        return cls.model_validate({**content, "partner": {**content["partner"], "steward": "not kept"}})

    @property
    def contract_hash(self) -> str:
        return _hash(self.content)

    @property
    def reading_hash(self) -> str:
        """Changes when, and only when, the same file could land differently."""
        parts = self.model_dump(
            mode="json",
            include={"contract", "grain", "files", "consent", "extracts", "period", "format", "accept_if"}
            | {"deny", "link", "withdrawn"},
        )
        parts["reader"] = READER
        parts["link_codes"] = CODES_VERSION if self.link else None
        parts["key"] = self.delivery.key_parts
        parts["dates"] = self.locale.dates
        parts["fields"] = {
            name: spec.model_dump(mode="json", include=_READING_OF_A_FIELD)
            for name, spec in self.fields.items()
            if spec.is_read
        }
        if "purpose" in self.fields:  # what is given for another purpose does not land
            parts["purpose"] = self.fields["purpose"].model_dump(mode="json")
        if self.delivery.person_rows:  # whose row is withheld
            parts["persons"] = sorted(self.constant_fields)
        # A long cell lands only where the contract lists it as a label.
        parts["labels"] = sorted(
            {label for spec in self.fields.values() for label in spec.values if len(label) > LONGEST_TEXT}
        )
        return _hash(parts)

    @property
    def typing_hash(self) -> str:
        """Changes when the same landed values could type differently."""
        parts = self.model_dump(
            mode="json", include={"fields", "locale", "grain", "period", "extracts", "constant_within_key"}
        )
        parts["delivery"] = self.delivery.model_dump(
            mode="json", include={"newest_by", "key", "mode", "person_rows"}
        )
        parts["format"] = self.format.model_dump(mode="json")
        return _hash(parts)


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


__all__ = ["Contract", "FieldSpec", "Locale", "Period"]
