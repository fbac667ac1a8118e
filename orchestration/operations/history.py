"""Remove what is older than the policy keeps, at the end of each refresh (`core/history_policy.py`).

Does not belong here: records past their retention (`retention.py`), Dagster's runs (`defs/old_runs.py`), and
releases, which are removed where they are published.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

from orchestration import outputs, release
from orchestration.core import NjiaError, Settings, durable, kept, refreshes
from orchestration.stewardship import messages


def trim_history(settings: Settings) -> None:
    """Remove old lines, files and folders, and say how many. The caller holds the refresh lock.

    Of each kind nothing goes until a tenth more is there. A kill leaves the rest to the next refresh.
    """
    review, last = settings.review, (release.last_verdict(settings) or {}).get("candidate")

    def of_candidates(folder: str, number: int) -> list[Path]:
        # The last one judged stays although the clock may have gone back.
        found = sorted((review / folder).glob("*Z-*.json"))
        is_full = len(found) > number + number // 10
        return [path for path in found[:-number] if is_full and path.stem != last]

    removed = {
        "refreshes": refreshes.keep_newest(settings, kept("refreshes")),
        "verdicts": _remove(of_candidates("history", kept("verdicts"))),
        "changes": _remove(of_candidates("changes", kept("changes"))),
        "receipts": _remove(outputs.old_receipts(settings, kept("receipts"))),
        "messages": _old_messages(settings),
    }
    if listed := ", ".join(f"{kind} {number}" for kind, number in removed.items() if number):
        logging.getLogger("njia").warning(f"Removed, as history_policy.csv says: {listed}.")


def _old_messages(settings: Settings) -> int:
    try:
        return messages.keep_newest(settings, kept("messages"))
    except NjiaError:  # somebody sends messages, or the ledger is damaged, which sending says
        return 0


def _remove(paths: Iterable[Path]) -> int:
    number = 0
    for path in paths:
        if path.is_dir():
            durable.remove_folder(path)
        else:
            durable.remove(path)
        number += 1
    return number
