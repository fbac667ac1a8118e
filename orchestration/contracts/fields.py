"""The canonical fields of a contract, and how one field is read from a partner's column.

Codes are in seeds/reference; the type step reads values.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DATES = ("event_on", "submitted_at", "embargo_until")
COUNTS = ("person_count",)
AGES = ("age_band",)
SINGLE_CODES = ("sex", "trafficking_status", "event_kind", "consent_state")
MANY_CODES = (
    "nationality", "exploitation_type", "industry", "means_of_control", "means", "act", "recruitment_method",
    "recruiter_relation", "entry_process", "documents", "transport_mode", "purpose",
)  # fmt: skip
ROLES = ("origin", "transit", "intended_destination", "exploitation", "recruitment", "observation")
PLACE_PARTS = ("place_text", "admin_text", "country_text", "place_code", "point", "list", "transport_mode")
# What a place is (`place_basis`): bases that a contract may state, strongest first; those of a role's name.
STATED_BASES = {
    "origin": ("home", "recruited", "not_said"),
    "exploitation": ("exploited", "last_known", "identified"),
    "transit": ("reported", "observed"),
}
BASIS_OF_ROLE = {
    "transit": "reported",
    "intended_destination": "intended",
    "recruitment": "recruited",
    "observation": "identified",
}
Basis = Literal[
    "home", "recruited", "not_said", "exploited", "last_known", "identified", "intended", "reported",
    "observed",
]  # fmt: skip
# Roles that may have several places in one contract, each with a basis of its own.
ENDS = ("origin", "exploitation")
# Places before and after the point at which a person in transit was met.
AROUND_POINT = ("previous", "next")
CANONICAL_FIELDS = (
    *DATES,
    *COUNTS,
    *AGES,
    *SINGLE_CODES,
    *MANY_CODES,
    *(f"place({role}).{part}" for role in ROLES for part in PLACE_PARTS),
    *(f"place(transit).{part}" for part in AROUND_POINT),
    *(
        f"place({role}, {basis}).{part}"
        for role in ENDS
        for basis in STATED_BASES[role]
        for part in PLACE_PARTS
    ),
)
_PLACE = re.compile(r"place\((?P<place>\w+(?:, \w+)?)\)\.(?P<part>\w+)")


def place_parts(field: str) -> tuple[str, str] | None:
    """Split `place(origin).place_text` into `origin` and `place_text`; None for other fields.

    The place of `place(origin, recruited).place_text` is `origin, recruited`.
    """
    match = _PLACE.fullmatch(field)
    return (match["place"], match["part"]) if match else None


def role_and_basis(place: str) -> tuple[str, str]:
    """Return the role of a place, and the basis that its name states or `''`."""
    role, _, basis = place.partition(", ")
    return role, basis


def is_text_of_a_place(field: str) -> bool:
    """Return whether a field holds what a partner wrote of a place; such texts are kept encrypted."""
    parts = place_parts(field)
    return parts is not None and parts[1] not in ("point", "transport_mode")


def _as_text(value: Any) -> Any:
    """Turn a bare 99 or 1.5 of YAML into text; a bare true or false stays and is refused with a hint."""
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_as_text)]


def one_or_several(value: Any) -> Any:
    return value if isinstance(value, list) else [] if value is None else [value]


Names = Annotated[list[Text], BeforeValidator(one_or_several, json_schema_input_type=str | list[str])]


class Strict(BaseModel):
    """A part of a contract; unknown keys are refused, so that no misspelt key is ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldSpec(Strict):
    """How to read one canonical field. `Column` alone is short for `{column: Column}`."""

    names: Names = Field(
        default_factory=list,
        alias="column",
        description="The partner's column (`repeat/column` for a child sheet), or a list of its names.",
    )
    flags_with_prefix: Text | None = Field(
        None, description="Instead of a column: the beginning of the 1/0 columns of a choose-many question."
    )
    required: bool | None = Field(None, description="An unreadable value sets the row aside.")
    optional_column: bool = Field(False, description="The column may be absent from a file.")
    values: dict[Text, Text] = Field(
        default_factory=dict, description="The partner's spelling → our code; capitals do not matter."
    )
    crosswalk: Text | None = Field(
        None, description="A code system of seeds/reference/crosswalk.csv, e.g. htcds2."
    )
    split: list[Text] = Field(
        default_factory=list, description="Separators between several values in one cell."
    )
    direct: list[Text] = Field(
        default_factory=list, description="Words for a direct journey without transit places."
    )
    select_multiple: Literal["joined", "flags", "both", "array"] | None = Field(
        None,
        description="How a choose-many question was exported: one cell, a 1/0 column a choice, both, or a "
        "JSON array in one cell.",
    )
    missing: list[Text] = Field(default_factory=list, description='Values for "asked, not known".')
    maximum: int | None = Field(None, gt=0, description="A larger number is implausible.")
    count_rows: bool = Field(
        False, description="For person_count with `delivery.person_rows`: a record's rows are its persons."
    )
    compare_with: Text | None = Field(
        None, description="With count_rows: the column in which the partner states how many persons it was."
    )
    default: Text | None = Field(None, description="The value of a blank cell.")
    constant: Text | None = Field(None, description="The value of every record; needs no column.")
    from_: Literal["age_text", "birth_date", "birth_year"] | None = Field(
        None, alias="from", description="Content of the age column."
    )
    at: Literal["event_on", "submitted_at"] | None = Field(
        None, description="The date at which an age is computed from a birth date (default event_on)."
    )
    code_system: Literal["kenya_county_number", "pcode", "iso3166_2", "iso_alpha2"] | None = Field(
        None, description="For place_code: the code system; without it the place stays unresolved."
    )
    longitude: Text | None = Field(
        None, description="For point in two columns: the longitude column; `column` is the latitude column."
    )
    basis: Basis | None = Field(
        None,
        description="What the place is. place(origin): home, recruited (where the person entered the "
        "process) or not_said; place(exploitation): exploited, last_known or identified (where the person "
        "was found); "
        "place(transit): observed, where the partner saw the person there (default reported).",
    )

    @model_validator(mode="after")
    def _has_a_source(self) -> FieldSpec:
        sources = (*self.names[:1], self.flags_with_prefix, self.constant, self.count_rows or None)
        if self.compare_with and not self.count_rows:
            raise ValueError("`compare_with` only goes with `count_rows: true`")
        if sum(source is not None for source in sources) != 1:
            raise ValueError(
                "give either a column (where the value stands), flags_with_prefix (1/0 columns) or a "
                "constant (the value of every record)"
            )
        if repeated := {name for name in self.names if self.names.count(name) > 1}:
            raise ValueError(f"column {min(repeated)!r} is listed twice; name it once")
        if self.at and self.from_ != "birth_date":
            raise ValueError("`at` only goes with `from: birth_date`")
        return self

    @property
    def column(self) -> str | None:
        """The first name of the column."""
        return self.columns[0] if self.columns else None

    @property
    def columns(self) -> list[str]:
        """Every name of the column that fills the field."""
        return self.names or ([self.compare_with] if self.compare_with else [])

    @property
    def is_read(self) -> bool:
        """Whether the file fills the field, not a constant of the contract."""
        return bool(self.columns) or self.flags_with_prefix is not None


def _as_spec(value: Any) -> Any:
    return {"column": value} if isinstance(value, (str, int)) and not isinstance(value, bool) else value


# A column alone is short for `{column: …}`.
FieldOrColumn = Annotated[FieldSpec, BeforeValidator(_as_spec, json_schema_input_type=str | FieldSpec)]
