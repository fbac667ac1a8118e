"""The terms of a contract: who, under which agreement and consent, how often, in what spelling."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, field_validator, model_validator

from orchestration.contracts.fields import Names, Strict, Text
from orchestration.core import seed_rows
from orchestration.places import place_names

CONTENT = "content"
# The one purpose of Njia: an agreement or record that excludes it keeps its data out.
STATISTICS = "statistics"
SHEET = "sheet"
_DISTINCT: dict[str, Any] = {"uniqueItems": True}
Language = Literal["en", "sw"]


class Partner(Strict):
    code: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$", description="Equal to the folder's name.")
    name: str | None = Field(None, description="What people call the partner.")
    steward: str = Field(min_length=3, description="Contact address for questions about its extracts.")


class Agreement(Strict):
    """The data sharing agreement; without a valid one an extract is held."""

    id: Text
    valid_from: date
    valid_to: date
    purposes: list[Text] = Field(
        [STATISTICS],
        min_length=1,
        description="Codes of the list `purpose`; without statistics an extract is held.",
    )
    finest_place: Literal["country", "county", "border_point", "town"] = Field(
        "county", description="The finest place that leaves the work folder."
    )
    may_be_named: bool = False
    retention_years: int | None = Field(
        None, gt=0, le=200, description="Older records are removed; null keeps all."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Agreement:
        if self.valid_to < self.valid_from:
            raise ValueError("valid_to is before valid_from")
        return self


class Publication(Strict):
    """The published table that flow counts are taken from; it stands beside every number of them."""

    title: Text = Field(min_length=3)
    publisher: Text = Field(min_length=2)
    url: str = Field(pattern=r"^https?://\S+$", description="Where the table can be read.")
    licence: Text = Field(min_length=2, description="The licence or terms of the table, such as CC BY 4.0.")
    in_public_edition: bool = Field(
        False, description="Whether its terms allow the numbers to stand in the public edition too."
    )


class Consent(Strict):
    """The column of a person's consent, or another basis on which records are shared."""

    names: Names = Field(
        default_factory=list, alias="column", description="The partner's column, or a list of its names."
    )
    values: dict[Text, Literal["given", "refused", "withdrawn", "not_recorded"]] = Field(default_factory=dict)
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

    @property
    def column(self) -> str | None:
        """The first name of the column."""
        return self.names[0] if self.names else None


class Withdrawn(Strict):
    """The mark of a record whose person withdrew consent; what landed of it is removed."""

    column: Text
    values: list[Text] = Field(
        default_factory=list, description="Answers that mean withdrawn; without any, every filled cell does."
    )
    optional_column: bool = Field(False, description="Only some files have the column.")


def _to_after_from(span: Any) -> Any:
    if span.to and span.to < span.from_:
        raise ValueError("`to` is before `from`")
    return span


def _known(places: list[str]) -> list[str]:
    _refuse_repeated("place", places)
    for place in places:
        _refuse_unlisted("place", place)
    return places


Places = Annotated[list[Text], AfterValidator(_known)]


class Coverage(Strict):
    places: Places = Field(
        min_length=1,
        description="place_id of seeds/reference/places.csv, each once.",
        json_schema_extra=_DISTINCT,
    )
    roles: list[
        Literal["origin", "transit", "intended_destination", "exploitation", "recruitment", "observation"]
    ] = Field(min_length=1, json_schema_extra=_DISTINCT)
    from_: date = Field(alias="from")
    to: date | None = None
    office: Text | None = Field(
        None,
        description="place_id of the office from which these places are watched: less is seen far from it.",
    )

    @field_validator("office")
    @classmethod
    def _placed_office(cls, office: str | None) -> str | None:
        if office is None:
            return None
        _refuse_unlisted("office", office)
        if office not in _placed():
            raise ValueError(
                f"office {office!r} has no position in seeds/reference/place_coordinates.csv; name the town "
                "or county it lies in"
            )
        return office

    @field_validator("roles")
    @classmethod
    def _each_role_once(cls, roles: list[str]) -> list[str]:
        _refuse_repeated("role", roles)
        return roles

    _in_order = model_validator(mode="after")(_to_after_from)


class Campaign(Strict):
    """A time of extra work, such as weeks of intense screening: its records are no sign of a shift."""

    name: Text
    from_: date = Field(alias="from")
    to: date
    places: Places = Field(
        default_factory=list,
        description="As under coverage; without any, all of the partner's work was part.",
        json_schema_extra=_DISTINCT,
    )

    _in_order = model_validator(mode="after")(_to_after_from)


@cache
def _placed() -> set[str]:
    return {row["place_id"] for row in seed_rows("place_coordinates")}


def _refuse_unlisted(what: str, place: str) -> None:
    if place not in place_names():
        raise ValueError(f"{what} {place!r} is not in seeds/reference/places.csv; {_nearest_place(place)}")


# Ids differ in a digit or two: a less similar one is another place.
_NEAR = 0.85
_IDS = "its ids look like KE047 (a county), bp-ken-busia (a border point) or UGA (a country)"


def _nearest_place(wanted: str) -> str:
    known = place_names()
    named = [place for place, name in known.items() if name.casefold() == wanted.casefold()]
    close = named or get_close_matches(wanted, known, n=1, cutoff=_NEAR)
    close = close or get_close_matches(wanted.upper(), known, n=1, cutoff=_NEAR)
    return f"the nearest is {close[0]!r} ({known[close[0]]})" if close else _IDS


def _refuse_repeated(what: str, values: list[str]) -> None:
    repeated = next((value for value in values if values.count(value) > 1), None)
    if repeated is not None:
        raise ValueError(f"{what} {repeated!r} is listed twice; name it once")


