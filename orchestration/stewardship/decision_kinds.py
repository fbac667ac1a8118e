"""The kinds of decision, each a checked model. A new kind is a class here and an entry in KINDS.

What does not belong here: files, locks and times of reading (that is `decisions`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

LONGEST_WAIVER = timedelta(days=366)
# A waiver for releases meets candidates that nobody has seen yet: it must not become a habit.
LONGEST_RELEASE_WAIVER = timedelta(days=31)
# Reconciliation and disclosure are promises to partners and persons: nobody may waive them.
NEVER_WAIVED = ("reconcil", "disclosure", "attack")

Written = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
DecisionId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
ExtractId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
ReleaseId = Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{8}$")]


def can_be_waived(check: str) -> bool:
    """False for the checks that no waiver covers, whatever it says."""
    return not any(word in check.lower() for word in NEVER_WAIVED)


class Entry(BaseModel):
    """What every line of a decisions file holds: who, when and why."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: DecisionId
    kind: str
    time: AwareDatetime
    author: Name
    reason: Written

    @field_validator("time")
    @classmethod
    def _in_utc(cls, time: datetime) -> datetime:
        return time.astimezone(UTC)


class Revocation(Entry):
    """Takes back one earlier decision of the same kind."""

    revokes: DecisionId


class Decision(Entry):
    """A decision that holds until it is revoked (or, for a waiver, has expired)."""

    revokes: None = None


class CheckWaiver(Decision):
    """Lets one failed check pass, for one extract or for the releases until a date (that day included)."""

    check: Name
    check_definition: Name = Field(description="hash of the check as it was when waived; a change lapses it")
    scope: Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{16}|release)$")]
    expires: date

    @model_validator(mode="after")
    def _within_limits(self) -> CheckWaiver:
        if not can_be_waived(self.check):
            raise ValueError("checks of reconciliation and disclosure cannot be waived")
        longest = LONGEST_RELEASE_WAIVER if self.scope == "release" else LONGEST_WAIVER
        if not self.time.date() < self.expires <= self.time.date() + longest:
            raise ValueError(
                f"expires must be a date after the day of the decision and at most {longest.days} days later"
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
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    place_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{3,80}$")]


class Rollback(Decision):
    """Went back to an earlier release; the release left behind is not published again from equal inputs."""

    from_release: ReleaseId
    to_release: ReleaseId


KINDS: dict[str, type[Decision]] = {
    "check_waiver": CheckWaiver,
    "extract_accept": ExtractAccept,
    "extract_withdraw": ExtractWithdraw,
    "place_alias": PlaceAlias,
    "rollback": Rollback,
}


def read_entry(content: dict[str, Any]) -> Entry:
    """Check one line's content; the caller has made sure that its kind is known."""
    model: type[Entry] = KINDS[content["kind"]] if content.get("revokes") is None else Revocation
    return model.model_validate(content)
