"""Pages of an extract, a waiting file and a check; the draft of a message that asks about a held extract.

A check says why it exists, what it observed now and before, and what to do.

The draft holds counts of the partner's own file, and no value of a person, reference or name of a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from expectations.checks import CHECKS, EXTRACT_CHECKS, is_of_release, is_waivable, unexplained_checks
from orchestration.core import Settings, of_text, seed_rows
from orchestration.intake import read_register
from orchestration.stewardship import audit, review
from orchestration.stewardship.decisions.active import active_decisions
from orchestration.stewardship.desk.drawings import side_by_side, trend_of
from orchestration.stewardship.desk.lists import item_page
from orchestration.stewardship.desk.visit import Visit, or_404
from orchestration.stewardship.desk.words import LANGUAGES, Words, words_of
from orchestration.stewardship.items import Item, extract_check, file_not_taken, held_extract
from orchestration.stewardship.kinds.check_waiver import item_of_check, longest_waiver
from orchestration.stewardship.worklists.listing import why_in_short

TIME_TO_ANSWER = USUAL_WAIVER = timedelta(days=14)
_NOTHING = "Nothing;"  # how a reason begins that asks the partner for nothing


def key_of(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["partner"], row["extract_id"]


def holds(row: Mapping[str, str]) -> bool:
    return row["severity"] == "hold" and row["waived"] != "True"


def why_held(t: Words, held: Mapping[str, Any], rows: Iterable[Mapping[str, str]]) -> str:
    """Return in one paragraph why an extract is held, by its rows of failed checks; empty for others."""
    holding = (row for row in rows if key_of(row) == key_of(held) and holds(row)) if held else ()
    findings = {row["check_name"]: review.finding_of(row) or t.check(row["check_name"]) for row in holding}
    said = [t.said(one).rstrip(".") for one in review.why_held(held, findings)] if held else []
    return f"{'. '.join(said)}." if said else held.get("reason") or ""


def extract(visit: Visit, item: Item) -> Response:
    """Show what the gate found in one extract, what differs, whom to ask, and the form to decide."""
    (partner, extract_id), settings = item.key, visit.settings
    note = or_404(next((one for one in landed(settings, partner) if one["extract_id"] == extract_id), None))
    failed = [
        row
        | {"path": extract_check(partner, extract_id, row["check_name"]).path}
        | {"finding": review.finding_of(row)}
        for row in review.read(settings, review.FAILED_CHECKS)
        if key_of(row) == item.key
    ]
    held = review.held_one(settings, item.key)
    differs = visit.desk.elsewhere.differences(settings, partner, extract_id) if failed else None
    proof = differs.proof if differs and visit.names.is_steward else ()
    if proof:
        audit.record(settings, visit.author, "viewed", f"{partner}/{extract_id}", rows=len(proof))
    is_explained = bool(held.get("cause_key"))
    # The contract names whom to ask.
    contracts = visit.contracts.valid.get(partner, [])
    of_note = [one.partner.steward for one in contracts if one.contract == note["contract"]]
    return item_page(
        visit,
        "extract",
        item,
        partner=partner,
        note=note,
        failed=failed,
        is_held=bool(held),
        happened=why_held(visit.words, held, failed),
        contact=next(iter(of_note), None),
        differs=differs,
        proof=proof,
        is_explained=is_explained,
        unexplained=unexplained_checks((row["check_name"] for row in failed), held.get("cause_key", "")),
        months=side_by_side(differs.months) if differs and not is_explained else [],
        fields=[
            (one, side_by_side(one.values, (one.before, one.now)))
            for one in (differs.fields if differs and not is_explained else ())
        ],
        drafts=_drafts(visit, note, failed, held),
    )


def file(visit: Visit, item: Item) -> Response:
    """Show a file that waits in the inbox, and why."""
    rows = review.read(visit.settings, review.FILES_NOT_TAKEN)
    row = or_404(next((row for row in rows if file_not_taken(row["partner"], row["file"]) == item), None))
    return item_page(visit, "file", item, row=row, why=why_in_short(row))


def landed(settings: Settings, partner: str) -> list[dict[str, Any]]:
    """Return the notes of a partner's extracts, newest first. The name of a file is for the desk alone."""
    notes = [
        {"file": None, "period": None, **note, "partner": partner, "extract_id": extract_id}
        for extract_id, note in read_register(settings.landing, partner).items()
    ]
    return sorted(notes, key=lambda note: note["sequence"], reverse=True)


def _drafts(
    visit: Visit, note: dict[str, Any], failed: list[dict[str, str]], held: Mapping[str, Any]
) -> dict[str, str]:
    """Return the message to the partner by language; empty where the partner cannot help."""
    reasons = {row["reason"].removeprefix("check:"): row for row in seed_rows("file_reasons")}
    asked = [
        (row, reasons[row["check_name"]])
        for row in failed
        if row["check_name"] in reasons and holds(row) and row["outcome"] == "failed"
    ]
    asked = [(row, reason) for row, reason in asked if not reason["partner_action"].startswith(_NOTHING)]
    unexplained = unexplained_checks((row["check_name"] for row, _ in asked), held.get("cause_key", ""))
    answer_by = str(visit.settings.as_of().date() + TIME_TO_ANSWER)
    drafts = {}
    for language in LANGUAGES if asked else ():
        words = words_of(language)
        points = []
        if held.get("cause"):
            points.append(f"- {words.said(of_text(held['cause']))}. {words.said(held['question'])}")
        for row, reason in ((row, reason) for row, reason in asked if row["check_name"] in unexplained):
            finding = "" if EXTRACT_CHECKS[row["check_name"]].names_others else words.said(row["finding"])
            finding = finding or words.said(reason["explanation"]).rstrip(".")
            points.append(f"- {finding}. {words.said(reason['partner_action'])}")
        drafts[language] = "\n\n".join(
            [
                words("ask.greeting"),
                words("ask.came", day=str(note["received_on"]), rows=int(note["rows_landed"])),
                "\n".join(dict.fromkeys(points)),
                words("ask.until", day=answer_by),
                words("ask.thanks"),
            ]
        )
    return drafts


def check(visit: Visit, item: Item) -> Response:
    """Show one check of the release or of one extract, also one that has passed since."""
    *of, name = item.key
    scope, is_extract = "/".join(of), not is_of_release(of[0])
    failed = [
        {**row, "finding": review.finding_of(row)}
        for row in review.read(visit.settings, review.FAILED_CHECKS)
        if item_of_check(row) == item
    ]
    # Of a check that passes, the words of today.
    words: Any = failed[0] if failed else CHECKS.get(name)
    today = visit.settings.as_of().date()
    in_force = active_decisions(visit.settings, visit.settings.as_of())["check_waiver"]
    return item_page(
        visit,
        "check",
        item,
        is_failed=any(row["waived"] != "True" for row in failed),
        name=name,
        scope=scope,
        of_extract=held_extract(*of) if is_extract else None,
        failed=failed,
        words_of_check=or_404(words),
        trend=trend_of(visit.settings, name, of[1] if len(of) > 1 else None),
        is_waivable=is_waivable(name),
        waivers=[one for one in in_force if (one["check"], one["scope"]) == (name, scope)],
        first_day=today + timedelta(days=1),
        usual_day=today + USUAL_WAIVER,
        last_day=today + longest_waiver(scope),
        needs_second=visit.settings.waivers_need_second,
    )
