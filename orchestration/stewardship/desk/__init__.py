"""The steward's desk: pages on which what waits is seen and decided, on loopback and behind a login.

Belongs here: accounts, sessions, what protects them, pages and forms. Does not belong here: what waits and
what a decision would change (`open_items`, `previews`, the queues), the lines of decisions (`decisions`).
It reads `review/`, landing and releases; the work file it never opens. Nothing here knows a sensitive value.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.stewardship.desk.accounts import (
        Account,
        add_account,
        change_passphrase,
        read_accounts,
        remove_account,
    )
    from orchestration.stewardship.desk.elsewhere import Elsewhere
    from orchestration.stewardship.desk.serving import serve

offer_when_asked(__name__)
