"""Waivers: one failed check passes, for one extract or, until a day, for the releases or one part of them.

The open item of a check that refuses the release is worth all that the candidate would have changed. A check
that holds an extract is worth nothing: the item of the extract carries it. A warning holds nothing back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from expectations.checks import (
    CHECKS,
    EXTRACT_CHECKS,
    PART_CHECKS,
    RELEASE_CHECKS,
    is_of_release,
    is_waivable,
    part_of,
    release_scope,
)
from expectations.release_gate import WHOLE as RELEASE_SCOPE
from orchestration.core import REFUSED, Settings, UsageError, refreshes, say, together
from orchestration.stewardship import items, review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Decision,
    Effect,
    Form,
    Group,
    Holding,
    Name,
    Payload,
    Previewed,
    Refreshed,
    Worths,
    matching,
)
from orchestration.stewardship.kinds.extracts import effect_on_fates, holding_checks
from orchestration.stewardship.kinds.subjects import Landed, nearest

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
_NOT_FAILING = "{check} did not fail in the last refresh: the waiver would wait for the day on which it does."
_NOT_JUDGED = "{check} could not be judged, and a waiver does not answer that: it stops all the same."
_PASSES = (
    "No other check refused the last candidate, so the next one like it would be published; the next refresh "
    "judges anew whatever it finds."
)
_PASSED = (
    "{check} passed in the last refresh: without the waiver it passes as well, as long as nothing changes."
)
_REFUSED = (
    "A candidate like the last one would be refused by {checks}, and the release in force would stay; what "
    "is published already is not taken back."
)
_STAYS = "The release would still be refused, by {checks}."


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
        return say("{check} of {of} may fail until {day}", check=self.check, of=of, day=str(self.expires))

    def why_ended(self, as_of: datetime) -> str | None:
        return say("It expired on {day}.", day=str(self.expires)) if self.expires < as_of.date() else None

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


def _said(item: Item) -> str:
    """Name the check of an item, and the part of the release that it is about."""
    *_, name = item.key
    part = part_of(name, item.key[1])
    return say("{check} of {of}", check=name, of=part) if part else name


def effect(asked: Previewed) -> Effect:
    """Count the checks that refuse the release or hold an extract, before and after."""
    if asked.is_revoked:
        return _effect_of_revoking(asked)
    effect, settings = Effect(), asked.settings
    of_scope: dict[str, set[Item]] = {}
    freed: list[tuple[str, str]] = []
    for waiver in asked.decisions:
        scope = RELEASE_SCOPE if is_of_release(waiver.scope) else waiver.scope
        of_scope.setdefault(scope, set()).add(waived_item(waiver.check, waiver.scope))
    for scope, waived in of_scope.items():
        rows = [row for row in _stopping(settings, scope) if row["waived"] != "True"]
        failing = {item_of_check(row) for row in rows}
        not_judged = {item_of_check(row) for row in rows if row["outcome"] != "failed"}
        left = failing - (waived - not_judged)
        effect.note(*(say(_NOT_FAILING, check=_said(item)) for item in sorted(waived - failing)))
        effect.note(*(say(_NOT_JUDGED, check=_said(item)) for item in sorted(waived & not_judged)))
        if not waived & failing:
            continue
        if scope == RELEASE_SCOPE:
            effect.change("Checks that refuse the release", len(failing), len(left))
            end = refreshes.last(settings)
            if end and end.outcome == REFUSED:
                checks = ", ".join(map(_said, sorted(left)))
                effect.note(say(_STAYS, checks=checks) if left else _PASSES)
            continue
        effect.change(say("Checks that hold {of}", of=scope), len(failing), len(left))
        freed.append(_extract_of(scope))
    effect.add(effect_on_fates(asked, freed))
    return effect


def _effect_of_revoking(asked: Previewed) -> Effect:
    """Count the checks that refuse the release without its waivers, and what happens to single extracts."""
    waivers, of_release = asked.decisions, [one for one in asked.decisions if is_of_release(one.scope)]
    of_extracts = [_extract_of(waiver.scope) for waiver in waivers if waiver not in of_release]
    effect = effect_on_fates(asked, of_extracts)
    revoked = {waived_item(waiver.check, waiver.scope) for waiver in of_release}
    revoked -= {waived_item(held["check"], held["scope"]) for held in asked.holding["check_waiver"]}
    rows = _stopping(asked.settings, RELEASE_SCOPE)
    failing = {item_of_check(row) for row in rows if row["waived"] != "True"}
    again = {item_of_check(row) for row in rows if row["waived"] == "True"} & revoked
    effect.note(*(say(_PASSED, check=_said(item)) for item in sorted(revoked - again - failing)))
    if again:
        effect.change("Checks that refuse the release", len(failing), len(failing | again))
        effect.note(say(_REFUSED, checks=", ".join(map(_said, sorted(failing | again)))))
    return effect


def _stopping(settings: Settings, scope: str) -> list[dict[str, str]]:
    """Return the failed checks that stop what the scope names, waived or not."""
    if scope != RELEASE_SCOPE:
        return list(holding_checks(settings, _extract_of(scope)))
    rows = review.read(settings, review.FAILED_CHECKS)
    return [row for row in rows if row["severity"] == "refuse" and row["stage"] != _EXTRACT_STAGE]


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
        yield OpenItem(
            item,
            say("{check} of {of} failed", check=row["check_name"], of=_named(_scope_of(row))),
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


GROUP = Group({"check_waiver": CheckWaiver}, effect, open_items=open_items, answers=answers)
