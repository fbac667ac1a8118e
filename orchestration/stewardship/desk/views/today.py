"""Today: one verdict, what is in force, what waits by whose turn it is, and the machine for its operator.

What the operator reads comes from the journal and from files of earlier steps, as in `njia status`. One who
is no steward sees counts, and no partner, name or row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from orchestration.core import read_json, refreshes
from orchestration.intake import pulled_sources
from orchestration.stewardship import audit, messages, review
from orchestration.stewardship.desk.accounts import DAGSTER, DESK, REFRESH, ROLES, TODAY
from orchestration.stewardship.desk.drawings import BAR
from orchestration.stewardship.desk.lists import in_line
from orchestration.stewardship.desk.visit import Visit
from orchestration.stewardship.items import KINDS, OpenItem, partner_of
from orchestration.stewardship.kinds.alert_release import corridor_name
from orchestration.stewardship.kinds.place_alias import open_name_groups
from orchestration.stewardship.kinds.rows import quality_rules
from orchestration.stewardship.running import decisions_waiting, progress, refresh_since
from orchestration.stewardship.worklists.listing import PARTNERS, TURNS, YOURS, about, turns

MOST_ALONE, MOST_GROUPS, MOST_NAMED, MOST_ALERTS = 4, 4, 3, 5
# Shares of what waits that a verdict names, the largest first.
SHARES = (("all", 1.0), ("two_thirds", 0.66), ("half", 0.5), ("third", 0.33))
FAILURES = (refreshes.REFUSED, refreshes.CRASHED, refreshes.STOPPED)


@dataclass(frozen=True)
class Line:
    """One line of what waits: an item, or several that are alike. `number`: how many."""

    title: str
    detail: str
    cases: int
    number: int
    address: str
    action: str


def start(visit: Visit) -> Response:
    """Show the page that an account begins with: Today, or the members' files."""
    account = visit.account
    if not (account and account.may_enter(TODAY)):
        return RedirectResponse("/files", 303)
    refresh = refreshing(visit)
    release = visit.desk.elsewhere.current(visit.settings)
    sees_desk = account.may_enter(DESK)
    groups = [(turn, list(lines)) for turn, lines in _groups(visit)] if sees_desk else []
    most = max((line.cases for _, lines in groups for line in lines), default=0)
    return visit.page(
        "today",
        verdict=_verdict(visit, release, refresh) if sees_desk else (visit.words("today.machine"), ""),
        release=release,
        partners=_partners_in_force(visit),
        standing=review.standing_candidate(visit.settings) if sees_desk else None,
        alerts=list(_alerts(visit)) if sees_desk else [],
        groups=[
            (turn, [(line, round(BAR * line.cases / (most or 1), 1)) for line in lines])
            for turn, lines in groups
        ],
        kinds=Counter(one.item.kind for one in visit.waiting),
        all_kinds=KINDS,
        machine=_machine(visit) if account.may_enter(DAGSTER) else None,
        refresh=refresh,
        refreshing_since=None,
    )


def _partners_in_force(visit: Visit) -> str:
    """Say how many partners have an extract in force, of how many that sent one; some have an earlier one."""
    partners = review.in_force(visit.settings)["partners"]
    serving = {one for name in ("in_force", "stale", "overdue") for one in partners.get(name, ())}
    count, of, earlier = len(serving), len(serving | set(partners.get("held", ()))), partners.get("stale", ())
    said = [visit.words("today.partners", serving=count, of=of)]
    return ", ".join([*said, *([visit.words("today.earlier", count=len(earlier))] if earlier else [])])


# --- the verdict ------------------------------------------------------------------------------------


def _verdict(visit: Visit, release: Any, refresh: dict[str, Any]) -> tuple[str, str]:
    """Return the title of the page and the sentence below it."""
    t, waiting = visit.words, visit.waiting
    cases = sum(one.movements for one in waiting)
    said = t("today.waits", count=len(waiting), cases=cases) if waiting else t("front.nothing_waits")
    if failure := refresh["failure"]:
        return t(f"front.{failure.outcome}"), said
    if review.standing_candidate(visit.settings):
        return t("release.waits"), said
    if release is None:
        return t("front.no_release"), said
    if refresh["age"] == "late":
        return t("front.late"), said
    first, share = _what_holds_back(visit, cases)
    if not first:
        return said.rstrip("."), t("today.no_leader") if waiting else ""
    settled = sum(one.movements for one in first)
    if len(first) == 1:
        return t.heading(first[0].title), " ".join((said, t("today.first_one", settled=settled)))
    kinds = {one.item.kind for one in first}
    what = t(f"many.{kinds.pop() if len(kinds) == 1 else 'all'}", count=len(first))
    title = t("today.holds_back", what=what, share=t(f"share.{share}"))
    return title[0].upper() + title[1:], " ".join(
        (said, t("today.first", number=len(first), settled=settled))
    )


