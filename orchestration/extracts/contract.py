"""The contract: how to read a partner's extracts, and under which agreement.

Belongs here: what holds a contract together and what follows from it alone. Its parts are
`contract_terms`, `contract_format` and `contract_fields`; reading YAML and wording faults is
`contract_loading`.
"""

from __future__ import annotations

import hashlib
import json
from fnmatch import fnmatch
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from orchestration.extracts.contract_fields import (
    CANONICAL_FIELDS,
    FieldSpec,
    Strict,
    Text,
    place_parts,
)
from orchestration.extracts.contract_format import CsvFormat, Repeat, XlsxFormat
from orchestration.extracts.contract_terms import (
    SHEET,
    AcceptIf,
    Agreement,
    Consent,
    Coverage,
    DeclaredExtract,
    Delivery,
    Link,
    Locale,
    Partner,
    Period,
)

LONGEST_TEXT = 60
# Raised when the same file lands differently by the same contract: what is sent again is then read again.
READER = 2
_READING_OF_A_FIELD = {"column", "split", "select_multiple", "from_", "at"}


class Contract(Strict):
    contract: str = Field(pattern=r"^[a-z][a-z0-9_]{1,60}$", description="Unique in the partner's folder.")
    version: int = Field(ge=1)
    partner: Partner
    grain: Literal["case", "route_report", "interception", "flow_count"]
    files: Text = Field("*", description="Which file names this contract reads.")
    agreement: Agreement
    consent: Consent | None = None
    coverage: list[Coverage] = Field(default_factory=list)
    delivery: Delivery
    extracts: list[DeclaredExtract] = Field(default_factory=list)
    period: Period | None = Field(None, description="The period of every file no `extracts` entry matches.")
    format: Annotated[XlsxFormat | CsvFormat, Field(discriminator="kind")]
    locale: Locale = Field(default_factory=lambda: Locale.model_validate({}))
    accept_if: AcceptIf | None = None
    fields: dict[str, FieldSpec] = Field(min_length=1)
    deny: list[Text] = Field(default_factory=list, description="Columns known and never kept.")
    link: Link | None = None

    @field_validator("fields")
    @classmethod
    def _known_fields(cls, fields: dict[str, FieldSpec]) -> dict[str, FieldSpec]:
        for name, spec in fields.items():
            if name not in CANONICAL_FIELDS:
                raise ValueError(f"UNKNOWN_FIELD:{name}")
            if spec.from_ and name != "age_band":
                raise ValueError(f"{name}: `from` only goes with age_band")
            if name.endswith(".list") and not spec.split:
                raise ValueError(f'{name}: a list needs `split`, the separators between places, e.g. [">"]')
        return fields

    @model_validator(mode="after")
    def _holds_together(self) -> Contract:
        if self.consent is None and self.grain in ("case", "interception"):
            raise ValueError(
                f"grain {self.grain} needs `consent`: {{column: …, values: …}} or "
                "{basis: agreement, reference: …}"
            )
        kept = {spec.column for spec in self.fields.values() if spec.column}
        for column in self.deny:
            if column in kept:
                raise ValueError(
                    f"column {column!r} is both mapped under fields and denied; keep one of them"
                )
        for name, repeat in self.repeats.items():
            if not repeat.matches and (len(self.delivery.key_parts) != 1 or SHEET in self.delivery.key_parts):
                raise ValueError(
                    f"format.repeats.{name} needs `matches`, the main column that {repeat.parent!r} repeats, "
                    "because delivery.key is not a single column"
                )
        if not any(place_parts(name) for name in self.fields):
            raise ValueError("no place is mapped; map at least one, e.g. place(origin).place_text")
        dated = "event_on" in self.fields or self.period or self.extracts
        if not dated and not (isinstance(self.format, XlsxFormat) and self.format.has_sheet_months):
            raise ValueError(
                "nothing dates a record: map event_on, declare a period under extracts, or use sheet_month"
            )
        return self

    @property
    def repeats(self) -> dict[str, Repeat]:
        return self.format.repeats if isinstance(self.format, XlsxFormat) else {}

    def part_of(self, spec: FieldSpec) -> tuple[str, str]:
        """Where a field stands: (`''` for the main rows or the repeat's name, column in that sheet)."""
        column = spec.column or ""
        if spec.repeat in self.repeats:
            return spec.repeat or "", column.split("/", 1)[1]
        return "", column

    def must_have_column(self, name: str) -> bool:
        """Whether a file without this field's column is held: `required`, or unsaid for dates and places."""
        spec = self.fields[name]
        if spec.column is None or spec.optional_column:
            return False
        if spec.required is not None:
            return spec.required
        return name == "event_on" or place_parts(name) is not None

    def reads(self, file_name: str) -> bool:
        return fnmatch(file_name.casefold(), self.files.casefold())

    def period_of(self, file_name: str) -> Period | None:
        """The period a file declares: the first `extracts` entry that matches, else `period`."""
        for declared in self.extracts:
            if fnmatch(file_name.casefold(), declared.match.casefold()):
                return declared.period
        return self.period

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
            | {"deny", "link"},
        )
        parts["reader"] = READER
        parts["key"] = self.delivery.key_parts
        parts["dates"] = self.locale.dates
        parts["fields"] = {
            name: spec.model_dump(mode="json", include=_READING_OF_A_FIELD)
            for name, spec in self.fields.items()
            if spec.column
        }
        # A long cell lands only where the contract lists it as a label.
        parts["labels"] = sorted(
            {label for spec in self.fields.values() for label in spec.values if len(label) > LONGEST_TEXT}
        )
        return _hash(parts)

    @property
    def typing_hash(self) -> str:
        """Changes when the same landed values could type differently."""
        parts = self.model_dump(mode="json", include={"fields", "locale", "grain", "period", "extracts"})
        parts["delivery"] = self.delivery.model_dump(mode="json", include={"newest_by", "key", "mode"})
        parts["format"] = self.format.model_dump(mode="json")
        return _hash(parts)


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


__all__ = ["Contract", "FieldSpec", "Locale", "Period"]
