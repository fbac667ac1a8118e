"""What waits for a steward: the list of open items, changed contracts, and the fields of a record."""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.stewardship.worklists.drift import write_drift
    from orchestration.stewardship.worklists.listing import as_dict, is_about, open_items, write_open_items

offer_when_asked(__name__)
