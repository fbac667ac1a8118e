"""What each partner gets back: written at publishing, or where a refresh ends because nothing changed."""

from typing import Literal

from orchestration import outputs, release
from orchestration.defs.workplace import Refresh, Workplace


def receipts_of_run(workplace: Workplace, refresh: Refresh) -> int:
    """Write the receipts; returns how many. A part of the job run alone has taken nothing in to tell of."""
    if "verdict" not in refresh.found:
        return 0
    return tell_partners(workplace, refresh, "published" if "published" in refresh.found else "refused")


def tell_partners(
    workplace: Workplace, refresh: Refresh, kind: Literal["published", "refused", "unchanged"]
) -> int:
    current = release.current_release(workplace.settings)
    receipts = outputs.gather_receipts(
        workplace.settings,
        refresh.contracts,
        refresh.taken,
        refresh.as_of,
        refresh.run_id,
        outputs.Outcome(
            kind, current.release_id if current else None, bool(refresh.found.get("rolled_back"))
        ),
        refresh.found.get("drift", ()),
    )
    return len(outputs.write_receipts(workplace.settings, receipts))
