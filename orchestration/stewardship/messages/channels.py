"""The channels: a new one is one class and one line in CHANNELS."""

from __future__ import annotations

from pydantic import ValidationError

from orchestration.core import Settings, UsageError
from orchestration.stewardship.messages.channel import Channel
from orchestration.stewardship.messages.config import Notify, problems
from orchestration.stewardship.messages.folder import FileChannel
from orchestration.stewardship.messages.smtp import SmtpChannel

CHANNELS: dict[str, type[Channel]] = {"file": FileChannel, "smtp": SmtpChannel}


def open_channels(notify: Notify, settings: Settings) -> dict[str, Channel]:
    """Return the channels by name: type, numbered from the second on. Raises UsageError for wrong options."""
    found: dict[str, Channel] = {}
    for number, given in enumerate(notify.channels, start=1):
        kind = str(given.get("type"))
        if kind not in CHANNELS:
            raise UsageError(f"channels, entry {number}: `type` is one of {', '.join(CHANNELS)}.")
        try:
            options = CHANNELS[kind].Options.model_validate(given)
        except ValidationError as error:
            raise UsageError(f"channels, entry {number} ({kind}): {problems(error)}") from None
        same = sum(name.split("-")[0] == kind for name in found)
        found[f"{kind}-{same + 1}" if same else kind] = CHANNELS[kind](options, notify, settings)
    return found
