"""What the command line shows: plain sentences and narrow tables, readable without colour.

Results go to stdout, progress and complaints to stderr. What does not belong here: finding anything out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.core import Settings

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)

# What people copy and look up stays in one piece in the narrowest terminal.
NEVER_BROKEN = {"release", "table", "name", "status", "place", "partner", "decision", "day", "rivals"}
LONGEST_NAME, LONGEST_SHOWN, MOST_RIVALS = 24, 60, 3
STEPS = {
    "take_in": "Reading, minimising and landing the inbox",
    "type_extracts": "Typing dates, counts, codes and routes",
    "places__matches": "Locating place names",
    "gates__verdicts": "Extract gate",
    "in_force": "Deciding what is in force",
    "warehouse": "Judging and shaping (dbt)",
    "linkage": "Linking",
    "statistics": "Measuring",
    "measure": "Building what stands on links and measures (dbt)",
    "protect": "Hiding what could be worked back to a person",
    "public_tables": "Building the public tables (dbt)",
    "release__candidate": "Staging the candidate release",
    "release__verdict": "Release gate",
    "publish": "Publishing, writing receipts",
}


def say(sentence: str) -> None:
    out.print(escape(sentence))


def complain(sentence: str, refused: bool = False) -> None:
    label = "Refused" if refused else "Error"
    err.print(f"[bold red]{label}:[/] {escape(sentence)}", soft_wrap=True)


def warn(sentence: str) -> None:
    err.print(f"[bold yellow]warning[/] {escape(sentence)}", soft_wrap=True)


def show_new_key(private_key: str | None) -> None:
    """The stewards' private key is shown this once; nothing stores it.

    Also where nobody looks on: a key that was never shown would leave every sealed original shut for good.
    """
    if private_key is None:
        return
    err.print("[bold]The stewards' private key, shown once and stored nowhere:[/]")
    err.print(f"  {private_key}", soft_wrap=True)
    err.print("Keep it offline. Without it no sealed original can ever be opened again.")
    if not err.is_terminal:
        err.print(
            "This is no terminal: if the output is kept in a log, the key is in that log now. Move it off "
            "this machine and clear the log. Or make the pair elsewhere and put its public part into "
            "stewards.age.pub before the first refresh.",
            soft_wrap=True,
        )
    err.print()


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Give a function that is told each step as it starts; a spinner where the terminal can show one."""
    if err.is_terminal:
        with err.status("Preparing the job") as spinner:

            def on_step(step: str) -> None:
                if step in STEPS:
                    spinner.update(STEPS[step])

            yield on_step
    else:

        def on_plain_step(step: str) -> None:
            if step in STEPS:
                err.print(f"· {STEPS[step]}")

        yield on_plain_step


def show_refresh(
    settings: Settings,
    summary: dict[str, Any],
    is_rolled_back: bool,
    left_alone: list[dict[str, Any]],
    warnings: list[str],
) -> None:
    """The end of a refresh: what was taken, held, quarantined, published, and where to look next."""
    rows, checks = {fate: count or 0 for fate, count in summary["rows"].items()}, summary["checks"]
    outcome = {
        "published": f"Published release {summary['release_id']}",
        "unchanged": f"Unchanged: release {summary['release_id']} already holds all of this",
        "refused": f"Refused: release {summary['release_id'] or 'none'} stays in force",
    }[summary["outcome"]]
    if is_rolled_back:
        outcome = (
            f"Rolled back: release {summary['release_id']} stays, because nothing new was given since the "
            "release left behind"
        )
    out.print(f"\n[bold]{outcome}[/] ({summary['seconds']:.0f} s)\n")

    taken = Counter(extract["outcome"] for extract in summary["extracts"])
    facts = _facts()
    facts.add_row("Files", _counted(taken) or "nothing new in the inbox")
    facts.add_row(
        "Rows landed",
        f"{rows['landed']:,}: "
        + ", ".join(f"{rows[fate]:,} {fate}" for fate in rows if fate != "landed" and rows[fate]),
    )
    facts.add_row("Movements", f"{summary['movements'] or 0:,}")
    facts.add_row(
        "Checks", f"{checks['passed']} passed, {checks['failed']} failed, {checks['waived']} waived"
    )
    out.print(facts)

    _show_warnings(warnings)
    _show_files([extract for extract in summary["extracts"] if extract["outcome"] in ("held", "unreadable")])
    _show_files(left_alone)
    out.print("\nWhere to look next")
    out.print("  njia open           the report and the map of this release")
    out.print('  njia query "select count(*) from marts.fct_movements"', highlight=False)
    out.print("  njia status         what is in force and what waits for a steward")
    out.print("  njia ui             the same refresh in the Dagster UI")
    out.print(f"  {escape(str(settings.review))}", soft_wrap=True)
    out.print("                      unresolved places, quarantined rows, failed checks (restricted)\n")


