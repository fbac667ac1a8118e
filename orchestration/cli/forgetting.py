"""What is taken back: forget."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from orchestration.cli import console
from orchestration.cli.console_forgotten import say_forgetting, show_forgotten
from orchestration.cli.options import installation, json_output, private_key_in
from orchestration.cli.root import cli
from orchestration.core import NjiaError, Settings, UsageError


@cli.command()
@click.argument("partner")
@click.argument("references", metavar="[RECORD_REF]…", nargs=-1)
@click.option(
    "--file",
    "references_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="More references, one a line.",
)
@click.option(
    "--key",
    "key_files",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="The stewards' private key: originals are sealed again without the record, not destroyed. Once more "
    "for each earlier key that originals are still sealed to.",
)
@click.option("--author", help="Who asks for it, for the audit log [the account of this machine].")
@click.option("--reason", help="Why, for the audit log: name no person in it.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@json_output
@installation
def forget(
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
    """Erase records of PARTNER everywhere, publish a release without them, and prove it.

    RECORD_REF is the partner's own reference; or r-… as in the review lists; or EXTRACT_ID:SHEET:ROW. It
    cannot be undone. Exit code: 0 forgotten and proved, 1 something is still said somewhere (the files are
    named), 3 the new release was refused, so the current one still holds the record, 2 wrong use, 4 a refresh
    is running.
    """
    from orchestration.core import RefreshLock, ReleaseRefused, load_keys
    from orchestration.defs.refresh import run_refresh
    from orchestration.operations import finish_rotations, prove
    from orchestration.operations import forget as forgetting
    from orchestration.release import still_held
    from orchestration.stewardship import FORGOT, audit

    asked = [*references, *(_lines(references_file) if references_file else [])]
    if not asked:
        raise UsageError("Give at least one record: njia forget PARTNER RECORD_REF, or --file LIST")
    private_key = "\n".join(map(private_key_in, key_files)) or None
    lock = RefreshLock(settings)
    lock.take("forget")
    try:
        finish_rotations(settings)  # a kill may have left originals and codes half way
        keys = load_keys(settings.keys)
        records = {one for name in asked for one in forgetting.records_called(settings, keys, partner, name)}
        if not yes and sys.stdin.isatty():
            say_forgetting(partner, len(records), private_key is not None)
            click.confirm("Go on?", abort=True, err=True)
        erased, needles = forgetting.erase(
            settings, keys, partner, records, asked, private_key, settings.as_of()
        )
        why: dict[str, Any] = {} if reason is None else {"reason": reason}
        audit.record(
            settings,
            author or audit.os_user(),
            FORGOT,
            partner,
            **why,
            records=erased.records,
            extracts=list(erased.originals),
            decisions=erased.decisions,
        )
    finally:
        lock.release()
    with console.steps() as on_step:
        ended = run_refresh(settings, on_step)
    if ended.error is not None and not isinstance(ended.error, ReleaseRefused):
        raise NjiaError(
            f"The record is out of everything but the releases. The refresh then failed: {ended.error} Mend "
            "that and run `njia refresh`: it publishes without the record and deletes the older editions."
        )
    forgetting.finish(settings, settings.as_of())
    held = still_held(settings)
    proof = None if held else prove(settings, needles, private_key)
    found: dict[str, Any] = {
        "outcome": "refused" if held else "found" if proof and proof.found else "forgotten",
        "partner": partner,
        "records": erased.records,
        "extracts": erased.extracts,
        "rows": erased.rows,
        "originals": erased.originals,
        "decisions_removed": len(erased.decisions),
        "editions_deleted": forgetting.editions_erased(settings),
        "still_held_by": held,
        "proof": vars(proof) if proof else None,
    }
    show_forgotten(found)
    if as_json:
        print(json.dumps(found, default=str))
    if held:
        raise ReleaseRefused(
            f"The release without the record was refused, so the current one, {held}, still holds it. "
            f"{ended.error or ''} Mend the cause and run `njia refresh`: the older editions go with it."
        )
    if proof and proof.found:
        console.complain(
            f"Something that only this record says is still found in {', '.join(proof.found[:5])}. Delete or "
            "mend these files, then run the same command again."
        )
        sys.exit(1)  # --json has printed its own object


def _lines(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{path.name} is not UTF-8 text. Save it again as UTF-8, one reference a line."
        ) from None
    return [line.strip() for line in text.splitlines() if line.strip()]