class Delivery(Strict):
    mode: Literal["full", "incremental"]
    cadence: Literal["weekly", "monthly", "quarterly", "yearly", "once"]
    grace_days: int = Field(15, ge=0)
    key: Text | list[Text] = Field(
        CONTENT, description="The column of the partner's reference, a list of parts, or `content`."
    )
    newest_by: Text | None = Field(None, description="The column that orders copies of one record.")
    person_rows: bool = Field(
        False, description="The rows of one reference are the persons of one record, not copies of it."
    )

    @property
    def key_parts(self) -> list[str]:
        """Columns (and `sheet`) of the reference; empty where the content is the key."""
        if self.key == CONTENT:
            return []
        return [self.key] if isinstance(self.key, str) else list(self.key)


class Period(Strict):
    from_: date = Field(alias="from")
    to: date
    round: Text | None = None

    _in_order = model_validator(mode="after")(_to_after_from)


class DeclaredExtract(Strict):
    match: Text = Field(description="A file name pattern such as *2019*.")
    period: Period
    delivered_on: date | None = Field(
        None, description="The day on which the partner sent it. Default: the day on which Njia took it in."
    )


class Locale(Strict):
    dates: Literal["dmy", "mdy", "ymd"] | None = Field(
        None, description="Order of day, month and year where a date is written in digits."
    )
    thousands: Literal[",", ".", " ", "'", ""] = ","
    decimal: Literal[".", ","] = "."
    timezone: Text = "Africa/Nairobi"
    naive_times_are: Text | None = Field(
        None,
        description="Zone of times without one. Default: `timezone`; UTC for a form server's own stamps.",
    )
    default_country: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="ISO alpha-3; breaks ties.")
    languages: list[Language] = Field(["en"])

    @field_validator("timezone", "naive_times_are")
    @classmethod
    def _is_a_zone(cls, name: str | None) -> str | None:
        try:
            ZoneInfo(name or "UTC")
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no time zone; name one such as Africa/Nairobi or UTC") from None
        return name


class AcceptIf(Strict):
    """One condition on a row: the answers in a column that let it in."""

    column: Text
    accept: list[Text] = Field(default_factory=list, description='Answers that let a row in; "" is a blank.')
    withhold: list[Text] = Field(default_factory=list, description="Answers that keep a row from landing.")
    wait: list[Text] = Field(default_factory=list, description="Answers that set a row aside.")
    otherwise: Literal["accept", "withhold", "wait"] | None = Field(
        None, description="What any other answer means; by default the row is set aside as not understood."
    )
    withheld_as: Literal["not_approved", "void", "not_potential_victim"] = Field(
        "not_approved", description="The reason under which withheld rows are counted."
    )
    waits_as: Literal["awaiting_partner", "not_decrypted"] = Field(
        "awaiting_partner", description="The reason under which rows set aside are counted."
    )
    optional_column: bool = Field(False, description="A file without the column is not judged by it.")

    @model_validator(mode="after")
    def _lets_something_in(self) -> AcceptIf:
        if not self.accept and self.otherwise != "accept":
            raise ValueError(
                "accept_if lets no row in: name the answers under `accept`, or say `otherwise: accept`"
            )
        answers = [text.strip().casefold() for text in (*self.accept, *self.withhold, *self.wait)]
        _refuse_repeated("the answer", answers)
        return self


class Link(Strict):
    """Columns for linkage: only a keyed code of each is kept, of a birth date the year."""

    given: Text | None = None
    surname: Text | None = None
    birth_year: Text | None = None
    birth_date: Text | None = None
    phone: Text | None = None
    subcounty: Text | None = Field(None, description="Home, finer than the county.")
    recruited: Text | None = Field(None, description="The day or month of recruitment.")
    schooling: Text | None = None
    children: Text | None = Field(None, description="How many children the person has.")
    incident_ref: Text | None = Field(
        None, description="The number under which the partner registers persons who were found together."
    )
    referral_ref: Text | None = Field(
        None, description="The case number that partners pass on to each other with a person."
    )

    @property
    def columns(self) -> list[str]:
        return list(self.by_name.values())

    @property
    def by_name(self) -> dict[str, str]:
        """The partner's column by linkage field."""
        return {name: column for name, column in self.model_dump().items() if column}


class SubmissionId(Strict):
    """The id that a form server gave a submission, in whose hands it is the same at every partner.

    Only a keyed code of it lands. A UUID is unique by itself, any other id within its server and form.
    """

    names: Names = Field(
        alias="column",
        min_length=1,
        description="The column with the id, or several: the first filled one counts.",
    )
    server: Text | None = Field(None, description="The form server, such as kf.kobotoolbox.org.")
    form: Text | None = Field(None, description="The server's id of the form, such as aBcD1234.")

    @model_validator(mode="after")
    def _is_unique(self) -> SubmissionId:
        if (self.server is None) != (self.form is None):
            raise ValueError("submission_id: `server` and `form` belong together; name both, or neither")
        numbered = [name for name in self.names if name.rpartition("/")[2].casefold() == "_id"]
        if numbered and self.server is None:
            raise ValueError(
                f"submission_id: numbers in {numbered[0]!r} are unique only within one form of one server; "
                "name `server` and `form` too"
            )
        return self

    @property
    def form_name(self) -> str | None:
        """The form with its server, as every partner of it would write them."""
        if self.server is None or self.form is None:
            return None
        server = self.server.strip().casefold().removeprefix("https://").removeprefix("http://")
        return f"{server.rstrip('/')}/{self.form.strip()}"
