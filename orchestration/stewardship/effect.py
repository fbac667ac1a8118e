"""Whether a decision can have any effect: what it names exists, and no decision that holds says the same.

What does not belong here: the form of a decision (`decision_kinds`) and its file (`decision_files`).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from expectations.checks import CHECKS, EXTRACT_CHECKS, RELEASE_CHECKS, is_waivable
from orchestration import places
from orchestration.core import Settings, load_publication_policy, refreshes
from orchestration.stewardship import review
from orchestration.stewardship.assignments import why_nothing_waits, why_taken_already
from orchestration.stewardship.decision_files import read_kind
from orchestration.stewardship.decision_kinds import (
    RELEASE_SCOPE,
    AgreementChange,
    Assignment,
    CheckWaiver,
    Entry,
    ExtractAccept,
    ExtractWithdraw,
    LinkAccept,
    LinkReject,
    PlaceAlias,
    PolicySignOff,
    RowExclude,
    RowRelease,
    YearRepublication,
)
from orchestration.stewardship.effect_on_records import (
    is_typed,
    ruled_on_record,
    why_no_agreement,
    why_records_missed,
    why_rules_bind,
)
from orchestration.stewardship.said import listed, say, together

MOST_NAMED = 5
DAYS_BETWEEN_REPUBLICATIONS = 365


def why_without_effect(settings: Settings, decision: Entry, holding: Iterable[Entry] = ()) -> str | None:
    """A sentence with what was found, what there is and what to do; None for a decision that acts.

    `holding` are the decisions that hold already, oldest first, without this one.
    """
    return why_without_object(settings, decision) or why_decided_already(decision, holding)


def why_without_object(settings: Settings, decision: Entry) -> str | None:
    """The same for what a decision points at, which may go after the decision was made."""
    if isinstance(decision, CheckWaiver):
        return _of_waiver(settings, decision)
    if isinstance(decision, ExtractAccept | ExtractWithdraw):
        return Landed.read(settings).why_unknown(decision.partner, decision.extract_id)
    if isinstance(decision, PlaceAlias):
        return _of_place(decision)
    if isinstance(decision, RowRelease):
        return why_rules_bind(decision)
    if isinstance(decision, AgreementChange):
        return why_no_agreement(settings, decision)
    if isinstance(decision, PolicySignOff):
        return _of_policy(decision)
    if isinstance(decision, YearRepublication):
        return _of_year(settings, decision)
    return None


def _of_policy(decision: PolicySignOff) -> str | None:
    now = load_publication_policy().version
    if decision.policy == now:
        return None
    return say(
        "The publication policy was {then} when it was signed and is {now} now. Read "
        "seeds/reference/publication_policy.csv, and sign that: njia decide sign-policy",
        then=decision.policy,
        now=now,
    )


def _of_year(settings: Settings, decision: YearRepublication) -> str | None:
    periods = _public_periods(settings)
    note = periods.get(f"year-{decision.year}")
    if note is None:
        years = [period.removeprefix("year-") for period in sorted(periods) if period.startswith("year-")]
        return say(
            "The public edition has no year {year}, so there is nothing to publish anew. Its years are: "
            "{years}.",
            year=str(decision.year),
            years=listed(years) or "-",
        )
    for other in read_kind(settings, "year_republication"):  # those taken back since count too
        if other.id == decision.id or other.id not in note["republished_by"]:
            continue
        if 0 <= (decision.time - other.time).days < DAYS_BETWEEN_REPUBLICATIONS:
            return say(
                "Decision {id} published {year} anew on {day}. A year is published anew at most once in "
                "{days} days: whoever keeps several versions could average their noise away.",
                id=other.id,
                year=str(decision.year),
                day=f"{other.time:%Y-%m-%d}",
                days=str(DAYS_BETWEEN_REPUBLICATIONS),
            )
    return None


def _public_periods(settings: Settings) -> dict[str, Any]:
    """What the newest release with a public edition notes of its periods, whether it is in force or not."""
    manifests = [
        json.loads(path.read_text(encoding="utf-8")) for path in settings.releases.glob("[!.]*/manifest.json")
    ]
    newest: dict[str, Any] = max(
        (manifest for manifest in manifests if manifest.get("periods")),
        key=lambda manifest: int(manifest["sequence"]),
        default={},
    )
    periods: dict[str, Any] = newest.get("periods", {})
    return periods


def why_decided_already(decision: Entry, holding: Iterable[Entry]) -> str | None:
    """The same for what holds already."""
    if isinstance(decision, CheckWaiver):
        return _waived_already(decision, holding)
    if isinstance(decision, ExtractAccept | ExtractWithdraw):
        return _decided_already(decision, holding)
    if isinstance(decision, PlaceAlias):
        return _named_already(decision, holding)
    if isinstance(decision, LinkAccept | LinkReject):
        return _ruled_already(decision, holding)
    if isinstance(decision, PolicySignOff):
        same = (one for one in holding if isinstance(one, PolicySignOff) and one.policy == decision.policy)
        return next((_already("Decision {id} has signed this policy.", one) for one in same), None)
    if isinstance(decision, YearRepublication):
        recent = (
            one
            for one in holding
            if isinstance(one, YearRepublication)
            and one.year == decision.year
            and abs((decision.time - one.time).days) < DAYS_BETWEEN_REPUBLICATIONS
        )
        return next(
            (_already("Decision {id} republished this year less than a year ago.", one) for one in recent),
            None,
        )
    if isinstance(decision, Assignment):
        return why_taken_already(decision, holding)
    if isinstance(decision, RowRelease | RowExclude) and (other := ruled_on_record(decision, holding)):
        if isinstance(other, RowExclude):
            return _already("Decision {id} leaves this record out already.", other)
        return _already("Decision {id} lets this record in already.", other)
    return None


def why_unknown(settings: Settings, decision: Entry) -> str | None:
    """A sentence if a decision is about records that no typed extract holds, or about nothing that waits.

    Asked only when it is made: a record that is withdrawn later does not stop the refreshes.
    """
    if isinstance(decision, Assignment):
        return why_nothing_waits(settings, decision)
    if isinstance(decision, CheckWaiver):
        return _why_not_failing(settings, decision)
    if isinstance(decision, RowRelease | RowExclude):
        return why_records_missed(settings, decision)
    if not isinstance(decision, LinkAccept | LinkReject):
        return None
    for record in (decision.record_a, decision.record_b):
        if not is_typed(settings, record):
            return say(
                "No extract holds a record {record}. review/links.csv names the pairs that wait for a "
                "decision, as record_a and record_b.",
                record=record,
            )
    return None


def _ruled_already(decision: LinkAccept | LinkReject, holding: Iterable[Entry]) -> str | None:
    for other in holding:
        if isinstance(other, LinkAccept | LinkReject) and other.pair == decision.pair:
            if isinstance(other, LinkAccept):
                return _already("Decision {id} says that these records are of one person.", other)
            return _already("Decision {id} says that these records are of two persons.", other)
    return None


@dataclass(frozen=True)
class Landed:
    """Ids of the landed extracts by partner, those whose reading again was cut short included."""

    extracts: dict[str, list[str]]

    @classmethod
    def read(cls, settings: Settings) -> Landed:
        found: dict[str, list[str]] = {}
        for suffix in ("json", "earlier"):
            for path in sorted(settings.landing.glob(f"*/[!.]*.{suffix}")):
                found.setdefault(path.parent.name, []).append(path.stem)
        return cls(found)

    def partners_of(self, extract_id: str) -> list[str]:
        return [partner for partner, ids in self.extracts.items() if extract_id in ids]

    def why_unknown(self, partner: str, extract_id: str) -> str | None:
        if extract_id in self.extracts.get(partner, ()):
            return None
        if owners := self.partners_of(extract_id):
            return say(
                "Partner {partner} has no landed extract {extract}; {owners} has.",
                partner=partner,
                extract=extract_id,
                owners=", ".join(owners),
            )
        if partner not in self.extracts:
            near = _nearest(partner, self.extracts)
            return say(
                "No extract of a partner {partner} has landed. {near} `njia status` lists the partners.",
                partner=partner,
                near=near,
            )
        near = _nearest(extract_id, self.extracts[partner])
        return say(
            "Partner {partner} has no landed extract {extract}. {near} `njia status` and "
            "review/failed_checks.csv name the extracts.",
            partner=partner,
            extract=extract_id,
            near=near,
        )


def full_scope(settings: Settings, scope: str) -> str:
    """`partner/extract_id` for the bare id of an extract that one partner alone landed; else unchanged."""
    owners = Landed.read(settings).partners_of(scope)
    return f"{owners[0]}/{scope}" if len(owners) == 1 else scope


def _of_waiver(settings: Settings, waiver: CheckWaiver) -> str | None:
    check, scope = waiver.check, waiver.scope
    if check not in CHECKS:
        return say(
            "No gate has a check {check}. {near} A waiver covers checks of the gates only: "
            "review/failed_checks.csv names those that failed.",
            check=check,
            near=_nearest(check, CHECKS),
        )
    if not is_waivable(check):
        return say(
            "{check} cannot be waived: it guards that nothing disappears. Mend what it found.", check=check
        )
    if waiver.check_definition != CHECKS[check].definition:
        return say(
            "{check} has changed since it was waived, so the waiver has lapsed. Waive it anew if need be.",
            check=check,
        )
    if scope == RELEASE_SCOPE:
        if check not in RELEASE_CHECKS:
            return say(
                "{check} is a check of the extract gate, so its waiver needs the extract: "
                "--scope PARTNER/EXTRACT_ID, as `njia status` shows it.",
                check=check,
            )
        return None
    if check not in EXTRACT_CHECKS:
        return say(
            "{check} is a check of the release gate, not of an extract: leave out --scope.", check=check
        )
    landed = Landed.read(settings)
    partner, _, extract_id = scope.rpartition("/")
    if partner:
        return landed.why_unknown(partner, extract_id)
    owners = landed.partners_of(extract_id)
    if not owners:
        near = _nearest(extract_id, {one for ids in landed.extracts.values() for one in ids})
        return say(
            "No landed extract has the id {extract}. {near} `njia status` names the extracts.",
            extract=extract_id,
            near=near,
        )
    if len(owners) > 1:
        choices = " or ".join(f"--scope {owner}/{extract_id}" for owner in owners)
        return say(
            "Several partners landed the extract {extract}. Say which: {choices}.",
            extract=extract_id,
            choices=choices,
        )
    return None


def _why_not_failing(settings: Settings, waiver: CheckWaiver) -> str | None:
    """Nobody waives ahead: what the check will find is what a steward has to weigh."""
    failed = review.read(settings, review.FAILED_CHECKS)
    scopes = {
        f"{row['partner']}/{row['extract_id']}" if row["partner"] else RELEASE_SCOPE
        for row in failed
        if row["check_name"] == waiver.check
    }
    if waiver.scope in scopes or not refreshes.history(settings):
        return None
    return say(
        "{check} did not fail in the last refresh of {of}, so there is nothing to waive. Waive it when it "
        "has failed: review/failed_checks.csv names what did.",
        check=waiver.check,
        of="the release" if waiver.scope == RELEASE_SCOPE else waiver.scope,
    )


def _waived_already(waiver: CheckWaiver, holding: Iterable[Entry]) -> str | None:
    for other in holding:
        if (
            isinstance(other, CheckWaiver)
            and (other.check, other.scope) == (waiver.check, waiver.scope)
            and other.check_definition == waiver.check_definition
            and other.expires >= waiver.expires
        ):
            return _already("Decision {id} waives this until {day} already.", other, day=str(other.expires))
    return None


def _decided_already(decision: ExtractAccept | ExtractWithdraw, holding: Iterable[Entry]) -> str | None:
    of_extract = [
        other
        for other in holding
        if isinstance(other, ExtractAccept | ExtractWithdraw)
        and (other.partner, other.extract_id) == (decision.partner, decision.extract_id)
    ]
    if not of_extract or of_extract[-1].kind != decision.kind:
        return None
    other, day = of_extract[-1], str(of_extract[-1].time.date())
    if decision.kind == "extract_accept":
        return _already("Decision {id} of {day} has accepted this extract already.", other, day=day)
    return _already("Decision {id} of {day} has withdrawn this extract already.", other, day=day)


def _of_place(alias: PlaceAlias) -> str | None:
    known = places.place_names()
    if alias.place_id not in known:
        by_name = {name.casefold(): place_id for place_id, name in known.items()}
        near = get_close_matches(alias.place_id, known, n=3) or [
            by_name[name] for name in get_close_matches(alias.place_id.casefold(), by_name, n=3)
        ]
        meant = ", ".join(f"{one} ({known[one]})" for one in near)
        return together(
            say("There is no place {place} in the reference places.", place=alias.place_id),
            say("Nearest: {places}.", places=meant) if near else "",
            "`njia place NAME` finds the id of a place.",
        )
    if alias.country is not None and places.country_code(alias.country) != alias.country:
        return say(
            "There is no country with the code {country}. Give its ISO code with three letters, such as KEN "
            "or UGA, or leave the country out.",
            country=alias.country,
        )
    return None


def _named_already(alias: PlaceAlias, holding: Iterable[Entry]) -> str | None:
    for other in holding:
        if (
            isinstance(other, PlaceAlias)
            and places.norm(other.text) == places.norm(alias.text)
            and other.country == alias.country
        ):
            known = places.place_names()
            place = f"{other.place_id} ({known.get(other.place_id, '–')})"
            if other.place_id == alias.place_id:
                return _already("Decision {id} says that this name means {place}.", other, place=place)
            sentence = "Decision {id} says that this name means {place}, another place."
            return _already(sentence, other, place=place)
    return None


def _already(sentence: str, other: Entry, **given: Any) -> str:
    """Who decided it, and how to decide anew."""
    by_whom = say(
        "{author} decided that on {day} at {time} UTC. To decide anew, first take it back: "
        "`njia decide revoke {id}`.",
        author=other.author,
        day=f"{other.time:%Y-%m-%d}",
        time=f"{other.time:%H:%M}",
        id=other.id,
    )
    return together(say(sentence, id=other.id, **given), by_whom)


def _nearest(given: str, known: Collection[str]) -> str:
    near: Sequence[Any] = get_close_matches(given, known, n=3)
    if near:
        return say("Did you mean {names}?", names=", ".join(near))
    if not known:
        return "There is none yet."
    listed = sorted(known)
    names = ", ".join(listed[:MOST_NAMED])
    if len(listed) <= MOST_NAMED:
        return say("There are: {names}.", names=names)
    return say("There are: {names} and {number} more.", names=names, number=len(listed) - MOST_NAMED)
