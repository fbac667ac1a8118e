"""What a steward looks up and decides: place, decide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.options import author_and_reason, country_of, day_of, installation, json_output
from orchestration.cli.root import cli
from orchestration.core import Settings, UsageError


@cli.command()
@click.argument("names", nargs=-1)
@click.option("--file", "names_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--country", help="What the mention says of its country: KEN, KE or Kenya.")
@json_output
@installation
def place(
    settings: Settings, names: tuple[str, ...], names_file: Path | None, country: str | None, as_json: bool
) -> None:
    """What the resolver makes of place NAMES (or of the lines of --file), stewards' decisions first."""
    from orchestration import places, stewardship

    asked = [*names, *(_lines_of(names_file) if names_file else [])]
    if not asked:
        raise UsageError("Give at least one name: njia place Malaba 'Busia, Uganda'")
    aliases = stewardship.active_decisions(settings, settings.as_of()).place_aliases
    found = places.resolve_names(asked, country_of(country), aliases)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        console.show_places(found, places.described)


def _lines_of(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8 text. Save it again as UTF-8, one name a line.") from None


@cli.group()
def decide() -> None:
    """Record what a steward decides; the next refresh acts on it."""


def _decision(settings: Settings, kind: str, author: str, reason: str, **payload: Any) -> None:
    from orchestration import stewardship

    entry = stewardship.record_decision(settings, kind, author, reason, settings.as_of(), **payload)
    if entry["needs_second"]:
        next_step = f"It holds once somebody else confirms it: njia decide confirm {entry['id']}"
    else:
        next_step = _takes_part(settings)
    console.say(f"Decision {entry['id']} recorded. {next_step}")


def _takes_part(settings: Settings) -> str:
    """Which refresh acts on what has just been decided."""
    from orchestration import stewardship

    if since := stewardship.refresh_since(settings):
        return f"A refresh is running since {since:%H:%M} UTC: this takes part in the next one."
    return "It takes part in the next refresh: njia refresh"


@decide.command("waive-check")
@click.argument("check")
@click.option(
    "--scope", default="release", show_default=True, help="An extract as PARTNER/EXTRACT_ID, or `release`."
)
@click.option("--expires", required=True, help="Last day it holds, such as 2027-01-31.")
@author_and_reason
@installation
def decide_waive(settings: Settings, check: str, scope: str, expires: str, author: str, reason: str) -> None:
    """Let one failed CHECK pass, until a date. It lapses when the check changes."""
    _decision(settings, "check_waiver", author, reason, check=check, scope=scope, expires=day_of(expires))


@decide.command("accept-extract")
@click.argument("partner")
@click.argument("extract_id")
@author_and_reason
@installation
def decide_accept(settings: Settings, partner: str, extract_id: str, author: str, reason: str) -> None:
    """Put a held extract in force."""
    _decision(settings, "extract_accept", author, reason, partner=partner, extract_id=extract_id)


@decide.command("withdraw-extract")
@click.argument("partner")
@click.argument("extract_id")
@author_and_reason
@installation
def decide_withdraw(settings: Settings, partner: str, extract_id: str, author: str, reason: str) -> None:
    """Take an extract out of force; the partner's earlier one stands again."""
    _decision(settings, "extract_withdraw", author, reason, partner=partner, extract_id=extract_id)


@decide.command("place-alias")
@click.argument("text")
@click.argument("place_id")
@click.option("--country", help="Only where the mention names this country: KEN, KE or Kenya.")
@click.option("--override", is_flag=True, help="Also where the name has another meaning, and a certain one.")
@author_and_reason
@installation
def decide_alias(
    settings: Settings,
    text: str,
    place_id: str,
    country: str | None,
    override: bool,
    author: str,
    reason: str,
) -> None:
    """Say which place a written name means."""
    payload = {"text": text, "place_id": place_id, "country": country_of(country)}
    _decision(settings, "place_alias", author, reason, **payload, override=override)


@decide.command("link-accept")
@click.argument("record_a")
@click.argument("record_b")
@author_and_reason
@installation
def decide_link_accept(settings: Settings, record_a: str, record_b: str, author: str, reason: str) -> None:
    """Say that two records, named as in review/links.csv, are of one person."""
    _decision(settings, "link_accept", author, reason, record_a=record_a, record_b=record_b)


@decide.command("link-reject")
@click.argument("record_a")
@click.argument("record_b")
@author_and_reason
@installation
def decide_link_reject(settings: Settings, record_a: str, record_b: str, author: str, reason: str) -> None:
    """Say that two records, named as in review/links.csv, are of two persons."""
    _decision(settings, "link_reject", author, reason, record_a=record_a, record_b=record_b)


@decide.command("release-row")
@click.argument("record")
@click.option("--rule", "rules", multiple=True, help="Only from this rule; all that set the record aside.")
@author_and_reason
@installation
def decide_release_row(
    settings: Settings, record: str, rules: tuple[str, ...], author: str, reason: str
) -> None:
    """Let a quarantined RECORD in (r-…, or EXTRACT_ID:ROW); what could not be read stays unknown."""
    _decision(settings, "row_release", author, reason, record=record, rules=rules)


@decide.command("exclude-row")
@click.argument("record")
@author_and_reason
@installation
def decide_exclude_row(settings: Settings, record: str, author: str, reason: str) -> None:
    """Leave a RECORD out (r-…, or EXTRACT_ID:ROW), in every copy that was or will be sent."""
    _decision(settings, "row_exclude", author, reason, record=record)


@decide.command("change-agreement")
@click.argument("partner")
@click.argument("contract")
@click.option("--valid-to", help="Its new last day, such as 2027-12-31; an earlier one ends it.")
@click.option("--finest-place", type=click.Choice(["country", "county", "border_point", "town"]))
@click.option("--retention-years", type=int, help="How long records may be kept.")
@author_and_reason
@installation
def decide_agreement(
    settings: Settings,
    partner: str,
    contract: str,
    valid_to: str | None,
    finest_place: str | None,
    retention_years: int | None,
    author: str,
    reason: str,
) -> None:
    """Say what was agreed with PARTNER since its CONTRACT was written."""
    terms = {
        "valid_to": day_of(valid_to) if valid_to else None,
        "finest_place": finest_place,
        "retention_years": retention_years,
    }
    if retention_years:
        console.warn(
            "Records past their retention are erased by the next refresh, sealed originals too. That cannot "
            "be undone: if the number is wrong, take the decision back before that."
        )
    _decision(settings, "agreement_change", author, reason, partner=partner, contract=contract, terms=terms)


@decide.command("sign-policy")
@author_and_reason
@installation
def decide_policy(settings: Settings, author: str, reason: str) -> None:
    """Sign the publication policy as it is now, so that releases are published under it."""
    from orchestration.core import load_publication_policy

    policy = load_publication_policy()
    changed = ", ".join(policy.changed) or "nothing"
    console.say(f"Publication policy {policy.version}; differs from what Njia ships in: {changed}")
    _decision(settings, "policy_sign_off", author, reason, policy=policy.version)


@decide.command("republish")
@click.argument("year", type=int)
@author_and_reason
@installation
def decide_republish(settings: Settings, year: int, author: str, reason: str) -> None:
    """Publish a closed YEAR anew, with what is known of it now; all its noise is drawn again.

    At most once a year: whoever keeps both draws learns a little more than from one.
    """
    _decision(settings, "year_republication", author, reason, year=year)


@decide.command("waiting")
@click.option("--kind", help="Only items of this kind, such as place, rows, check or link.")
@click.option("--partner", help="Only items about this partner.")
@json_output
@installation
def decide_waiting(settings: Settings, kind: str | None, partner: str | None, as_json: bool) -> None:
    """Everything that waits for a steward, most valuable first, and who takes care of it."""
    from orchestration.cli.console_items import show_items
    from orchestration.core import refreshes
    from orchestration.stewardship import items, open_items, refresh_since

    if kind is not None and kind not in items.KINDS:
        raise UsageError(f"There is no kind of item called {kind!r}. There are: {', '.join(items.KINDS)}.")
    found = [
        open_items.as_dict(one)
        for one in open_items.open_items(settings)
        if (kind is None or one.item.kind == kind) and (partner is None or open_items.is_about(one, partner))
    ]
    running, ended = refresh_since(settings), refreshes.lists_as_of(settings)
    since, listed = (moment.isoformat() if moment else None for moment in (running, ended))
    if as_json:
        told = {"items": found, "refresh_running_since": since, "lists_as_of": listed}
        print(json.dumps(told, ensure_ascii=False))
    else:
        if since:
            console.out.print(console.refresh_is_running(since, listed), soft_wrap=True)
        show_items(found)


@decide.command("take")
@click.argument("item")
@click.option("--owner", required=True, help="Who takes care of it: a name or role.")
@click.option("--due", help="Until which day, such as 2027-01-31.")
@author_and_reason
@installation
def decide_take(settings: Settings, item: str, owner: str, due: str | None, author: str, reason: str) -> None:
    """Say who takes care of ITEM, named as in `njia decide waiting`, until it is settled."""
    from orchestration import stewardship

    taken = {"item": item, "owner": owner, "due": day_of(due) if due else None}
    entry = stewardship.record_decision(settings, "assignment", author, reason, settings.as_of(), **taken)
    console.say(f"Decision {entry['id']} recorded: {entry['owner']} takes care of {entry['item']}.")


@decide.command("confirm")
@click.argument("decision_id")
@author_and_reason
@installation
def decide_confirm(settings: Settings, decision_id: str, author: str, reason: str) -> None:
    """Stand behind a decision that needs a second person."""
    from orchestration import stewardship

    stewardship.confirm(settings, decision_id, author, reason, settings.as_of())
    console.say(f"Decision {decision_id} is confirmed and holds. {_takes_part(settings)}")


@decide.command("revoke")
@click.argument("decision_id")
@author_and_reason
@installation
def decide_revoke(settings: Settings, decision_id: str, author: str, reason: str) -> None:
    """Take back an earlier decision."""
    from orchestration import stewardship

    stewardship.revoke(settings, decision_id, author, reason, settings.as_of())
    console.say(f"Decision {decision_id} is revoked. {_takes_part(settings)}")


@decide.command("list")
@json_output
@installation
def decide_list(settings: Settings, as_json: bool) -> None:
    """Every decision ever made, newest last."""
    from orchestration import stewardship

    found = stewardship.list_decisions(settings)
    if as_json:
        print(json.dumps({"decisions": found}, default=str))
    else:
        console.show_decisions(found)
