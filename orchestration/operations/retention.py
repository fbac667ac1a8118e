"""On the day an agreement's retention ends, a refresh forgets the record by itself, as `njia forget` would.

Nobody is there to give the stewards' private key, so originals that hold such a record are destroyed.
What does not belong here: how a record is erased (`forget`), and whose time is up (`gates`).
"""

from __future__ import annotations

from datetime import datetime

from orchestration import gates
from orchestration.core import Keys, Settings
from orchestration.operations.forget import Erased, erase
from orchestration.stewardship import FORGOT, audit

WHO = "retention"


def erase_past_retention(settings: Settings, keys: Keys, now: datetime) -> list[Erased]:
    """Erase what is past its time, right after typing; the caller holds the lock of refreshes.

    Where anything was erased the work folder is gone, so that all is to be typed anew. The editions that held
    it go once a release without it is published.
    """
    erased = []
    for partner, records in gates.past_retention(settings, now.date()).items():
        one, _ = erase(settings, keys, partner, records, (), None, now)
        audit.record(
            settings,
            WHO,
            FORGOT,
            partner,
            records=one.records,
            extracts=list(one.originals),
            decisions=one.decisions,
        )
        erased.append(one)
    return erased
