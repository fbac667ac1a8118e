"""What stewards decide, as data: kinds of decision, their files, and which of them hold at a given time.

Also what waits for a steward (`review`, `refreshes`, `items`; in order: `open_items`), what may be seen of
it (`record_fields`, `place_queue`, `link_queue`, `drift_queue`), what decisions would change (`previews`),
several at once (`batches`), and telling people of it (`messages`).
What does not belong here: what a decision does (the gates, places and release rooms read it and act).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.stewardship.decisions import (
        Decisions,
        active_decisions,
        confirm,
        list_decisions,
        record_decision,
        revoke,
        without_effect,
    )
    from orchestration.stewardship.decisions_told import FORGOT, NotTold, gaps
    from orchestration.stewardship.erasing import erase_decisions
    from orchestration.stewardship.running import refresh_since
    from orchestration.stewardship.unsealing import unseal_file, unseal_row

offer_when_asked(__name__)
