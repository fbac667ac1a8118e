"""`njia forget`: erase records everywhere, publish without them, and say what was erased."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.console import err, say
from orchestration.cli.options import (
    EXISTING_FILE,
    json_output,
    read_private_key,
    text_of,
    written_installation,
    yes,
)
from orchestration.core import NjiaError, Settings, UsageError


@click.command()
@click.argument("partner")
@click.argument("references", metavar="[RECORD_REF]…", nargs=-1)
@click.option("--file", "references_file", type=EXISTING_FILE, help="More references, one a line.")
@click.option(
    "--key",
    "key_files",
    type=EXISTING_FILE,
    multiple=True,
    help="The stewards' private key. With it, originals are sealed again without the record; without it, "
    "they are destroyed. Repeat it for each earlier key that originals are sealed to.",
)
@click.option("--author", help="Who asks for it, for the audit log [the account of this machine].")
@click.option("--reason", help="Why, for the audit log. Name no person in it.")
@yes
@json_output
@written_installation
def forget_command(
    settings: Settings,
    partner: str,
    references: tuple[str, ...],
    references_file: Path | None,
    key_files: tuple[Path, ...],
    author: str | None,
    reason: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase records of PARTNER everywhere.

    Then publish a release without them. This cannot be undone.

    RECORD_REF is the partner's own reference; or r-… as in the review lists; or EXTRACT_ID:SHEET:ROW.

    Exit code: 0 forgotten; 3 the new release was refused, so the current one still holds the record; 5 it
    waits for review, likewise; 2 wrong use; 4 a refresh is running.
    """
    from orchestration.core import (
        WAITS,
        RefreshLock,
        ReleaseRefused,
        ReleaseWaits,
        load_keys,
        load_release_key,
    )
    from orchestration.defs.refresh import run_refresh
    from orchestration.operations import files_not_read, finish_rotations, forget
    from orchestration.release import erasure_of, list_releases, still_held
    from orchestration.stewardship import audit

    listed = map(str.strip, text_of(references_file).splitlines()) if references_file else ()
    asked = [*references, *filter(None, listed)]
    if not asked:
        raise UsageError("Give at least one record: njia forget PARTNER RECORD_REF, or --file LIST")
    private_key = "\n".join(map(read_private_key, key_files)) or None
    lock = RefreshLock(settings)
    lock.take("forget")
    try:
        finish_rotations(settings)  # a killed rotation may have left originals and codes half done
        keys = load_keys(settings)
        load_release_key(settings)  # the refresh that follows signs with it
        called = {record for name in asked for record in forget.records_called(settings, keys, partner, name)}
        all_asked = forget.with_copies(settings, partner, called)
        copies = {sender: len(ids) for sender, ids in all_asked.records.items() if sender != partner}
        if not yes:
            if not sys.stdin.isatty():
                raise UsageError(
                    "There is no terminal to ask for confirmation: give --yes. Nothing was erased."
                )
            own = len(all_asked.records[partner])
            count = "1 record" if own == 1 else f"{own:,} records"
            also = f", with copies of the same submissions at {_counted(copies)}," if copies else ""
            resealed = "sealed again without it"
            fate = resealed if private_key else f"destroyed (with --key: {resealed})"
            err.print(
                f"{count} of {partner}{also} will be erased everywhere, and older editions that hold it "
                f"deleted. Originals that hold it will be {fate}. This cannot be undone.",
                soft_wrap=True,
            )
            if all_asked.unclear:
                err.print(_unclear(all_asked.unclear), soft_wrap=True)
            click.confirm("Go on?", abort=True, err=True)
        who = author or audit.os_user()
        erased = forget.erase(settings, keys, all_asked, private_key, settings.as_of(), who, reason)
    finally:
        lock.release()
    with console.refresh_progress() as on_step:
        ended = run_refresh(settings, on_step)
    if ended.error is not None and not isinstance(ended.error, ReleaseRefused):
        raise NjiaError(
            f"The record is erased everywhere but in the releases. The refresh then failed: {ended.error} "
            "Fix that and run `njia refresh`: it publishes without the record and deletes the older editions."
        )
    forget.finish(settings, settings.as_of())
    held = still_held(settings)
    result: dict[str, Any] = {
        "outcome": ended.outcome if held else "forgotten",
        "partner": partner,
        "records": sum(one.records for one in erased),
        "copies": copies,
        "copies_unclear": all_asked.unclear,
        "extracts": sum(one.extracts for one in erased),
        "rows": sum(one.rows for one in erased),
        "originals": {extract: fate for one in erased for extract, fate in one.originals.items()},
        "decisions_removed": sum(len(one.decisions) for one in erased),
        "editions_deleted": [past.release_id for past in list_releases(settings) if erasure_of(past)],
        "still_held_by": held,
        "not_read": files_not_read(settings),
    }
    _show(result)
    if as_json:
        console.print_json(result)
    if held and ended.outcome == WAITS:
        raise ReleaseWaits(
            f"The release without the record waits for review, so the current one, {held}, still holds it. "
            "Sign it (`njia decide sign-candidate`), then run `njia refresh`: it also deletes older editions."
        )
    if held:
        raise ReleaseRefused(
            f"The release without the record was refused, so the current one, {held}, still holds it. "
            f"{ended.error or ''} Fix the cause and run `njia refresh`: it also deletes the older editions."
        )


def _counted(copies: Mapping[str, int]) -> str:
    return ", ".join(f"{partner} ({count:,})" for partner, count in copies.items())


def _unclear(records: int) -> str:
    return (
        f"{records:,} of the records share a submission with records that you did not name, so copies at "
        "other partners are not erased. Name those of each partner."
    )


def _show(result: dict[str, Any]) -> None:
    """Show what was erased, never a value of the record."""
    is_done = result["outcome"] == "forgotten"
    heading = "Forgotten" if is_done else "Erased, but not yet from the current release"
    console.out.print(f"\n[bold]{heading}[/]\n")
    say(f"Records {result['records']:,}, rows {result['rows']:,}, in extracts {result['extracts']:,}")
    if result["copies"]:
        say(f"Among them copies of the same submissions: {_counted(result['copies'])}")
    if result["copies_unclear"]:
        say(_unclear(result["copies_unclear"]))
    for fate, count in Counter(result["originals"].values()).items():
        say(f"Originals: {count:,} {fate}")
    if result["decisions_removed"]:
        say(f"Decisions about it, removed: {result['decisions_removed']:,}")
    if result["editions_deleted"]:
        say(f"Editions deleted, their manifests kept: {', '.join(result['editions_deleted'])}")
    say("Erased from landed cells, link codes, decisions, lineage and work files. The receipts are deleted.")
    if result["not_read"]:
        say(f"Njia has not read {len(result['not_read']):,} file(s) of this home. Look into them yourself:")
        console.show_names(result["not_read"])
    if not is_done:
        return
    say(
        "Copies outside this home are not reached: tables given to members (tell them), and backups, which "
        "lose it 35 days after (`njia backup`)."
    )
