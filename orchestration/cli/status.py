"""`njia status`: one look at an installation."""

import sys
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import mark, minute_of, out
from orchestration.cli.inbox import show_source
from orchestration.cli.options import installation, json_output
from orchestration.core import Settings

_IN_FORCE = "in force"


@click.command()
@click.option("--all", "with_all", is_flag=True, help="List the partners in force, too.")
@json_output
@installation
def status_command(settings: Settings, with_all: bool, as_json: bool) -> None:
    """See what waits and what is in force.

    First what is damaged, refused or held and why, and the items that wait for a steward. Then the next
    refresh, the partners that are not in force, and the release with its age.

    Exit code: 0; 6 where a file of the home is damaged.
    """
    from orchestration.core import Damaged
    from orchestration.operations import read_status
    from orchestration.stewardship import review

    status = read_status(settings)
    if as_json:
        console.print_json(status)
    else:
        show_status(status, with_all)
    if status["damaged"] or review.damaged_files(settings):
        sys.exit(Damaged.exit_code)


def show_status(status: Mapping[str, Any], with_all: bool) -> None:
    if not status["is_home"]:
        mark("no home", f"{status['home']} is no home of Njia yet. `njia refresh` makes it.")
    if since := status["refresh_running_since"]:
        console.show_refresh_running(since, status["lists_as_of"])
    if crashed := status["crashed"]:
        also = f", like the {crashed['in_a_row'] - 1} before it" if crashed["in_a_row"] > 1 else ""
        out.print(f"[bold red]Crashed:[/] the last refresh, on {crashed['ended'][:16]}{also}")
        out.print(f"    {escape(crashed['reason'] or 'The Dagster UI (njia serve) shows the run.')}")
    for sentence in status["damaged"]:
        out.print(f"[bold red]damage[/] {escape(sentence)}", soft_wrap=True)
    if refused := status["last_refused"]:
        out.print(f"[bold red]Refused since:[/] {refused['candidate']}")
        for reason in refused["why"]:
            out.print(f"    {escape(reason)}")
    if candidate := status["candidate"]:
        if candidate["outcome"] == "waits":
            mark("waits for review", f"{candidate['candidate']}: njia decide sign-candidate")
        out.print(f"    What it would change: {escape(candidate['what_would_change'])}", soft_wrap=True)
    for sentence in status["warnings"]:
        mark("warning", sentence)
    for channel in status["messages"]:
        sentence = f"{channel['channel']}: {channel['why']}"
        if channel["since"] is not None:
            sentence += (
                f" {channel['waiting']} event(s) wait. It has failed {channel['tries']} time(s) since "
                f"{minute_of(channel['since'])}; the next try is after {minute_of(channel['next_try'])}."
            )
        mark("messages", sentence)
    for agreement in status["agreements"]:
        partner = f"{agreement['partner']} ({agreement['contract']})"
        mark("agreement", f"{partner} {agreement['state']}, {agreement['ends_on']}")
    now = [file for file in status["waiting"] if file["outcome"] == "waits"]
    console.show_files([*now, *status["left_alone"]])
    _show_last_refresh(status, [file for file in status["waiting"] if file not in now])
    _show_lists(status)
    out.print()
    _show_next_run(status["next_run"])
    if not status["backup"] and status["release"]:
        mark("no backup", "njia backup REPOSITORY makes one.")
    if shown := [one for one in status["partners"] if with_all or one["state"] != _IN_FORCE]:
        _show_partners(shown)
    for source in status["sources"]:
        show_source(source)
    if status["release"]:
        _show_release(status["release"], status["partners"])
    elif not status["damaged"]:
        out.print("No release yet. `njia refresh` publishes the first one.")
    if backup := status["backup"]:
        console.say(f"The last backup is {backup['age']} old.")


def _show_last_refresh(status: Mapping[str, Any], not_taken: list[Mapping[str, Any]]) -> None:
    idle_decisions = status["decisions_without_effect"]
    if (status["held"] or not_taken or idle_decisions) and status["lists_as_of"]:
        out.print(f"[bold]At the last refresh, {minute_of(status['lists_as_of'])}:[/]")
    for held in status["held"]:
        out.print(
            f"[bold yellow]held[/] {escape(held['partner'])}/{held['extract_id']}: {escape(held['reason'])}"
        )
        for sentence in filter(None, (held.get("cause"), not held.get("cause_key") and held.get("finding"))):
            out.print(f"    {escape(sentence)}", soft_wrap=True)
    console.show_files(not_taken)
    for idle in idle_decisions:
        out.print(f"[bold yellow]without effect[/] decision {idle['decision_id']}: {escape(idle['says'])}")
        out.print(f"    {escape(idle['why'])} {escape(idle['what_to_do'])}")


def _show_lists(status: Mapping[str, Any]) -> None:
    number, first = status["open_items"]["number"], status["open_items"]["most_valuable"]
    as_of = f", as of {minute_of(status['lists_as_of'])}" if status["lists_as_of"] else ""
    out.print(f"[bold]Waiting for a steward:[/] {f'{number:,} open item(s)' if number else 'nothing'}{as_of}")
    counts = console.facts()
    for name, rows in status["review"].items():
        if rows:
            counts.add_row(f"{rows:,}", name.replace("_", " "))
            if name == "failed_checks" and status[name]:
                counts.add_row("", console.checks_in_words(status[name]))
    if counts.row_count:
        out.print(counts)
    if number:
        out.print("The most valuable; njia decide waiting lists all, with their ids:")
        console.show_items(first)


def _show_release(release: Mapping[str, Any], partners: list[Mapping[str, Any]]) -> None:
    in_force = sum(partner["state"] == _IN_FORCE for partner in partners)
    out.print(
        f"[bold]In force:[/] release {release['release_id']}, {release['age']} old, "
        f"{release['movements']:,} movements; {in_force} of {len(partners)} partners"
    )
    if embargoed := release["rows_embargoed"]:
        out.print(f"    {embargoed:,} rows wait for their embargo or for 30 days to pass")
    if withheld := sum(partner["withheld"] for partner in partners):
        out.print(f"    {withheld:,} rows withheld (consent, purpose, review)")
    if alerts := release["alerts"]:
        out.print(f"    alerts {console.alerts_in_words(alerts)}")
    if (boundaries := release["boundaries"]) and not boundaries["licence"]:
        mark("boundaries", f"{boundaries['name']}: licence not stated")


def _show_next_run(next_run: Mapping[str, Any]) -> None:
    if next_run["waits"]:
        out.print(f"Waiting for a refresh: {escape(next_run['waits'])}.")
    if next_run["can_start"]:
        at, soon = next_run["at"], ""
        if next_run["starts"]:
            pause = next_run["not_before"]
            soon = f", or soon after {minute_of(pause)}" if pause else ", or within a minute"
        out.print(f"The next refresh starts by itself on {at[:10]} at {at[11:16]} in Nairobi{soon}.")
    for obstacle in next_run["obstacles"]:
        mark("no next refresh", obstacle)


def _show_partners(partners: list[Mapping[str, Any]]) -> None:
    columns = {"partner": "partner", "extracts": "files", "last_received": "received", "cadence": "cadence"}
    table = console.table(*columns.values(), "state", whole=["partner"])
    for partner in partners:
        values = (partner[name] for name in (*columns, "state"))
        table.add_row(*("–" if value is None else str(value) for value in values))
    out.print(table)
