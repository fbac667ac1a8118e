"""Erase records past the retention of their agreement in a refresh, as `njia forget` would.

A refresh has no private key of the stewards, so originals that hold such a record are destroyed. Does not
belong here: how a record is erased (`forget`), and which records are past retention (`gates`).
"""

from __future__ import annotations

from datetime import datetime

from orchestration import gates
from orchestration.core import Keys, Settings
from orchestration.operations.forget import Asked, Erased, erase, log_erased

WHO = "retention"


def erase_past_retention(settings: Settings, keys: Keys, now: datetime) -> list[Erased]:
    """Erase records past retention, right after typing. The caller holds the refresh lock.

    Erasing empties the work folder, so every extract must be typed again. Editions that held the records
    are deleted once a release without them is published.
    """
    erased = []
    for partner, records in gates.past_retention(settings, now.date()).items():
        [of_partner], _ = erase(settings, keys, Asked({partner: frozenset(records)}), (), None, now)
        log_erased(settings, WHO, [of_partner])
        erased.append(of_partner)
    return erased
