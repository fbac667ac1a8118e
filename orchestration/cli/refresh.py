"""`njia refresh`: from the inbox to a published release."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import click
from rich.markup import escape

from orchestration.cli import console
from orchestration.cli.console import out
from orchestration.cli.options import json_output, written_installation
from orchestration.core import NjiaError, RefreshRunning, ReleaseRefused, Settings, UsageError


@click.command()
@json_output
@written_installation
def refresh_command(settings: Settings, as_json: bool) -> None:
    """Publish a release from the inbox.

    The extract gate holds unfit extracts; the release gate refuses an unfit release, and the current one
    stays.

    Exit code: 0 published or unchanged, 3 refused by the release gate, 4 another refresh runs, 5 waits for
    review, 2 wrong use or settings, 6 the disk is full, memory is too small or a file of the home is
    damaged, 1 unexpected.
    """
    from orchestration.core import WAITS
    from orchestration.defs.refresh import run_refresh
    from orchestration.intake import files_waiting, left_alone, names_in_inbox
    from orchestration.operations import warnings
    from orchestration.places import boundaries
    from orchestration.refresh import releasing, run_outcome
    from orchestration.stewardship import review

    if not (files_waiting(settings) or left_alone(settings) or any(settings.landing.glob("*/*.json"))):
        raise UsageError(
            "There is nothing to refresh: the inbox is empty and no extract has landed. Add files with "
            "`njia inbox add PARTNER FILE…`, or the synthetic samples with `njia inbox add --samples`."
        )
    boundaries.boundaries_in_force(settings)  # an unusable file is an error before the inbox is read
    console.make_missing_keys(settings)
    with console.refresh_progress() as on_step:
        ended = run_refresh(settings, on_step)
    if not isinstance(ended.error, RefreshRunning):
        _send_messages(settings)
    if ended.error is not None and not isinstance(ended.error, ReleaseRefused):
        raise ended.error
    summary = run_outcome.summed_up(settings, ended.outcome, ended.seconds)
    show_summary(summary, ended.is_rolled_back, review.failed_checks(settings))
    for sentence in warnings(settings):
        console.mark("warning", sentence)
    names = names_in_inbox(settings)
    for file in summary["extracts"]:
        if file["outcome"] in ("held", "unreadable"):
            console.show_files([file | {"file": names.get((file["partner"], file["file"]), file["file"])}])
    console.show_files(vars(file) for file in left_alone(settings))
    out.print("\nWhere to look next")
    out.print("  njia open           the report and the map of this release")
    out.print('  njia query "from published.corridors limit 5"')
    out.print("  njia status         what is in force, what waits for a steward")
    out.print("  njia serve          the desk, the files, and this refresh in the Dagster UI")
    out.print(f"  {escape(str(settings.review))}", soft_wrap=True)
    out.print("                      for stewards: places, rows and checks to review\n")
    if as_json:
        console.print_json(summary)
    if ended.error is not None:
        raise ended.error
    if ended.outcome == WAITS:
        raise releasing.why_it_waits(settings)


def _send_messages(settings: Settings) -> None:
    """Send due messages. A channel that fails is a warning and changes nothing else."""
    from orchestration.stewardship import messages

    try:
        failed = [delivery for delivery in messages.send_due(settings) if delivery.why_not]
    except (NjiaError, OSError) as error:
        console.warn(f"No message was sent: {error}")
        return
    for delivery in failed:
        console.warn(f"Messages wait. {delivery}")


def show_summary(summary: Mapping[str, Any], is_rolled_back: bool, failed: Mapping[str, Any]) -> None:
    """Show how a refresh ended; `failed` holds a row of each failed check, by its name."""
    release = summary["release_id"]
    outcome = {
        "published": f"Published release {release}",
        "unchanged": f"Unchanged: release {release} already holds all of this",
        "refused": f"Refused: release {release or 'none'} stays in force",
        "waits": f"Waits for review: release {release or 'none'} stays in force",
    }[summary["outcome"]]
    if is_rolled_back:
        outcome = f"Rolled back: release {release} stays, because there are no new inputs since the rollback"
    out.print(f"\n[bold]{outcome}[/] ({summary['seconds']:.0f} s)\n")
    rows, checks = {fate: count or 0 for fate, count in summary["rows"].items()}, summary["checks"]
    fates = _listed((fate, count) for fate, count in rows.items() if fate != "landed" and count)
    outcomes = Counter(extract["outcome"] for extract in summary["extracts"]).most_common()
    facts = console.facts()
    facts.add_row("Files", _listed(outcomes) or "nothing new in the inbox")
    facts.add_row("Rows landed", f"{rows['landed']:,}: {fates}")
    facts.add_row("Movements", f"{summary['movements'] or 0:,}")
    facts.add_row("Checks", _listed((result, count) for result, count in checks.items() if count))
    warnings = {name: row["steward_action"] for name, row in failed.items() if row["severity"] == "warn"}
    if stops := [name for name in failed if name not in warnings]:
        facts.add_row("Failed", console.checks_in_words(stops))
    if warnings:
        said = [f"{name}: {action}" for name, action in warnings.items()]
        facts.add_row("Warnings", escape(console.checks_in_words(said)))
    if summary["alerts"]:
        facts.add_row("Alerts", console.alerts_in_words(summary["alerts"]))
    out.print(facts)


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts)