def _what_holds_back(visit: Visit, cases: int) -> tuple[list[OpenItem], str]:
    """Return the few items of stewards that hold back a third of all cases or more, and the share."""
    turn_of = turns(visit.settings)
    yours = [one for one in visit.waiting if one.movements and turn_of(one) == YOURS][:MOST_ALONE]
    for number in range(1, len(yours) + 1):
        part = sum(one.movements for one in yours[:number]) / cases
        if part >= SHARES[-1][1]:
            return yours[:number], next(name for name, least in SHARES if part >= least)
    return [], ""


# --- what waits -------------------------------------------------------------------------------------


def _groups(visit: Visit) -> Iterator[tuple[str, Iterable[Line]]]:
    turn_of, by_turn = turns(visit.settings), dict[str, list[OpenItem]]()
    for one in visit.waiting:
        by_turn.setdefault(turn_of(one), []).append(one)
    for turn in TURNS:
        if items := by_turn.get(turn):
            yield turn, _of_partners(visit, items) if turn == PARTNERS else _one_by_one(visit, items)


def _one_by_one(visit: Visit, items: list[OpenItem]) -> list[Line]:
    """Return the most valuable of each kind alone, then the rest of the kind as one line."""
    t = visit.words
    alone, rest = list[Line](), list[Line]()
    for kind, of_kind in _by(items, lambda one: one.item.kind):
        line = in_line(visit, kind)
        at_once = 0 if kind == "link" and len(of_kind) > 1 else MOST_ALONE
        at_once = len(of_kind) if len(of_kind) == at_once + 1 else at_once
        alone += [_alone(visit, one) for one in of_kind[:at_once]]
        if more := of_kind[at_once:]:
            what = t(f"many.{kind}", count=len(more))
            is_pairs = kind == "link"
            largest = t("today.largest", cases=max(one.movements for one in more))
            rest.append(
                Line(
                    t("today.pairs", count=len(more)) if is_pairs else t("today.more", what=what),
                    t("today.surest_first") if is_pairs else largest,
                    sum(one.movements for one in more),
                    len(more),
                    f"{next(one for one in line if one in more).item.path}?of={kind}",
                    t("act.through", count=len(more)),
                )
            )
    return [*sorted(alone, key=lambda one: -one.cases), *sorted(rest, key=lambda one: -one.cases)]


def _alone(visit: Visit, one: OpenItem) -> Line:
    t, kind = visit.words, one.item.kind
    detail = t.said(one.detail)
    if kind == "place":
        named_by = {group.item: group.named_by for group in open_name_groups(visit.settings)}
        if of_name := named_by.get(one.item):
            count = len({partner for partner, _ in of_name})
            detail = " ".join((t("today.written_by", count=count), detail))
    return Line(t.heading(one.title), detail, one.movements, 1, one.item.path, t(f"act.{kind}"))


def _of_partners(visit: Visit, items: list[OpenItem]) -> list[Line]:
    """Return what partners have to say, one line for each rule or kind; the smallest as one line."""
    t = visit.words
    lines = []
    for (kind, rule), alike in _by(items, lambda one: (one.item.kind, about(one.item))):
        if len(alike) == 1:
            lines.append(_alone(visit, alike[0]))
            continue
        what = t.said(quality_rules()[rule]["title"]) if rule in quality_rules() else t(f"item_kind.{kind}")
        named = [f"{t.partner(partner_of(one.item))} {one.movements:,}" for one in alike[:MOST_NAMED]]
        more = len(alike) - MOST_NAMED
        lines.append(
            Line(
                t("today.of_partners", what=what, count=len({partner_of(one.item) for one in alike})),
                ", ".join([*named, *([t("preview.more", count=more)] if more > 0 else [])]) + ".",
                sum(one.movements for one in alike),
                len(alike),
                f"/work?kind={kind}" + (f"&about={rule}" if rule else ""),
                t("act.see", count=len(alike)),
            )
        )
    lines.sort(key=lambda one: -one.cases)
    if len(lines) <= MOST_GROUPS + 1:
        return lines
    small = lines[MOST_GROUPS:]
    number = sum(one.number for one in small)
    titles = ", ".join(
        dict.fromkeys(one.title.rpartition(":")[0 if one.number > 1 else 2].strip() for one in small)
    )
    together = Line(t("today.smaller", count=number), titles + ".", sum(one.cases for one in small), number,
                    f"/work?turn={PARTNERS}&sort=movements", t("act.see", count=number))  # fmt: skip
    return [*lines[:MOST_GROUPS], together]


