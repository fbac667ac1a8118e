"""What the command line says of keys and signatures: ids, places, what a rotation costs, what was changed."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from orchestration.cli.console import out, say
from orchestration.core import Settings
from orchestration.intake import extracts_with_codes

MOST_NAMED = 20


def show_keys(settings: Settings, found: list[Any]) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("key", "id"):
        table.add_column(name, no_wrap=True)
    table.add_column("what it does", overflow="fold")
    for one in found:
        table.add_row(one.name, one.id or "missing", escape(one.use))
    out.print(table)
    say(f"In {settings.keys}. An id is a hash: it may be shown, the key may not.")


def cost_of(settings: Settings, kind: str, has_private_key: bool) -> str:
    """What a rotation costs, before somebody says yes."""
    if kind == "release":
        return (
            "Kept releases are signed anew. Copies that readers hold verify with the old release.pub only: "
            "give everybody the new one, by another way than the releases."
        )
    originals = len(list(settings.sealed.glob("*/[!.]*.age")))
    if kind == "stewards":
        fate = (
            f"{originals:,} originals are sealed to the new key, as far as the key given opens them."
            if has_private_key
            else f"{originals:,} originals stay sealed to the old key, because no --key is given: keep the "
            "old private key as long as they do. Only what comes in from now on is sealed to the new one."
        )
        return f"{fate} Backups stay sealed to the old key. Linkage is not touched."
    held = extracts_with_codes(settings)
    partners = len({partner for partner, _ in held})
    fate = (
        "They are made anew from the originals that the key given opens; the others are destroyed."
        if has_private_key
        else "All are destroyed, because no --key is given to open the originals with."
    )
    return (
        f"{len(held):,} extracts of {partners:,} partners have link codes, which this key made. {fate} A "
        "record without code is linked to no other: the same person seen by two partners counts twice, until "
        "the partner sends the file again. Links that stewards decided stay. The next refresh publishes."
    )


def show_rotated(kind: str, done: dict[str, Any]) -> None:
    words = {
        "signed": "releases are signed anew",
        "resealed": "originals are sealed to the new key",
        "remade": "extracts have new link codes",
        "destroyed": "extracts have no link codes any more: ask their partners to send them again",
        "left": "releases were left as they are: the old key has not signed them as they lie there"
        if kind == "release"
        else "originals stay sealed as they were",
    }
    say(f"Rotated: the {kind} key is {done['id']} now.")
    for name, given in done.items():
        if isinstance(given, list) and given:
            say(f"{len(given):,} {words[name]}.")
            if name in ("destroyed", "left"):
                _list(given)
    next_step = {
        "release": "Next: give everybody the new release.pub, and tell them its id by another way.",
        "link": "Next: back up the keys, then njia refresh",
        "stewards": "Next: back up the sealed originals; then destroy old backups and, where nothing is "
        "sealed to it any more, the old private key.",
    }
    say(next_step[kind])


def show_verification(found: Any) -> None:
    heading = "What was published" if found.ok else "Not what was published"
    out.print(f"\n[bold]{heading}[/]\n")
    say(f"Release {found.release_id} in {found.folder}")
    say(f"Signature {found.signature} (key {found.key_id}); files looked at: {found.files:,}")
    if found.lies_as:
        say(f"It lies in the place of the release {found.lies_as}, which it is not.")
    if found.erased_on:
        say(f"Its members' edition was deleted on {found.erased_on}: it held a record that was forgotten.")
    for word in ("changed", "missing", "added"):
        if named := getattr(found, word):
            say(f"{len(named):,} {word}:")
            _list(named)


def _list(names: Any) -> None:
    for name in list(names)[:MOST_NAMED]:
        out.print(f"  {escape(name)}", soft_wrap=True)
    if len(names) > MOST_NAMED:
        say(f"  and {len(names) - MOST_NAMED:,} more")
