"""What the command line says of a record that is forgotten: never what it was called."""

from __future__ import annotations

from collections import Counter
from typing import Any

from orchestration.cli.console import err, out, say


def say_forgetting(partner: str, records: int, has_key: bool) -> None:
    """What is about to be done, before somebody says yes."""
    fate = (
        "sealed again without it"
        if has_key
        else "destroyed (with --key they would be sealed again without it)"
    )
    them = "1 record" if records == 1 else f"{records:,} records"
    err.print(
        f"{them} of {partner} will be erased everywhere, and older editions that hold it deleted. Originals "
        f"that hold it will be {fate}. This cannot be undone.",
        soft_wrap=True,
    )


def show_forgotten(found: dict[str, Any]) -> None:
    """What was erased, and what the search for it came to."""
    heading = {
        "forgotten": "Forgotten, and proved",
        "found": "Erased, but something is still said",
        "refused": "Erased, but not yet from the current release",
    }[found["outcome"]]
    out.print(f"\n[bold]{heading}[/]\n")
    say(f"Records {found['records']:,}, rows {found['rows']:,}, in extracts {found['extracts']:,}")
    for what, count in Counter(found["originals"].values()).items():
        say(f"Originals: {count:,} {what}")
    if found["decisions_removed"]:
        say(f"Lines of decisions about it, removed: {found['decisions_removed']:,}")
    if found["editions_deleted"]:
        say(f"Editions deleted, their manifests kept: {', '.join(found['editions_deleted'])}")
    proof = found["proof"]
    if proof is None:
        return
    say(
        f"Searched, decoded: {proof['files']:,} files for {proof['needles']:,} values, ids and codes that "
        f"only it had; found in {len(proof['found']):,}"
    )
    if proof["sealed_not_searched"]:
        say(
            f"{proof['sealed_not_searched']:,} sealed originals cannot be searched without --key. None in "
            "which the record landed is left; a row of it that never landed may stand in one."
        )
    say(
        "Copies that have left this home (backups, tables given to members) are not reached: tell their "
        "keepers."
    )