def _by(items: Iterable[OpenItem], key: Any) -> list[tuple[Any, list[OpenItem]]]:
    """Return the items by a key, which keep their order."""
    return [(value, list(alike)) for value, alike in groupby(sorted(items, key=key), key)]


def _alerts(visit: Visit) -> Iterator[tuple[str, str]]:
    """Yield corridor and direction of each alert, and what was counted."""
    t = visit.words
    for row in review.read(visit.settings, review.ALERTS)[:MOST_ALERTS]:
        name = t(f"today.alert_{row['direction']}", corridor=corridor_name(row["corridor_id"]))
        counted = t("today.alert_counted", count=row["witness_count"],
                    expected=t("alerts.expected", low=row["expected_low"], high=row["expected_high"]),
                    evidence=t(f"alerts.{row['evidence']}"))  # fmt: skip
        yield name, counted


# --- refreshes --------------------------------------------------------------------------------------


def refreshing(visit: Visit) -> dict[str, Any]:
    """Return what `refresh.html.j2` shows.

    `moves`: the page follows it by itself; `failure`: how the last one ended, where no later one went well;
    `age`: of what is in force, by the last refresh that published or confirmed it.
    """
    settings, now = visit.settings, datetime.now(UTC)
    running, next_run = progress(settings), visit.desk.elsewhere.next_run(settings, now)
    not_before = next_run["not_before"]
    is_soon = next_run["starts"] and not (not_before and datetime.fromisoformat(not_before) > now)
    last = refreshes.last(settings)
    failure = last if last and not running and _has_failed(visit, last) else None
    return {
        "progress": running,
        "next_run": next_run,
        "is_soon": is_soon,
        "moves": running is not None or (is_soon and next_run["can_start"]),
        "last": last,
        "failure": failure,
        "outcome": refreshes.PUBLISHED
        if last and last.outcome in FAILURES and not failure
        else last and last.outcome,
        "age": _age(visit),
        "may_ask": visit.account is not None and visit.account.may_enter(REFRESH),
        "look": "second" if review.standing_candidate(settings) else "",
    }


def _has_failed(visit: Visit, last: refreshes.End) -> bool:
    """Return whether it left readers without its release; one that failed after publishing did not."""
    release = visit.desk.elsewhere.current(visit.settings)
    has_published = release is not None and last.as_of is not None and release.manifest["as_of"] >= last.as_of
    return last.outcome in FAILURES and not (last.outcome != refreshes.REFUSED and has_published)


def _age(visit: Visit) -> str:
    """Return fresh, aging or late, by the last refresh that published or confirmed the release."""
    good = (refreshes.PUBLISHED, refreshes.UNCHANGED)
    ended = [str(end["ended"]) for end in refreshes.history(visit.settings) if end["outcome"] in good]
    if not ended:
        return ""
    age = visit.settings.as_of() - datetime.fromisoformat(ended[-1])
    return "fresh" if age <= refreshes.FRESH_FOR else "aging" if age <= refreshes.LATE_AFTER else "late"


def follow(visit: Visit) -> Response:
    """Show the refresh alone: the pages that follow it fetch this, which names no place."""
    if not (visit.account and visit.account.may_enter(TODAY)):
        raise HTTPException(403)
    return visit.page("following", refresh=refreshing(visit), refreshing_since=None)


def ask(visit: Visit) -> Response:
    """Ask for a refresh, logged first. One that runs and has read every decision needs no other after it."""
    settings = visit.settings
    if not refresh_since(settings) or decisions_waiting(settings).ids:
        audit.record(settings, visit.author, "asked_for_refresh", "refresh")
        refreshes.ask(settings, visit.author)
    return RedirectResponse("/", 303)


def _machine(visit: Visit) -> dict[str, Any]:
    """Return sources, failing channels of messages, the last backup, and the accounts by role."""
    settings, backup = visit.settings, None
    with suppress(FileNotFoundError):
        backup = read_json(settings.last_backup)["made_at"]
    roles = Counter(role for account in visit.desk.accounts() for role in account.roles)
    return {
        "sources": pulled_sources(settings),
        "channels": messages.standing(settings),
        "backup": backup,
        "accounts": [(role, roles[role]) for role in ROLES if roles[role]],
    }
