"""Every decision at the desk: form, preview, decision, undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from orchestration.core import NjiaError, UsageError, say
from orchestration.stewardship.decisions.active import list_decisions
from orchestration.stewardship.decisions.previews import (
    Change,
    Preview,
    try_confirmations,
    try_decisions,
    try_revocations,
)
from orchestration.stewardship.decisions.recording import (
    CONFIRM,
    REVOKE,
    SentForm,
    find_sent,
    record_decisions,
)
from orchestration.stewardship.desk.guard import local_path
from orchestration.stewardship.desk.lists import Choice, List
from orchestration.stewardship.desk.views import items, links, places, releases
from orchestration.stewardship.desk.views.front import refreshing
from orchestration.stewardship.desk.views.rows import rows_of_rule
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.kinds.decision import NO_SUCH_FORM, Form, Payload
from orchestration.stewardship.kinds.registry import KINDS

SHORTEST_NAME = 16
MOST_AT_ONCE = 1000
ROLL_BACK = "rollback"  # acts at once
_ABOUT_DECISIONS = {
    REVOKE: (try_revocations, "preview.revoke"),
    CONFIRM: (try_confirmations, "preview.confirm_decision"),
}
# Lists whose rows are decided together; `rows_of_rule` has an address for each item.
LISTS: dict[str, Callable[[Visit], List]] = {
    "/places": places.list_of_places,
    "/links": links.list_of_links,
    "/alerts": releases.list_of_alerts,
}


@dataclass(frozen=True)
class DecisionForm:
    """`payloads` are the fields of decisions of one `kind`; for REVOKE and CONFIRM each holds an `id`."""

    kind: str
    payloads: list[Payload]

    @property
    def ids(self) -> list[str]:
        return [str(payload["id"]) for payload in self.payloads]


def read_form(data: FormData) -> DecisionForm:
    """Raises UsageError where nothing was chosen or a field cannot be what it should."""
    form = Form(data.multi_items())
    kind = form.text("kind")
    if kind in _ABOUT_DECISIONS:
        payloads: list[Payload] = [{"id": decision_id} for decision_id in form.all("id")]
    elif kind in KINDS:
        payloads = list(KINDS[kind].read_form(form))
    else:
        raise UsageError(say(NO_SUCH_FORM))
    if not payloads:
        raise UsageError(say("Nothing was chosen. Choose what this is about."))
    if len(payloads) > MOST_AT_ONCE:
        raise UsageError(
            say(
                "These are {number}; at most {most} can be decided at once. Narrow the list and decide in "
                "parts.",
                number=f"{len(payloads):,}",
                most=f"{MOST_AT_ONCE:,}",
            )
        )
    return DecisionForm(kind, payloads)


def preview(visit: Visit) -> Response:
    """Show what a form would change; nothing is written."""
    matching, reason = _all_that_match(visit), _reason(visit)
    data = _with_all(visit.form, matching) if matching else visit.form
    form = read_form(data)
    asked, from_release = _asked(visit, form, reason)
    if asked.faults and len(form.payloads) == 1 and not matching:
        raise UsageError(asked.faults[0], field=asked.field)
    return visit.page(
        "preview",
        400 if asked.faults else 200,
        kind=form.kind,
        asked=asked,
        reason=reason,
        fields=list(_as_previewed(data, asked, from_release)),
        all=matching,
        matched_before=visit.given("matched"),
        back=local_path(visit.given("back")),
    )


def decide(visit: Visit) -> Response:
    """Record what was previewed. A form sent twice decides once: it is recorded with its decisions."""
    name = visit.given("form")
    if len(name) < SHORTEST_NAME:
        raise HTTPException(400)
    form, reason = read_form(visit.form), _reason(visit)
    try:
        _decide(visit, form, reason, SentForm(name, visit.author, form.kind, local_path(visit.given("back"))))
    except UsageError:
        if find_sent(visit.settings, name) is None:
            raise
    return RedirectResponse(f"/done/{name}", 303)


def done(visit: Visit) -> Response:
    sent = or_404(find_sent(visit.settings, str(visit.request.path_params["form"])))
    if sent.author != visit.author:
        raise HTTPException(404)
    listed = {entry["id"]: entry for entry in list_decisions(visit.settings)}
    entries = [listed[one] for one in sent.ids if one in listed]
    return visit.page(
        "done",
        kind=sent.kind,
        entries=entries,
        can_be_undone=[one["id"] for one in entries if sent.kind not in (REVOKE, CONFIRM, ROLL_BACK)],
        refresh=refreshing(visit),
        back=sent.back,
        roll_back=ROLL_BACK,
    )


def _all_that_match(visit: Visit) -> List | None:
    """Return the list as it is now, where the form asks for all that match."""
    if not (address := visit.given("all")):
        return None
    path, _, query = local_path(address).partition("?")
    asked = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    at = replace(visit, request=Request({**visit.request.scope, **asked}))
    matching = LISTS[path](at) if path in LISTS else rows_of_rule(at, items.item_of(at, "rows"))
    if matching.has_lost_search:
        raise UsageError(say("This search has ended. Go back and search again."))
    return matching


def _with_all(data: FormData, rows: List) -> FormData:
    """Return the form with the rows that match instead of those that were marked."""
    choice = cast(Choice, rows.choice)
    replaced = (choice.field, "all", "matched")
    others = [(name, value) for name, value in data.multi_items() if name not in replaced]
    return FormData([*others, *((choice.field, choice.value(row)) for row in rows.matching)])


def _reason(visit: Visit) -> str:
    if reason := visit.given("reason"):
        return reason
    sentence = say("The reason is empty. Write one for people who read the decision next year.")
    raise UsageError(sentence, field="reason")


def _asked(visit: Visit, form: DecisionForm, reason: str) -> tuple[Preview, str | None]:
    """Return the preview, and of a rollback the release that it would leave."""
    now = visit.settings.as_of()
    if form.kind == ROLL_BACK:
        return _about_releases(visit, str(form.payloads[0]["to_release"]))
    if form.kind not in _ABOUT_DECISIONS:
        wanted = [(form.kind, payload) for payload in form.payloads]
        return try_decisions(visit.settings, wanted, visit.author, reason, now), None
    tried, sentence = _ABOUT_DECISIONS[form.kind]
    tried_out = tried(visit.settings, form.ids, visit.author, reason, now)
    sentences = [
        visit.words(sentence, id=one.id, says=visit.words.said(says))
        for one, says in zip(tried_out.made, tried_out.recorded, strict=True)
    ]
    return replace(tried_out, recorded=sentences), None


def _about_releases(visit: Visit, wanted: str) -> tuple[Preview, str | None]:
    elsewhere = visit.desk.elsewhere
    try:
        current, target = elsewhere.current(visit.settings), elsewhere.fit_to_return(visit.settings, wanted)
    except NjiaError as error:
        return Preview(faults=[str(error)]), None
    if current is None:
        return Preview(faults=[visit.words("front.no_release")]), None
    changes = [Change("movements", current.manifest["movements"], target.manifest["movements"])]
    for name, number in current.manifest["rows"].items():
        changes.append(Change(say("rows {fate}", fate=name), number, target.manifest["rows"].get(name, 0)))
    says = visit.words("preview.rollback", to=target.release_id, back=current.release_id)
    return Preview(recorded=[says], changes=changes), current.release_id


def _as_previewed(data: FormData, asked: Preview, from_release: str | None) -> Iterator[tuple[str, str]]:
    """Yield the form's fields, bound to the rules and release of the preview: others by then are refused."""
    bound = [field for decision in asked.made for field in decision.completed_fields()]
    if from_release:
        bound.append(("from_release", from_release))
    names = {name for name, _ in bound}
    names |= {"csrf", "reason", "form"}
    for name, value in data.multi_items():
        if name not in names and isinstance(value, str):
            yield name, value
    yield from bound


def _decide(visit: Visit, form: DecisionForm, reason: str, sent: SentForm) -> None:
    settings, author, now = visit.settings, visit.author, visit.settings.as_of()
    if form.kind == ROLL_BACK:
        to, left = (str(form.payloads[0][name]) for name in ("to_release", "from_release"))
        visit.desk.elsewhere.roll_back(settings, to, author, reason, now, left, sent)
    else:
        wanted = [(form.kind, payload) for payload in form.payloads]
        record_decisions(settings, author, reason, now, wanted, sent)
