"""The folder `notices/`: a text and a JSON line a message. It stays on this machine, so it names partners."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from orchestration.core import Settings, append_json, keep_last_lines, remove_summed, write_summed
from orchestration.stewardship.messages.channel import Channel, Undelivered
from orchestration.stewardship.messages.config import ROLES, Notify, Role, Strict
from orchestration.stewardship.messages.words import Message

LINES = "notices.jsonl"


def keep_newest(folder: Path, number: int) -> int:
    """Delete all but the newest messages; return how many. The caller holds the lock of the ledger."""
    old = sorted(folder.glob("*Z-*.txt"))[:-number]
    for path in old:
        remove_summed(path)
    keep_last_lines(folder / LINES, number)
    return len(old)


class FileChannel(Channel):
    """One address, the folder itself, in every role."""

    leaves_home: ClassVar[bool] = False

    class Options(Strict):
        type: str

    def __init__(self, options: Options, notify: Notify, settings: Settings) -> None:
        self._folder = settings.notices

    def addresses(self) -> Mapping[str, frozenset[Role]]:
        return {"notices": frozenset(ROLES)}

    def send(self, address: str, message: Message) -> None:
        now = datetime.now(UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{message.key[:8]}.txt"
        line = {
            "time": now.replace(microsecond=0).isoformat(),
            "subject": message.subject,
            "text": name,
            "events": [
                {"id": event.id, "kind": event.kind, "partner": event.partner, "path": event.path}
                for event in message.events
            ],
        }
        try:
            write_summed(self._folder / name, f"{message.subject}\n\n{message.text}")
            append_json(self._folder / LINES, line)
        except OSError as error:
            raise Undelivered(f"{self._folder} cannot be written ({error.strerror}).") from None
