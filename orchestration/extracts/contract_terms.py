"""The terms of a contract: who, under which agreement and consent, how often, in what spelling."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from orchestration.extracts.contract_fields import Strict, Text

CONTENT = "content"
SHEET = "sheet"
Language = Literal["en", "sw"]


def _english() -> list[Language]:
    return ["en"]


class Partner(Strict):
    code: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", description="Equal to the folder's name.")
    name: str | None = Field(None, description="What people call the partner.")
    steward: str = Field(min_length=3, description="Whom to write to about its extracts.")


class Agreement(Strict):
    """The data sharing agreement; without a valid one an extract is held."""

    id: Text
    valid_from: date
    valid_to: date
    purposes: list[Text] = Field(default_factory=list)
    finest_place: Literal["country", "county", "border_point", "town"] = Field(
        "county", description="The finest place that leaves the work folder."
    )
    may_be_named: bool = False
    retention_years: int | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Agreement:
        if self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class Consent(Strict):
    """Where a person's consent is recorded, or on what other basis records are shared."""

    column: Text | None = None
    values: dict[Text, Literal["given", "refused", "not_recorded"]] = Field(default_factory=dict)
    basis: Literal["agreement", "not_needed"] | None = None
    reference: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Consent:
        if (self.column is None) == (self.basis is None):
            raise ValueError("give either a column with its values, or a basis")
        if self.column and "given" not in self.values.values():
            raise ValueError('values must say which answer means given, e.g. {"Yes": given, "No": refused}')
        if self.basis == "agreement" and not self.reference:
            raise ValueError("basis agreement needs a reference: which clause covers consent")
        return self


class Coverage(Strict):
    places: list[Text] = Field(min_length=1)
    roles: list[
        Literal["origin", "transit", "intended_destination", "exploitation", "recruitment", "observation"]
    ] = Field(min_length=1)
    from_: date = Field(alias="from")
    to: date | None = None


class Delivery(Strict):
    mode: Literal["full", "incremental"]
    cadence: Literal["weekly", "monthly", "quarterly", "yearly", "once"]
    grace_days: int = Field(15, ge=0)
    key: Text | list[Text] = Field(
        CONTENT, description="The column of the partner's reference, a list of parts, or `content`."
    )
    newest_by: Text | None = Field(None, description="The column that orders copies of one record.")

    @property
    def key_parts(self) -> list[str]:
        """Columns (and `sheet`) that make the reference; empty when the content is the key."""
        if self.key == CONTENT:
            return []
        return [self.key] if isinstance(self.key, str) else list(self.key)


class Period(Strict):
    from_: date = Field(alias="from")
    to: date
    round: Text | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.to < self.from_:
            raise ValueError("`to` is before `from`")
        return self


class DeclaredExtract(Strict):
    match: Text = Field(description="A file name pattern such as *2019*.")
    period: Period


class Locale(Strict):
    dates: Literal["dmy", "mdy", "ymd"] | None = Field(
        None, description="Order of day, month and year where a date is written in digits."
    )
    thousands: Literal[",", ".", " ", "'", ""] = ","
    decimal: Literal[".", ","] = "."
    timezone: Text = "Africa/Nairobi"
    naive_times_are: Text = Field("UTC", description="The zone of times written without one.")
    default_country: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="ISO alpha-3; breaks ties.")
    languages: list[Language] = Field(default_factory=_english)


class AcceptIf(Strict):
    """Which review status lets a record in."""

    column: Text
    accept: list[Text] = Field(min_length=1)
    withhold: list[Text] = Field(default_factory=list)
    wait: list[Text] = Field(default_factory=list)


class Link(Strict):
    """Columns for linkage; checked here, hashed by the linkage room, never landed."""

    given: Text | None = None
    surname: Text | None = None
    birth_year: Text | None = None
    birth_date: Text | None = None
    phone: Text | None = None

    @property
    def columns(self) -> list[str]:
        return [column for column in self.model_dump().values() if column]
