"""Output that several commands share: sentences, tables, progress. What one command shows lies in its file.

Results go to stdout; progress, warnings and errors to stderr. Everything reads well without colour.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestration.core import NjiaError, UsageError, texts_for

if TYPE_CHECKING:
    from orchestration.core import Settings
    from orchestration.release import Release

out = Console(highlight=False, emoji=False, soft_wrap=False)
err = Console(stderr=True, highlight=False, emoji=False)

MOST_NAMED = 20


def say(sentence: str) -> None:
    out.print(escape(sentence))


def complain(sentence: str, refused: bool = False) -> None:
    label = "Refused" if refused else "Error"
    err.print(f"[bold red]{label}:[/] {escape(sentence)}", soft_wrap=True)


def warn(sentence: str) -> None:
    mark("warning", sentence, err)


def mark(label: str, sentence: str, screen: Console = out) -> None:
    """Show a sentence after a label in bold, on one line however long."""
    screen.print(f"[bold yellow]{label}[/] {escape(sentence)}", soft_wrap=True)


def print_json(value: Any) -> None:
    """Print one JSON object. Bytes of a file name that are no UTF-8 are shown as escapes."""
    text = json.dumps(value, default=str, ensure_ascii=False, allow_nan=False)
    print(text.encode("utf-8", "backslashreplace").decode())


def table(*columns: str, whole: Collection[str] = ()) -> Table:
    """Return a table with a header. People copy the cells of columns in `whole`: these are never broken."""
    made = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in whole)
    return made


def facts(**first_column: Any) -> Table:
    """Return a table of two columns without a header; options are those of the first column."""
    made = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    made.add_column(**{"style": "bold", "no_wrap": True, **first_column})
    made.add_column(overflow="fold")
    return made


def show_names(names: Iterable[str]) -> None:
    """Show names a line each, of a long list the first ones."""
    names = list(names)
    for name in names[:MOST_NAMED]:
        out.print(f"  {escape(name)}", soft_wrap=True)
    if len(names) > MOST_NAMED:
        out.print(f"  and {len(names) - MOST_NAMED:,} more")


def make_missing_keys(settings: Settings) -> None:
    """Make the keys that a home lacks; show a new private key of the stewards once.

    In a home of the samples, that key lies in a file beside the others. Raises UsageError in another home
    without a terminal.
    """
    from orchestration.core import (
        STEWARDS_RECIPIENT,
        create_missing_keys,
        create_sample_pair,
        durable,
        is_sample_home,
        needs,
    )

    recipient = settings.keys / STEWARDS_RECIPIENT
    is_first = not recipient.exists() and not needs(settings, "stewards")  # a lost one must come back
    if is_first and is_sample_home(settings) and settings.has_sample_partners:
        file = create_sample_pair(settings.keys)
        say(f"The samples' private key lies in {file}. A real home brings the stewards' public key instead.")
    elif is_first:
        durable.make_folder(settings.keys, 0o700)
        require_terminal(f"put its public part into {recipient}")
    if private_key := create_missing_keys(settings):
        show_new_key(private_key)


def log_act(settings: Settings, done: str, action: str, what: str, **details: Any) -> None:
    """Note in the audit log what was done, afterwards: it stands even if the log cannot be written."""
    from orchestration.stewardship import audit

    try:
        audit.record(settings, audit.os_user(), action, what, **details)
    except NjiaError as error:
        raise NjiaError(f"{done}. {error}") from None


def has_terminal() -> bool:
    """Return whether both streams go to a terminal."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def require_terminal(otherwise: str) -> None:
    """Raise UsageError without a terminal; `otherwise` is where a public key made elsewhere goes."""
    if not has_terminal():
        raise UsageError(
            "A new private key of the stewards is shown in a terminal alone, and this output is none: a log "
            "would keep the key. Make a pair on the stewards' computer (`age-keygen -o stewards-key.txt`, "
            f"`age-keygen -y stewards-key.txt`) and {otherwise}."
        )


def show_new_key(private_key: str) -> None:
    """Show the stewards' new private key: nothing stores it."""
    err.print("[bold]The stewards' private key, shown once and stored nowhere:[/]")
    err.print(f"  {private_key}", soft_wrap=True)
    err.print("Keep it offline. Without it no sealed original can ever be opened again.\n")


@contextmanager
def refresh_progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows a starting step: in a spinner, or without a terminal as a line."""
    titles = texts_for("cli.step", "en")
    with progress("Preparing the refresh") as show:
        yield lambda step: show(titles[step]) if step in titles else None


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows what is being done: in a spinner, or without a terminal as a line."""
    if err.is_terminal:
        with err.status(first) as spinner:
            yield spinner.update
    else:
        yield lambda what: err.print(f"· {what}")


def show_refresh_running(since: str, lists_as_of: str | None) -> None:
    """Say what a running refresh means for reading a list and for deciding."""
    lists = (
        f"Lists are as of {minute_of(lists_as_of)} until it ends"
        if lists_as_of
        else "Lists change when it ends"
    )
    mark(
        "A refresh is running",
        f"since {since[11:16]} UTC. {lists}; a decision made now takes part in the next one.",
    )


def minute_of(moment: str) -> str:
    """Return an ISO time (UTC) to the minute, for people."""
    return f"{moment[:16].replace('T', ' ')} UTC"


def checks_in_words(names: list[str]) -> str:
    """Name failed checks, a line each; of many the first three and the command that lists them."""
    more = [f"and {len(names) - 3} more: njia decide waiting --kind check"] if len(names) > 3 else []
    return "\n".join([*names[:3], *more])


def alerts_in_words(number: int) -> str:
    return f"{number:,}: corridors with more or fewer records than expected (desk, Work)"


def show_files(files: Iterable[Mapping[str, Any]]) -> None:
    """Show files of the inbox that a refresh did not take, each with its reason."""
    for file in files:
        where = f"{file['partner'] or 'inbox'} · {file['file']}"
        out.print(f"[bold yellow]{file.get('outcome', 'left alone')}[/] {escape(where)}")
        out.print(f"    {escape(file['reason'] or '')}")


def show_items(items: Iterable[Mapping[str, Any]], with_names: bool = False) -> None:
    """Show items of a steward's work list; the desk alone says which names the tokens of places stand for.

    `with_names`: also their own names, unbroken, which are addresses at the desk.
    """
    items = list(items)
    for item in items:
        worth = f"{item['movements']:,} movements" if item["movements"] else "no movement waits"
        due = f", due {item['due']}" if item["due"] else ""
        out.print(f"  {escape(item['title'])}")
        out.print(f"    [dim]{worth}{due}[/]")
        if with_names:
            out.print(f"    {item['item']}", soft_wrap=True, style="dim")
    if any(str(item["item"]).startswith("place:") for item in items):
        say("A token t-… stands for a name. The desk (njia serve) shows it to signed-in stewards.")


def signed_release(settings: Settings) -> Release | None:
    """Return the current release; warn where its signature does not hold."""
    from orchestration.release import current_release, why_not_signed

    current = current_release(settings)
    if current and (fault := why_not_signed(settings, current)):
        warn(f"{fault} Until then, do not rely on what it says.")
    return current
