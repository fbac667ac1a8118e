"""Messages to stewards and operators: each event once to each channel.

An event needs a person: a refused release, a held extract, a file not taken, an overdue partner, a crash.
The refresh records it; this package does not decide about it, the desk does. Reading order: events, delivery.
"""

from typing import TYPE_CHECKING

from orchestration.core import offer_when_asked

if TYPE_CHECKING:
    from orchestration.stewardship.messages.delivery import (
        Delivered,
        keep_newest,
        send_due,
        send_test,
        sent_about,
        standing,
    )
    from orchestration.stewardship.messages.events import current_events

offer_when_asked(__name__)
