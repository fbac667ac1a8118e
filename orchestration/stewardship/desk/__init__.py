"""The steward's desk: web pages on which stewards see what waits and decide, on loopback, behind a login.

It holds accounts, sessions, their protection, pages and forms. Lists come from `worklists`, previews and
recorded decisions from `decisions`. It reads `review/`, landing and releases, never the work file.
What does not belong here: anything sensitive.
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
