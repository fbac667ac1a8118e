"""The kinds of decision, each a checked model. A new kind is a class here and an entry in KINDS.

What does not belong here: files, locks and times of reading (that is `decisions`).
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    field_validator,
    model_validator,
)

from orchestration.intake import contact_in_prose
from orchestration.stewardship.items import Item
from orchestration.stewardship.said import say

LONGEST_WAIVER = timedelta(days=366)
# A waiver for releases meets candidates that nobody has seen yet: it must not become a habit.
LONGEST_RELEASE_WAIVER = timedelta(days=31)
RELEASE_SCOPE = "release"


def _form(pattern: str, words: str) -> AfterValidator:
    """A pattern whose fault is told in words: nobody has to read a regular expression."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"must be {words}")
        return text

    return AfterValidator(check)


_HEX = "digits and letters from a to f"


def _without_contact(text: str) -> str:
    """Author and reason are published with the release that a waiver let pass."""
    if found := contact_in_prose(text):
        raise ValueError(f"it holds {found} and may be published, so write it without")
    return text


Written = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_without_contact),
]


def _names_an_item(text: str) -> str:
    try:
        return str(Item.parse(text))
    except ValueError:
        raise ValueError("must name an item as `njia decide waiting` does, such as extract:p:0123") from None


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
DecisionId = Annotated[str, _form("[0-9a-f]{12}", f"12 {_HEX}, such as 3317f06775ff")]
ExtractId = Annotated[str, _form("[0-9a-f]{16}", f"16 {_HEX}, such as 4df327af7418fa78")]
ReleaseId = Annotated[
    str, _form(r"\d{8}T\d{6}Z-[0-9a-f]{8}", "the name of a release, such as 20261124T162106Z-bd694219")
]
Scope = Annotated[
    str,
    _form(
        "release|([a-z][a-z0-9_]{1,40}/)?[0-9a-f]{16}",
        "`release`, or an extract as PARTNER/EXTRACT_ID, such as pweza_coast/4df327af7418fa78",
    ),
]
Country = Annotated[str, _form("[A-Z]{3}", "a country's ISO code with three letters, such as KEN")]
RuleCode = Annotated[
    str, _form("[a-z][a-z0-9_]{2,60}", "a rule as in review/quarantined_rows.csv, such as date_invalid")
]
FinestPlace = Literal["country", "county", "border_point", "town"]
RecordName = Annotated[
    str, _form("r-[0-9a-f]{16}", f"r- and 16 {_HEX}, as in review/links.csv, such as r-00c3f58a1be2d479")
]
PlaceId = Annotated[
    str, _form("[A-Za-z0-9_-]{3,80}", "the id of a place, such as KE040 or bp-ken-malaba (`njia place NAME`)")
]


class Entry(BaseModel):
    """What every line of a decisions file holds: who, when and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: DecisionId
    kind: str
    time: AwareDatetime
    author: Annotated[Name, AfterValidator(_without_contact)]
    reason: Written

    @field_validator("time", mode="before")
    @classmethod
    def _written(cls, time: Any) -> Any:
        if isinstance(time, int | float):
            raise ValueError("must be a time such as 2026-11-24T02:00:00Z")
        return time

    @field_validator("time")
    @classmethod
    def _in_utc(cls, time: datetime) -> datetime:
        try:
            return time.astimezone(UTC)
        except OverflowError:
            raise ValueError("must be a time such as 2026-11-24T02:00:00Z") from None


class Revocation(Entry):
    """Takes back one earlier decision of the same kind."""

    revokes: DecisionId


class Confirmation(Entry):
    """A second person stands behind one earlier decision of the same kind that needs two."""

    confirms: DecisionId


class Decision(Entry):
    """A decision that holds until it is revoked (or, for a waiver, has expired).

    One that `needs_second` holds once another person has confirmed it.
    """

    revokes: None = None
    needs_second: StrictBool = False


class CheckWaiver(Decision):
    """Lets one failed check pass, for one extract or for the releases until a date (that day included)."""

    check: Name
    check_definition: Name = Field(description="hash of the check as it was when waived; a change lapses it")
    scope: Scope
    expires: date

    @model_validator(mode="after")
    def _within_limits(self) -> CheckWaiver:
        longest = LONGEST_RELEASE_WAIVER if self.scope == RELEASE_SCOPE else LONGEST_WAIVER
        if not self.time.date() < self.expires <= self.time.date() + longest:
            of = "of the release" if self.scope == RELEASE_SCOPE else "of one extract"
            raise ValueError(
                f"expires must be a date after the day of the decision and, for a waiver {of}, at most "
                f"{longest.days} days later: {self.time.date() + longest} at the latest"
            )
        return self


class ExtractAccept(Decision):
    """Puts an extract in force although the extract gate would hold it."""

    partner: Name
    extract_id: ExtractId


class ExtractWithdraw(Decision):
    """Takes an extract out of force; the partner's earlier one stands again."""

    partner: Name
    extract_id: ExtractId


class PlaceAlias(Decision):
    """Says which place a written name means; with a country, only where the mention names that country."""

    text: Name
    country: Country | None = None
    place_id: PlaceId


class _Pair(Decision):
    """Two records, whichever comes first."""

    record_a: RecordName
    record_b: RecordName

    @property
    def pair(self) -> frozenset[str]:
        return frozenset((self.record_a, self.record_b))

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.record_a == self.record_b:
            raise ValueError("a pair needs two different records")
        return self


