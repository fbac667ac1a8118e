"""What ends by time: records past the retention of their agreement, and history past what the policy keeps.

Does not belong here: how a record is erased (`forget`), which records are past retention (`gates`), Dagster's
runs (`defs/history.py`), and releases, which are removed where they are published.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from orchestration import gates, outputs, release
from orchestration.core import Keys, NjiaError, Settings, durable, number_kept, refreshes
from orchestration.operations.forget import Asked, Erased, erase, log_erased
from orchestration.stewardship import messages


def erase_past_retention(settings: Settings, keys: Keys, now: datetime) -> list[Erased]:
    """Erase records past retention, right after typing. The caller holds the refresh lock.

    A refresh has no private key of the stewards, so originals that hold such a record are destroyed. Erasing
    empties the work folder, so every extract must be typed again. Editions that held the records are deleted
    once a release without them is published.
    """
    erased = []
    for partner, records in gates.past_retention(settings, now.date()).items():
        of_partner = erase(settings, keys, Asked({partner: frozenset(records)}), None, now)
        log_erased(settings, "retention", of_partner)
        erased += of_partner
    return erased


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
        "refreshes": refreshes.keep_newest(settings, number_kept("refreshes")),
        "verdicts": _remove(of_candidates("history", number_kept("verdicts"))),
        "changes": _remove(of_candidates("changes", number_kept("changes"))),
        "receipts": _remove(outputs.old_receipts(settings, number_kept("receipts"))),
        "messages": _old_messages(settings),
    }
    if listed := ", ".join(f"{kind} {number}" for kind, number in removed.items() if number):
        logging.getLogger("njia").warning(f"Removed, as history_policy.csv says: {listed}.")


def _old_messages(settings: Settings) -> int:
    try:
        return messages.keep_newest(settings, number_kept("messages"))
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
