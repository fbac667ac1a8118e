"""`njia decide …`: what stewards decide, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.options import (
    EXISTING_FILE,
    author_and_reason,
    country_of,
    day_of,
    installation,
    json_output,
    written_installation,
)
from orchestration.core import Settings, UsageError

if TYPE_CHECKING:
    from orchestration.stewardship import Preview


@click.group()
def decide_command() -> None:
    """Record a steward's decision.

    The next refresh acts on it.
    """


def _decision(name: str, *parameters: Callable[..., Any]) -> Callable[[Callable[..., Any]], click.Command]:
    """Return a decorator that makes a function a subcommand.

    It has these parameters, --preview, --author and --reason.
    """

    def as_command(function: Callable[..., Any]) -> click.Command:
        wrapped = author_and_reason(written_installation(function))
        for parameter in reversed(parameters):
            wrapped = parameter(wrapped)
        wrapped = click.option("--preview", is_flag=True, help="Show what it would change; record nothing.")(
            wrapped
        )
        return decide_command.command(name)(wrapped)

    return as_command


def _record(
    kind: str, settings: Settings, author: str, reason: str, preview: bool = False, **payload: Any
) -> None:
    from orchestration import stewardship

    if preview:
        wanted = [(kind, payload)]
        _show(stewardship.try_decisions(settings, wanted, author, reason, settings.as_of()))
        return
    entry = stewardship.record_decision(settings, kind, author, reason, settings.as_of(), **payload)
    if entry["needs_second"]:
        next_step = f"It holds once a second person confirms it: njia decide confirm {entry['id']}"
    else:
        next_step = _takes_part(settings)
    console.say(f"Decision {entry['id']} recorded. {next_step}")


def _show(found: Preview) -> None:
    """Print a preview; a decision that cannot be made is wrong use."""
    if found.faults:
        raise UsageError(found.faults[0])
    for sentence in (*found.recorded, *found.says):
        console.say(sentence)
    for heading, rows in (("Records", found.changes), ("Published numbers", found.numbers)):
        if rows:
            table = console.table(heading, "now", "then")
            for one in rows:
                table.add_row(*(escape(str(cell)) for cell in (one.what, one.before, one.after)))
            console.out.print(table)
    for note in found.notes:
        console.say(note)
    console.say("Nothing was recorded: leave out --preview to decide.")


def _takes_part(settings: Settings) -> str:
    """Say which refresh acts on a decision made now."""
    from orchestration import stewardship

    if since := stewardship.refresh_since(settings):
        return f"A refresh is running since {since:%H:%M} UTC: this takes part in the next one."
    return "It takes part in the next refresh: njia refresh"


@_decision(
    "waive-check",
    click.argument("check"),
    click.option(
        "--scope",
        default="release",
        show_default=True,
        help="An extract as PARTNER/EXTRACT_ID, `release`, or a part of it such as release/PARTNER.",
    ),
    click.option("--expires", required=True, help="Last day it holds, such as 2027-01-31."),
)
def decide_waive(settings: Settings, expires: str, **asked: Any) -> None:
    """Let a failed CHECK pass for a time.

    The waiver lapses when the check changes.
    """
    _record("check_waiver", settings, expires=day_of(expires), **asked)


@_decision("accept-extract", click.argument("partner"), click.argument("extract_id"))
def decide_accept(settings: Settings, **asked: Any) -> None:
    """Put a held extract in force."""
    _record("extract_accept", settings, **asked)


@_decision("withdraw-extract", click.argument("partner"), click.argument("extract_id"))
def decide_withdraw(settings: Settings, **asked: Any) -> None:
    """Take an extract out of force.

    The partner's earlier extract is in force again.
    """
    _record("extract_withdraw", settings, **asked)


@_decision(
    "place-alias",
    click.argument("text"),
    click.argument("place_id"),
    click.option("--country", help="Only for mentions that state this country: KEN, KE or Kenya."),
    click.option("--partner", help="Only in the records of this partner."),
    click.option(
        "--role",
        type=click.Choice(["origin", "transit", "destination"]),
        help="Only as this stop of a journey.",
    ),
    click.option("--override", is_flag=True, help="Even if the name already has a certain meaning."),
)
def decide_alias(settings: Settings, country: str | None, **asked: Any) -> None:
    """Say which place a name means.

    TEXT is the name, or its token (t-…) from the list of open names. Of several decisions on a name the
    most specific holds: for a partner and a role, for a partner, for a role, for all.
    """
    _record("place_alias", settings, country=country_of(country), **asked)


@_decision("link-accept", click.argument("record_a"), click.argument("record_b"))
def decide_link_accept(settings: Settings, **asked: Any) -> None:
    """Link two records of one person.

    RECORD_A and RECORD_B are named as in review/links.csv.
    """
    _record("link_accept", settings, **asked)


@_decision("link-reject", click.argument("record_a"), click.argument("record_b"))
def decide_link_reject(settings: Settings, **asked: Any) -> None:
    """Keep two records apart.

    They are of two persons. RECORD_A and RECORD_B are named as in review/links.csv.
    """
    _record("link_reject", settings, **asked)


@_decision(
    "release-row",
    click.argument("record"),
    click.option(
        "--rule", "rules", multiple=True, help="Only from this rule [all that quarantine the record]."
    ),
)
def decide_release_row(settings: Settings, **asked: Any) -> None:
    """Let a quarantined RECORD in.

    RECORD is r-…, or EXTRACT_ID:ROW. Values that could not be read stay unknown.
    """
    _record("row_release", settings, **asked)


@_decision("exclude-row", click.argument("record"))
def decide_exclude_row(settings: Settings, **asked: Any) -> None:
    """Leave a RECORD out.

    RECORD is r-…, or EXTRACT_ID:ROW. Every copy of it is left out, earlier and later ones.
    """
    _record("row_exclude", settings, **asked)


@_decision("correct-value", click.argument("record"), click.argument("field"), click.argument("value"))
def decide_correct(settings: Settings, **asked: Any) -> None:
    """Correct one written value.

    RECORD is r-…, or EXTRACT_ID:ROW. FIELD is a field of the model, such as event_on. VALUE is what the
    partner should have written, as the partner writes it; of a place its name or id. The partner's receipt
    names row, column and reason.
    """
    _record("value_correction", settings, **asked)


@_decision(
    "change-agreement",
    click.argument("partner"),
    click.argument("contract"),
    click.option("--valid-to", help="New last day, such as 2027-12-31."),
    click.option("--finest-place", type=click.Choice(["country", "county", "border_point", "town"])),
    click.option("--retention-years", type=int, help="How long records may be kept."),
)
def decide_agreement(
    settings: Settings,
    valid_to: str | None,
    finest_place: str | None,
    retention_years: int | None,
    **asked: Any,
) -> None:
    """Change the terms of an agreement.

    They are what was agreed with PARTNER since its CONTRACT was written.
    """
    terms = {
        "valid_to": day_of(valid_to) if valid_to else None,
        "finest_place": finest_place,
        "retention_years": retention_years,
    }
    if retention_years:
        console.warn(
            "The next refresh erases records past their retention, and their sealed originals. That "
            "cannot be undone: if the number is wrong, revoke the decision before it."
        )
    _record("agreement_change", settings, terms=terms, **asked)


@_decision("sign-policy")
def decide_policy(settings: Settings, **asked: Any) -> None:
    """Sign the publication policy.

    Releases are published only under a signed policy. A later change needs a new signature.
    """
    from orchestration.core import load_publication_policy

    policy = load_publication_policy()
    changed = ", ".join(policy.changed) or "nothing"
    console.say(f"Publication policy {policy.version}; changed from the one shipped: {changed}")
    _record("policy_sign_off", settings, policy=policy.version, **asked)


@_decision("sign-candidate")
def decide_sign(settings: Settings, **asked: Any) -> None:
    """Sign the candidate that waits.

    The next refresh publishes it. A candidate that changes meanwhile needs a new signature.
    """
    _record("candidate_signature", settings, **asked)


@_decision("republish", click.argument("year", type=int))
def decide_republish(settings: Settings, **asked: Any) -> None:
    """Publish a closed YEAR again.

    It is published as known now, with new noise. At most once a year: two draws of the noise together
    reveal a little more than one.
    """
    _record("year_republication", settings, **asked)


@_decision("release-alert", click.argument("origin"), click.argument("destination"))
def decide_alert(settings: Settings, origin: str, destination: str, **asked: Any) -> None:
    """Release an alert to the public.

    ORIGIN and DESTINATION are places by name or id, such as Mandera Nairobi or KE009 KE047. The public sees
    corridor, direction and first month, no counts. A fresh warning also warns traffickers.
    """
    _record("alert_release", settings, corridor=f"{origin}>{destination}", **asked)


@decide_command.command("waiting")
@click.option("--kind", help="Only items of this kind, such as place, rows, check or link.")
@click.option("--partner", help="Only items about this partner.")
@json_output
@installation
def decide_waiting(settings: Settings, kind: str | None, partner: str | None, as_json: bool) -> None:
    """List what waits for a steward.

    The most valuable items come first.
    """
    from orchestration.core import refreshes
    from orchestration.stewardship import items, refresh_since, worklists

    if kind is not None and kind not in items.KINDS:
        raise UsageError(f"There is no kind of item called {kind!r}. There are: {', '.join(items.KINDS)}.")
    chosen = [
        worklists.as_dict(waiting)
        for waiting in worklists.open_items(settings)
        if (kind is None or waiting.item.kind == kind)
        and (partner is None or worklists.is_about(waiting, partner))
    ]
    running, ended = refresh_since(settings), refreshes.lists_as_of(settings)
    since, listed = (moment.isoformat() if moment else None for moment in (running, ended))
    if as_json:
        console.print_json({"items": chosen, "refresh_running_since": since, "lists_as_of": listed})
        return
    if since:
        console.show_refresh_running(since, listed)
    console.show_items(chosen, with_names=True)
    if not chosen:
        console.say(
            "Nothing that you asked for waits for a steward."
            if kind or partner
            else "Nothing waits for a steward."
        )


@_decision("confirm", click.argument("decision_id"))
def decide_confirm(settings: Settings, decision_id: str, author: str, reason: str, preview: bool) -> None:
    """Confirm, as the second person."""
    from orchestration import stewardship

    if preview:
        _show(stewardship.try_confirmations(settings, [decision_id], author, reason, settings.as_of()))
        return
    stewardship.confirm(settings, decision_id, author, reason, settings.as_of())
    console.say(f"Decision {decision_id} is confirmed and holds. {_takes_part(settings)}")


@_decision("revoke", click.argument("decision_id"))
def decide_revoke(settings: Settings, decision_id: str, author: str, reason: str, preview: bool) -> None:
    """Revoke an earlier decision."""
    from orchestration import stewardship

    if preview:
        _show(stewardship.try_revocations(settings, [decision_id], author, reason, settings.as_of()))
        return
    stewardship.revoke(settings, decision_id, author, reason, settings.as_of())
    console.say(f"Decision {decision_id} is revoked. {_takes_part(settings)}")


@decide_command.command("list")
@json_output
@installation
def decide_list(settings: Settings, as_json: bool) -> None:
    """List every decision, newest last."""
    from orchestration import stewardship

    decisions = stewardship.list_decisions(settings)
    if as_json:
        console.print_json({"decisions": decisions})
    else:
        show_decisions(decisions)


@decide_command.command("export")
@installation
def decide_export(settings: Settings) -> None:
    """Print decisions as lines of JSON.

    `njia decide import` reads them.
    """
    from orchestration import stewardship

    for line in stewardship.export_lines(settings):
        click.echo(line)


@decide_command.command("import")
@click.argument("file", type=EXISTING_FILE)
@written_installation
def decide_import(settings: Settings, file: Path) -> None:
    """Add decisions of an exported FILE.

    All of them, or none. They keep ids, authors and times. Those that are there already, and those that went
    with a forgotten record, are left out.
    """
    from orchestration import stewardship
    from orchestration.stewardship import audit

    added, left_out = stewardship.import_lines(settings, file, audit.os_user())
    console.say(f"Imported {added:,}, left out {left_out:,}.{f' {_takes_part(settings)}' if added else ''}")


def show_decisions(decisions: list[dict[str, Any]]) -> None:
    if not decisions:
        console.say("No decision has been recorded yet.")
        return
    table = console.table("decision", "day", "what it says", whole=["decision", "day"])
    for entry in decisions:
        says = escape(entry["says"])
        if entry["revoked_by"]:
            says += f"\n[yellow]revoked by {entry['revoked_by']}[/]"
        elif entry["without_effect"]:
            says += f"\n[yellow]without effect: {escape(entry['without_effect'])}[/]"
        says += f"\n[dim]{escape(entry['author'])}: {escape(entry['reason'])}[/]"
        table.add_row(entry["id"], str(entry["time"])[:10], says)
    console.out.print(table)