class LinkAccept(_Pair):
    """Says that two records are of one person, however likely they look."""


class LinkReject(_Pair):
    """Says that two records are of two persons."""


class RowRelease(Decision):
    """Lets a quarantined record in although it fails these rules; what could not be read stays unknown."""

    record: RecordName
    rules: Annotated[tuple[RuleCode, ...], Field(min_length=1)]


class RowExclude(Decision):
    """Keeps a record out, in each copy that the partner has sent or will send."""

    record: RecordName


class AgreementTerms(BaseModel):
    """The parts of an agreement that a steward may change; what is null stays as the contract says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    valid_to: date | None = None
    finest_place: FinestPlace | None = None
    retention_years: Annotated[int, Field(gt=0, le=200)] | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise ValueError("give at least one of valid_to, finest_place and retention_years")
        return self


class AgreementChange(Decision):
    """What was agreed since a contract was written. Of two changes of one term the later holds."""

    partner: Name
    contract: Name
    terms: AgreementTerms


class PolicySignOff(Decision):
    """Releases may be published under this version of the publication policy."""

    policy: Annotated[str, _form(r"[0-9a-f]{12}", "12 hexadecimal digits: njia decide sign-policy adds them")]


class YearRepublication(Decision):
    """A closed year is published anew, with all its noise drawn again."""

    year: Annotated[int, Field(ge=1990, le=2100)]


class Rollback(Decision):
    """Went back to an earlier release; the release left behind is not published again from equal inputs."""

    from_release: ReleaseId
    to_release: ReleaseId


class Assignment(Decision):
    """Somebody takes care of an open item until a day. Of two for one item the later holds.

    It lapses when its item is settled, and shapes no release.
    """

    item: Annotated[str, AfterValidator(_names_an_item)]
    owner: Annotated[Name, AfterValidator(_without_contact)]
    due: date | None = None

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if self.due is not None and self.due < self.time.date():
            raise ValueError("due must be the day of the decision or a later one")
        return self


KINDS: dict[str, type[Decision]] = {
    "check_waiver": CheckWaiver,
    "extract_accept": ExtractAccept,
    "extract_withdraw": ExtractWithdraw,
    "place_alias": PlaceAlias,
    "link_accept": LinkAccept,
    "link_reject": LinkReject,
    "row_release": RowRelease,
    "row_exclude": RowExclude,
    "agreement_change": AgreementChange,
    "policy_sign_off": PolicySignOff,
    "year_republication": YearRepublication,
    "rollback": Rollback,
    "assignment": Assignment,
}


def what_it_says(entry: Entry) -> str:
    """A decision in words, for whoever lists them."""
    match entry:
        case Revocation():
            return say("takes back {id}", id=entry.revokes)
        case Confirmation():
            return say("confirms {id}", id=entry.confirms)
        case CheckWaiver():
            of = "the release" if entry.scope == RELEASE_SCOPE else entry.scope
            return say(
                "{check} of {of} may fail until {day}", check=entry.check, of=of, day=str(entry.expires)
            )
        case ExtractAccept():
            return say("{extract} is put in force, whatever its checks found", extract=_extract(entry))
        case ExtractWithdraw():
            return say("{extract} is taken out of force", extract=_extract(entry))
        case PlaceAlias():
            if entry.country is None:
                return say("“{text}” means {place}", text=entry.text, place=entry.place_id)
            sentence = "“{text}” means {place} where the mention names {country}"
            return say(sentence, text=entry.text, place=entry.place_id, country=entry.country)
        case LinkAccept():
            return say("records {one} and {other} are one person", one=entry.record_a, other=entry.record_b)
        case LinkReject():
            return say("records {one} and {other} are two persons", one=entry.record_a, other=entry.record_b)
        case RowRelease():
            rules = ", ".join(entry.rules)
            return say("record {record} enters although it fails {rules}", record=entry.record, rules=rules)
        case RowExclude():
            return say("record {record} is left out", record=entry.record)
        case AgreementChange():
            terms = entry.terms.model_dump(exclude_none=True)
            said = ", ".join(f"{name} {value}" for name, value in terms.items())
            of = f"{entry.partner}/{entry.contract}"
            return say("the agreement of {of} now says: {terms}", of=of, terms=said)
        case PolicySignOff():
            sentence = "releases may be published under the publication policy {policy}"
            return say(sentence, policy=entry.policy)
        case YearRepublication():
            return say("the public numbers of {year} are drawn anew", year=str(entry.year))
        case Rollback():
            return say("back to {to} from {left}", to=entry.to_release, left=entry.from_release)
        case Assignment():
            if entry.due is None:
                return say("{owner} takes care of {item}", owner=entry.owner, item=entry.item)
            sentence = "{owner} takes care of {item} until {day}"
            return say(sentence, owner=entry.owner, item=entry.item, day=str(entry.due))
    raise TypeError(f"There are no words for {type(entry).__name__}.")


def _extract(entry: ExtractAccept | ExtractWithdraw) -> str:
    return f"{entry.partner}/{entry.extract_id}"


def read_entry(content: dict[str, Any]) -> Entry:
    """Check one line's content; the caller has made sure that its kind is known."""
    model: type[Entry] = KINDS[content["kind"]]
    if content.get("revokes") is not None:
        model = Revocation
    elif content.get("confirms") is not None:
        model = Confirmation
    return model.model_validate(content)