def show_status(found: dict[str, Any]) -> None:
    release = found["release"]
    if release is None:
        out.print("No release yet. `njia refresh` publishes the first one.\n")
    else:
        age = f"{release['age']} old, {release['movements']:,} movements"
        out.print(f"[bold]Release {release['release_id']}[/], {age}")
        out.print(
            f"    {release['rows_embargoed'] or 0:,} rows wait for their embargo or for 30 days to pass"
        )
        _show_boundaries(release["boundaries"])
        out.print()
    if found["refresh_running_since"]:
        out.print(f"{refresh_is_running(found['refresh_running_since'], found['lists_as_of'])}\n")
    _show_next_run(found["next_run"])
    if crashed := found["crashed"]:
        several = f", as the {crashed['in_a_row'] - 1} before it" if crashed["in_a_row"] > 1 else ""
        out.print(f"[bold red]Crashed:[/] the last refresh, on {crashed['ended'][:16]}{several}")
        out.print(f"    {escape(crashed['reason'] or 'njia ui shows the run.')}")
    if found["last_refused"]:
        out.print(f"[bold red]Refused since:[/] {found['last_refused']['candidate']}")
        for reason in found["last_refused"]["why"]:
            out.print(f"    {escape(reason)}")
    shown = {"partner": "partner", "extracts": "files", "last_received": "received", "cadence": "cadence"}
    table = _table(*shown.values(), "state")
    for partner in found["partners"]:
        values = (partner[name] for name in (*shown, "state"))
        table.add_row(*(str(value if value is not None else "–") for value in values))
    out.print(table)
    _show_warnings(found["warnings"])
    for channel in found["messages"]:
        out.print(f"[bold yellow]messages[/] {escape(_waiting(channel))}", soft_wrap=True)
    withheld = [
        f"{escape(partner['partner'])} {partner['withheld']:,}"
        for partner in found["partners"]
        if partner["withheld"]
    ]
    if withheld:
        out.print(f"Rows withheld (consent, purpose, review): {', '.join(withheld)}", highlight=False)
    for agreement in found["agreements"]:
        out.print(
            f"[bold yellow]agreement[/] {escape(agreement['partner'])} ({escape(agreement['contract'])}) "
            f"{agreement['state']}, {agreement['ends_on']}"
        )
    for held in found["held"]:
        out.print(
            f"[bold yellow]held[/] {escape(held['partner'])}/{held['extract_id']}: {escape(held['reason'])}"
        )
        if held.get("finding"):  # homes of an earlier version have none
            out.print(f"    {escape(held['finding'])}", soft_wrap=True, highlight=False)
    _show_files([*found["waiting"], *found["left_alone"]])
    for idle in found["decisions_without_effect"]:
        out.print(
            f"[bold yellow]without effect[/] decision {idle['decision_id']}: {escape(idle['says'])}\n"
            f"    {escape(idle['why'])} {escape(idle['what_to_do'])}"
        )
    out.print("\nWaiting for a steward (in the review folder)")
    facts = _facts()
    for name, number in found["review"].items():
        facts.add_row(f"{number:,}", name.replace("_", " "))
    out.print(facts)


def _show_next_run(next_run: dict[str, Any]) -> None:
    """When a refresh starts by itself, and what stands in its way."""
    waits = [
        f"{next_run[name]} {what}"
        for name, what in (("files", "file(s) in the inbox"), ("landings", "landed extract(s)"))
        if next_run[name]
    ]
    if waits:
        out.print(f"{' and '.join(waits)} wait for a refresh.")
    if next_run["can_start"]:
        starts = f"The next refresh starts by itself {_night(next_run['at'])}"
        if waits and next_run["not_before"]:
            starts += f", or soon after {next_run['not_before'][:16].replace('T', ' ')} UTC"
        elif waits:
            starts += ", or within a minute"
        out.print(f"{starts}.\n")
    for obstacle in next_run["obstacles"]:
        out.print(f"[bold yellow]no next refresh[/] {escape(obstacle)}\n", soft_wrap=True)


def _night(at: str) -> str:
    return f"on {at[:10]} at {at[11:16]} in Nairobi"


def refresh_is_running(since: str, lists_as_of: str | None) -> str:
    """What that means for who reads a list meanwhile, or decides."""
    until = f", as of {lists_as_of[:16].replace('T', ' ')} UTC," if lists_as_of else ""
    return (
        f"[bold yellow]A refresh is running[/] since {since[11:16]} UTC. The lists{until} stand until it has "
        "ended; what is decided now takes part in the next one."
    )


