"""The model of a decision: the fields that all kinds share, and the methods that a kind may define."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    StrictBool,
    StringConstraints,
    field_validator,
)

from orchestration.core import Settings, UsageError, say, together
from orchestration.intake import contact_in_prose
from orchestration.stewardship.kinds.form import NO_SUCH_FORM, Form, Payload

# Before a fault; a list of faults says it once.
NOT_RECORDED = "The decision was not recorded. {fault}"


def matching(pattern: str, form: str) -> AfterValidator:
    """Return a validator that describes the expected form in words, not as a regular expression."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"must be {form}")
        return text

    return AfterValidator(check)


def _without_contact(text: str) -> str:
    """Refuse contacts: author and reason are published with a release that a waiver let pass."""
    if contact := contact_in_prose(text):
        raise ValueError(f"it holds {contact} and may be published, so write it without")
    return text


HEX = "digits and letters from a to f"
Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(_without_contact),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
PersonName = Annotated[Name, AfterValidator(_without_contact)]
DecisionId = Annotated[str, matching("[0-9a-f]{12}", f"12 {HEX}, such as 3317f06775ff")]
RecordName = Annotated[
    str,
    matching("r-[0-9a-f]{16}", f"r- and 16 {HEX}, as in review/links.csv, such as r-00c3f58a1be2d479"),
]


class Entry(BaseModel):
    """One line of a decisions file: who, when and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: DecisionId
    kind: str
    time: AwareDatetime
    author: PersonName
    reason: Prose

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

    def sentence(self) -> str:
        """Say what the entry decides."""
        raise NotImplementedError


class Revocation(Entry):
    """Takes back one earlier decision of the same kind."""

    revokes: DecisionId

    def sentence(self) -> str:
        return say("takes back {id}", id=self.revokes)


class Confirmation(Entry):
    """A second person confirms one earlier decision of the same kind that needs two."""

    confirms: DecisionId

    def sentence(self) -> str:
        return say("confirms {id}", id=self.confirms)


class Decision(Entry):
    """A decision that holds until it is revoked (or, for a waiver, has expired).

    One that `needs_second` holds once another person has confirmed it. Every kind defines `sentence`; the
    other methods where they apply. Each `why_…` returns a sentence with what was found and what to do, or
    None.
    """

    revokes: None = None
    needs_second: StrictBool = False

    shapes_release: ClassVar[bool] = True
    needs_refresh: ClassVar[bool] = True  # it takes effect in the next one

    @property
    def subject(self) -> tuple[str, ...] | None:
        """What the decision is about, where the latest of several decisions about it holds alone."""
        return None

    def why_ended(self, as_of: datetime) -> str | None:
        """Say why the decision holds no more at a time."""
        return None

    def resolved(self, settings: Settings) -> Decision:
        """Return the decision as other rooms read it, where its line may be shorter."""
        return self

    def why_no_effect(self, settings: Settings) -> str | None:
        """Say why the decision meets nothing now; asked when it is made and in every refresh."""
        return None

    def why_decided_already(self, holding: Iterable[Entry]) -> str | None:
        """Say which decision of those that hold, oldest first, decides the same."""
        return None

    def why_not_now(self, settings: Settings, held: Iterable[Entry], is_override: bool = False) -> str | None:
        """Say why the decision cannot be made beside those that hold.

        Asked only then, so a later change stops no refresh.
        """
        return None

    def why_not_taken_back(self, author: str) -> str | None:
        """Say why this person cannot take the decision back."""
        return None

    def contradicts(self, other: Decision) -> bool:
        """Return whether both cannot hold at once."""
        return False

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        """Return the fields with those that a steward need not give."""
        return payload

    def completed_fields(self) -> list[tuple[str, str]]:
        """Return the form fields as `complete` filled them: a form decides what its preview showed."""
        return []

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        """Yield the fields of each decision that a form of the desk asks for."""
        raise UsageError(say(NO_SUCH_FORM))


def already(sentence: str, other: Entry, **given: Any) -> str:
    """Return the sentence on an earlier decision, with who made it and how to decide anew."""
    by_whom = say(
        "{author} decided that on {day} at {time} UTC. To decide anew, first take it back: "
        "`njia decide revoke {id}`.",
        author=other.author,
        day=f"{other.time:%Y-%m-%d}",
        time=f"{other.time:%H:%M}",
        id=other.id,
    )
    return together(say(sentence, id=other.id, **given), by_whom)


def same_author(a: str, b: str) -> bool:
    """Compare names by case and spacing, so that "a. steward" cannot confirm what "A. Steward" decided."""
    return " ".join(a.split()).casefold() == " ".join(b.split()).casefold()
