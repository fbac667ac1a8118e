"""What stewards decide, and what waits for them.

`kinds`: the kinds of decision, one file each. `decisions`: their entries, which of them hold, previews.
`store`: the SQLite file of decisions, audit log, sent forms and accounts.
`worklists`: what waits. `desk`: the pages on which stewards decide. `messages`: about what waits.
Used whole by other rooms: `review` (the lists of a refresh), `items` (what waits, by name), `audit`. What
does not belong here: what a decision does (the gates, places and release rooms act on it).
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.stewardship.decisions.active import (
        Decisions,
        active_decisions,
        list_decisions,
        without_effect,
    )
    from orchestration.stewardship.decisions.entries import (
        export_lines,
        forget_decisions,
        read_entries,
    )
    from orchestration.stewardship.decisions.previews import (
        Preview,
        try_confirmations,
        try_decisions,
        try_revocations,
    )
    from orchestration.stewardship.decisions.recording import confirm, import_lines, record_decision, revoke
    from orchestration.stewardship.desk.accounts import read_accounts
    from orchestration.stewardship.kinds.check_waiver import waiver_for
    from orchestration.stewardship.kinds.extracts import fate_by
    from orchestration.stewardship.kinds.rows import LEFT_OUT, row_decisions
    from orchestration.stewardship.running import decisions_waiting, refresh_since, settled_since_refresh
    from orchestration.stewardship.store import copy_database
    from orchestration.stewardship.unsealing import unseal_file, unseal_row

offer_when_asked(__name__)