def _waiting(channel: dict[str, Any]) -> str:
    said = f"{channel['channel']}: {channel['why']}"
    if channel["since"] is None:
        return said
    return (
        f"{said} {channel['waiting']} event(s) wait; it has failed {channel['tries']} time(s) since "
        f"{channel['since'][:16]}, and is tried again after {channel['next_try'][:16]} (UTC)."
    )


def _show_boundaries(boundaries: dict[str, Any] | None) -> None:
    """Which county boundaries maps of the release are drawn with; older releases do not say."""
    if boundaries:
        kind = "generalised" if boundaries["is_generalised"] else "your own file"
        licence = boundaries["licence"] or "licence not stated"
        out.print(f"    boundaries: {escape(boundaries['name'])} ({escape(licence)}), {kind}")
        for warning in boundaries["warnings"]:
            out.print(f"    [bold yellow]boundaries[/] {escape(warning)}")


def _show_warnings(sentences: list[str]) -> None:
    for sentence in sentences:
        out.print(f"[bold yellow]warning[/] {escape(sentence)}", soft_wrap=True)


def _show_files(files: list[dict[str, Any]]) -> None:
    """Files of the inbox that a refresh did not take, each with its reason."""
    for file in files:
        outcome = file.get("outcome", "left alone")
        where = f"{file['partner'] or 'inbox'} · {file['file']}"
        out.print(f"[bold yellow]{outcome}[/] {escape(where)}\n    {escape(file['reason'] or '')}")


def show_releases(found: list[Any]) -> None:
    from orchestration.release import erasure_of

    table = _table("", "release", "movements", "extracts", "content hash")
    for release in found:
        table.add_row(
            "→" if release.is_current else "erased" if erasure_of(release) else "",
            release.release_id,
            f"{release.manifest['movements'] or 0:,}",
            str(sum(extract["fate"] == "in_force" for extract in release.manifest["extracts"])),
            release.manifest["content_hash"][:12],
        )
    out.print(table if found else "No release yet. `njia refresh` publishes the first one.")


def show_places(found: list[dict[str, Any]], described: Callable[[str], str]) -> None:
    """What each name was read as and how; below its id what and where it is, or which places it may be.

    An id stays whole in a terminal of 80 columns: people copy it.
    """
    table = _table("name", "status", "place")
    table.columns[0].no_wrap = False
    table.columns[0].max_width = LONGEST_NAME
    for place in found:
        how = f"[dim]{place['method']} {place['confidence']:.2f}[/]" if place["place_id"] else ""
        where = ", ".join(filter(None, (place["kind"], place["county"], place["country"])))
        named = [place["place_id"], where and f"[dim]{where}[/]", *_rivals(place["rivals"], described)]
        table.add_row(escape(_short(place["name"])), _lines(place["status"], how), _lines(*named))
    _print_whole(table)


def _rivals(ids: list[str], described: Callable[[str], str]) -> list[str]:
    shown = [
        f"[dim]or[/] {place_id}\n   [dim]{escape(described(place_id))}[/]" for place_id in ids[:MOST_RIVALS]
    ]
    more = len(ids) - MOST_RIVALS
    return [*shown, f"[dim]or {more} more (--json names them)[/]"] if more > 0 else shown


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_SHOWN else f"{name[:LONGEST_SHOWN]}… ({len(name):,} characters)"


def _print_whole(table: Table) -> None:
    """Wider than the terminal where ids need it: a terminal then breaks the line, and nothing is cut."""
    needed = out.measure(table).maximum if out.width else 0
    out.print(table, width=max(out.width, needed), soft_wrap=True, crop=False)


def _lines(*texts: str | None) -> str:
    return "\n".join(filter(None, texts))


def show_decisions(found: list[dict[str, Any]]) -> None:
    """What each decision says, then who decided and why; ids stay in one piece in the narrowest terminal."""
    table = _table("decision", "day", "what it says")
    for entry in found:
        says = escape(entry["says"])
        if entry["revoked_by"]:
            says += f"\n[yellow]revoked by {entry['revoked_by']}[/]"
        elif entry["without_effect"]:
            says += f"\n[yellow]without effect: {escape(entry['without_effect'])}[/]"
        says += f"\n[dim]{escape(entry['author'])}: {escape(entry['reason'])}[/]"
        table.add_row(entry["id"], str(entry["time"])[:10], says)
    out.print(table if found else "No decision has been recorded yet.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.most_common())


def _facts() -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in NEVER_BROKEN)
    return table
