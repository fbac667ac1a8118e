"""The canonical fields a contract may fill, and how one field is read from a partner's column.

Does not belong here: codes (seeds/reference) and how a value becomes typed (the type step).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DATES = ("event_on", "submitted_at", "embargo_until")
COUNTS = ("person_count",)
AGES = ("age_band",)
SINGLE_CODES = (
    "sex",
    "trafficking_status",
    "exploitation_state",
    "entry_process",
    "recruiter_relation",
    "documents",
    "border_point_kind",
    "freedom",
    "referral_source",
    "consent_state",
    "decided_by",
    "data_source",
    "event_kind",
    "movement_scope",
)
MANY_CODES = (
    "nationality",
    "exploitation_type",
    "sexual_form",
    "industry",
    "means_of_control",
    "means",
    "act",
    "recruitment_method",
    "transport_mode",
    "companion",
    "purpose",
)
ROLES = ("origin", "transit", "intended_destination", "exploitation", "recruitment", "observation")
PLACE_PARTS = ("place_text", "admin_text", "country_text", "list", "transport_mode")
CANONICAL_FIELDS = (
    *DATES,
    *COUNTS,
    *AGES,
    *SINGLE_CODES,
    *MANY_CODES,
    *(f"place({role}).{part}" for role in ROLES for part in PLACE_PARTS),
)
_PLACE = re.compile(r"place\((?P<role>\w+)\)\.(?P<part>\w+)")


def place_parts(field: str) -> tuple[str, str] | None:
    """`place(origin).place_text` → (`origin`, `place_text`); None for a field that is no place."""
    found = _PLACE.fullmatch(field)
    return (found["role"], found["part"]) if found else None


def _as_text(value: Any) -> Any:
    """A bare 99 or 1.5 in YAML means its text; a bare true or false stays, and is refused with a hint."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]


class Strict(BaseModel):
    """A part of a contract: unknown keys are refused, so that a misspelt key is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldSpec(Strict):
    """How one canonical field is read. `Column` alone is short for `{column: Column}`."""

    column: Text | None = Field(None, description="The partner's column; `repeat/column` for a child sheet.")
    required: bool | None = Field(None, description="An unreadable value sets the row aside.")
    optional_column: bool = Field(False, description="The column may be absent from a file.")
    values: dict[Text, Text] = Field(
        default_factory=dict, description="The partner's spelling → our code; capitals do not matter."
    )
    crosswalk: Text | None = Field(
        None, description="A code system of seeds/reference/crosswalk.csv, e.g. htcds2."
    )
    words: Text | None = Field(None, description="A word list of seeds/reference/code_words.csv.")
    split: list[Text] = Field(
        default_factory=list, description="Separators between several values in one cell."
    )
    direct: list[Text] = Field(default_factory=list, description="Words that mean: no transit place.")
    select_multiple: Literal["joined", "flags", "both"] | None = Field(
        None,
        description="How a choose-many question was exported: one cell, a 1/0 column a choice, or both.",
    )
    missing: list[Text] = Field(default_factory=list, description="Values that mean: asked, not known.")
    maximum: int | None = Field(None, gt=0, description="A larger number is implausible.")
    default: Text | None = Field(None, description="The value of a blank cell.")
    constant: Text | None = Field(None, description="The value of every record; needs no column.")
    from_: Literal["age_text", "birth_date", "birth_year"] | None = Field(
        None, alias="from", description="What the age column holds."
    )
    at: Literal["event_on", "submitted_at"] | None = Field(
        None, description="The date at which an age from a birth date is taken (default event_on)."
    )
    basis: Literal["reported", "observed"] | None = Field(
        None, description="Whether the partner saw the place itself (observed) or was told of it."
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, value: Any) -> Any:
        return {"column": value} if isinstance(value, (str, int)) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _has_a_source(self) -> FieldSpec:
        if (self.column is None) == (self.constant is None):
            raise ValueError(
                "give either a column (where the value stands) or a constant (the value of every record)"
            )
        if self.at and self.from_ != "birth_date":
            raise ValueError("`at` only goes with `from: birth_date`")
        return self

    @property
    def repeat(self) -> str | None:
        """The part before the first slash, if any; whether it names a repeat, the contract knows."""
        return self.column.split("/", 1)[0] if self.column and "/" in self.column else None
