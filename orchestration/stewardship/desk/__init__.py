"""The server behind one login, on loopback: stewards' desk, members' files, the door to the Dagster UI.

It holds accounts, sessions, their protection, pages and forms. Lists come from `worklists`, previews and
recorded decisions from `decisions`; the command passes Dagster's web application in. It reads `review/`,
landing and releases, never the work file. What does not belong here: anything sensitive.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.stewardship.desk.accounts import (
        add_account,
        change_passphrase,
        change_roles,
        read_accounts,
        remove_account,
    )
    from orchestration.stewardship.desk.app import serve
    from orchestration.stewardship.desk.guard import DAGSTER_PATH
    from orchestration.stewardship.desk.visit import Elsewhere

offer_when_asked(__name__)
