"""Waivers: one failed check passes, for one extract or, until a day, for the releases or one part of them.

The open item of a check that refuses the release is worth all that the candidate would have changed. A check
that holds an extract is worth nothing: the item of the extract carries it. A warning holds nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from expectations.checks import (
    CHECKS,
    EXTRACT_CHECKS,
    PART_CHECKS,
    RELEASE_CHECKS,
    is_of_release,
    is_waivable,
    release_scope,
)
from expectations.release_gate import WHOLE as RELEASE_SCOPE
from orchestration.core import REFUSED, Settings, UsageError, refreshes, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Concerned,
    Decision,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Refreshed,
    Worths,
    matching,
)
from orchestration.stewardship.kinds.subjects import Landed, nearest

if TYPE_CHECKING:
    from expectations import Expectation

LONGEST_WAIVER = timedelta(days=366)
# A waiver for releases meets candidates that nobody has seen yet: it must not become a habit.
LONGEST_RELEASE_WAIVER = timedelta(days=31)
Scope = Annotated[
    str,
    matching(
        "release(/[A-Za-z][A-Za-z0-9_.>-]{0,80})?|([a-z][a-z0-9_]{1,40}/)?[0-9a-f]{16}",
        "`release`, one partner, county, corridor or table of it, such as release/pweza_coast, or an extract "
        "as PARTNER/EXTRACT_ID, such as pweza_coast/4df327af7418fa78",
    ),
]
_EXTRACT_STAGE = "extract_gate"
# Checks of the release that say no more than that extracts are held.
_ABOUT_HELD = ("no_partner_is_stale", "no_partner_is_held")
_CHANGES_NO_RECORD = (
    "No record changes. With the waiver the check stops no release until its last day; without it, it does."
)
FAILED = "{check} of {of} failed"
_UNJUDGED = "{check} of {of} could not be judged"
_NOT_JUDGED = "{check} could not be judged, and a waiver does not answer that: it stops all the same."
_PASSES = (
    "No other check refused the last candidate, so the next one like it would be published; the next refresh "
    "judges anew whatever it finds."
)
_REFUSED_ALSO = "A candidate like the last one would still be refused, by {checks}."


class CheckWaiver(Decision):
    """Lets one failed check pass, for one extract or for the releases until a date (that day included)."""

    check: Name
    check_definition: Name = Field(description="hash of the check as it was when waived; a change lapses it")
    scope: Scope
    expires: date

    @model_validator(mode="after")
    def _within_limits(self) -> CheckWaiver:
        longest = longest_waiver(self.scope)
        if not self.time.date() < self.expires <= self.time.date() + longest:
            raise ValueError(
                f"expires must be a date after the day of the decision and, for a waiver of "
                f"{_named(self.scope)}, at most {longest.days} days later: {self.time.date() + longest} at "
                "the latest"
            )
        return self

    @classmethod
    def complete(cls, settings: Settings, payload: Payload) -> Payload:
        check = CHECKS.get(str(payload.get("check")))
        return payload | {
            "check_definition": check.definition if check else "none",
            "scope": full_scope(settings, str(payload.get("scope"))),
            "needs_second": settings.waivers_need_second,
        }

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        expires = form.day("expires")
        if expires is None:
            raise UsageError("A waiver needs the last day on which it holds.", field="expires")
        yield {"check": form.text("check"), "scope": form.text("scope") or RELEASE_SCOPE, "expires": expires}

    def sentence(self) -> str:
        of = _named(self.scope)
        return say("{check} of {of} is waived until {day}", check=self.check, of=of, day=str(self.expires))

    def why_ended(self, as_of: datetime) -> str | None:
        return say("It expired on {day}.", day=str(self.expires)) if self.expires < as_of.date() else None

    def concerns(self) -> Concerned:
        extracts = [] if is_of_release(self.scope) else [_extract_of(self.scope)]
        return Concerned(extracts=frozenset(extracts))

    def notes(self, settings: Settings) -> Iterator[str]:
        """Say what the last candidate would meet, with the waiver and without it."""
        if not is_of_release(self.scope):
            return
        rows = [row for row in review.read(settings, review.FAILED_CHECKS) if row["severity"] == "refuse"]
        own = [row for row in rows if (row["check_name"], _scope_of(row)) == (self.check, self.scope)]
        others = {row["check_name"] for row in rows if row not in own and row["waived"] != "True"}
        yield _CHANGES_NO_RECORD
        if any(row["outcome"] != "failed" for row in own):
            yield say(_NOT_JUDGED, check=self.check)
        yield say(_REFUSED_ALSO, checks=", ".join(sorted(others))) if others else _PASSES

    def resolved(self, settings: Settings) -> CheckWaiver:
        return self.model_copy(update={"scope": full_scope(settings, self.scope)})

    def why_no_effect(self, settings: Settings) -> str | None:
        check = self.check
        if check not in CHECKS:
            return say(
                "No gate has a check {check}. {near} A waiver covers checks of the gates only: "
                "review/failed_checks.csv names those that failed.",
                check=check,
                near=nearest(check, CHECKS),
            )
        if not is_waivable(check):
            sentence = "{check} cannot be waived: it guards that nothing disappears. Mend what it found."
        elif self.check_definition != CHECKS[check].definition:
            sentence = (
                "{check} has changed since it was waived, so the waiver has lapsed. Waive it anew if need be."
            )
        elif is_of_release(self.scope) and check not in RELEASE_CHECKS:
            sentence = (
                "{check} is a check of the extract gate, so its waiver needs the extract: "
                "--scope PARTNER/EXTRACT_ID, as `njia status` shows it."
            )
        elif is_of_release(self.scope):
            names_part = self.scope != RELEASE_SCOPE
            if names_part == (check in PART_CHECKS):
                return None
            sentence = "{check} is judged for the release as a whole: leave out --scope."
            if not names_part:
                sentence = (
                    "{check} is judged for each partner, county, corridor or table, so its waiver names one: "
                    "--scope release/PARTNER, as the failed check shows it."
                )
        elif check not in EXTRACT_CHECKS:
            sentence = "{check} is a check of the release gate, not of an extract: leave out --scope."
        else:
            partner, _, extract_id = self.scope.rpartition("/")
            landed = Landed.read(settings)
            return landed.why_unknown(partner, extract_id) if partner else landed.why_ambiguous(extract_id)
        return say(sentence, check=check)

    def repeats(self, other: Decision) -> str | None:
        if not isinstance(other, CheckWaiver) or other.expires < self.expires:
            return None
        names = ("check", "scope", "check_definition")
        if any(getattr(other, name) != getattr(self, name) for name in names):
            return None
        return say("Decision {id} waives this until {day} already.", id=other.id, day=str(other.expires))

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        """A steward weighs what the check found, so nothing is waived ahead."""
        scopes = {
            _scope_of(row)
            for row in review.read(settings, review.FAILED_CHECKS)
            if row["check_name"] == self.check
        }
        if self.scope in scopes or not refreshes.history(settings):
            return None
        return say(
            "{check} did not fail in the last refresh of {of}, so there is nothing to waive. Waive it when "
            "it has failed: review/failed_checks.csv names what did.",
            check=self.check,
            of=_named(self.scope),
        )


def waiver_for(
    waivers: Iterable[Mapping[str, Any]], expectation: Expectation, scope: str, as_of: datetime
) -> str | None:
    """Return the id of a valid waiver, or None. `scope`: `partner/extract_id` or `release`."""
    if not expectation.waivable:
        return None
    for waiver in waivers:
        if (
            waiver["check"] == expectation.name
            and waiver["check_definition"] == expectation.definition
            and waiver["scope"] == scope
            and as_of.date() <= date.fromisoformat(waiver["expires"])
        ):
            return str(waiver["id"])
    return None


def full_scope(settings: Settings, scope: str) -> str:
    """Return `partner/extract_id` for the bare id of an extract that one partner landed; else `scope`."""
    owners = Landed.read(settings).partners_of(scope)
    return f"{owners[0]}/{scope}" if len(owners) == 1 else scope


def longest_waiver(scope: str) -> timedelta:
    return LONGEST_RELEASE_WAIVER if is_of_release(scope) else LONGEST_WAIVER


def _named(scope: str) -> str:
    if scope == RELEASE_SCOPE:
        return "the release"
    part = scope.removeprefix(f"{RELEASE_SCOPE}/")
    return scope if part == scope else say("{part} in the release", part=part)


def _scope_of(row: Mapping[str, str]) -> str:
    """Return the scope that a waiver of a line of failed_checks.csv has."""
    if row["stage"] == _EXTRACT_STAGE:
        return f"{row['partner']}/{row['extract_id']}"
    return release_scope(row["check_name"], row["subject"])


def _extract_of(scope: str) -> tuple[str, str]:
    partner, _, extract_id = scope.rpartition("/")
    return partner, extract_id


def open_items(refreshed: Refreshed) -> Iterator[OpenItem]:
    """Yield an item for each failed check of the release or of an extract that nothing waives or accepts."""
    seen: set[Item] = set()
    held = frozenset((str(one["partner"]), str(one["extract_id"])) for one in refreshed.end.held)
    for row in review.standing(refreshed.settings, review.FAILED_CHECKS):
        about = held if row["check_name"] in _ABOUT_HELD else frozenset()
        if row["stage"] == _EXTRACT_STAGE:
            about = frozenset({(row["partner"], row["extract_id"])})
            if row["severity"] == "hold" and not about <= held:  # it was accepted
                continue
        item = item_of_check(row)
        if row["waived"] == "True" or item in seen:  # a test of several tables fails once for each
            continue
        seen.add(item)
        is_refused = refreshed.end.outcome == REFUSED and row["severity"] == "refuse"
        title = FAILED if row["outcome"] == "failed" else _UNJUDGED
        yield OpenItem(
            item,
            say(title, check=row["check_name"], of=_named(_scope_of(row))),
            _observed(row),
            row["why"],
            row["steward_action"],
            refreshed.worths.release if is_refused else 0,
            extracts=about,
        )


def worths_of_waived(settings: Settings, worths: Worths) -> dict[Item, int]:
    """Return what would wait if the waiver of a check that still fails ended."""
    worth_of: dict[Item, int] = {}
    for row in review.read(settings, review.FAILED_CHECKS):
        if row["waived"] == "True" and row["severity"] == "hold":
            worth_of[item_of_check(row)] = worths.of_extract(row["partner"], row["extract_id"])
        elif row["waived"] == "True" and row["severity"] == "refuse":
            worth_of[item_of_check(row)] = worths.release
    return worth_of


def item_of_check(row: Mapping[str, str]) -> Item:
    """Return the item of a line of failed_checks.csv."""
    return waived_item(row["check_name"], _scope_of(row))


def waived_item(check: str, scope: str) -> Item:
    if is_of_release(scope):
        return items.release_check(check, scope.partition("/")[2])
    return items.extract_check(*_extract_of(scope), check)


def answers(settings: Settings, holding: Holding) -> Iterator[tuple[Item, str]]:
    for waiver in holding["check_waiver"]:
        yield waived_item(waiver["check"], waiver["scope"]), waiver["id"]


def _observed(row: Mapping[str, str]) -> str:
    if row["outcome"] != "failed":
        return "It could not be judged, which counts as failed."
    if finding := review.finding_of(row):
        sentence = say("{finding}.", finding=finding)
    else:
        try:
            number = f"{float(row['observed']):.4g}"  # four digits of a share say as much as seventeen
        except ValueError:
            number = row["observed"] or "nothing"
        sentence = say(
            "Observed: {observed}; expected: {expected}.", observed=number, expected=row["expected"]
        )
    return sentence if row["severity"] in ("refuse", "hold") else together(sentence, "It only warns.")


GROUP = Group({"check_waiver": CheckWaiver}, open_items=open_items, answers=answers)
