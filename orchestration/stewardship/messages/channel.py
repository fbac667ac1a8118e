"""The interface of a channel."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestration.core import Settings
from orchestration.stewardship.messages.config import Notify, Role, Strict
from orchestration.stewardship.messages.words import Message


class Undelivered(Exception):
    """Why a message was not sent, for the operator, without a password.

    `only_address`: other addresses of the channel may still work.
    """

    def __init__(self, why: str, only_address: bool = False) -> None:
        super().__init__(why)
        self.only_address = only_address


class Channel(ABC):
    """A way to send messages. `Options` reads its entry; `leaves_home` decides if partners may be named."""

    Options: ClassVar[type[Strict]]
    leaves_home: ClassVar[bool]

    @abstractmethod
    def __init__(self, options: Any, notify: Notify, settings: Settings) -> None:
        """Open the channel; raises UsageError where the options do not fit the rest of the settings."""

    @abstractmethod
    def addresses(self) -> Mapping[str, frozenset[Role]]:
        """Return the addresses with their roles; each gets each event once."""

    @abstractmethod
    def send(self, address: str, message: Message) -> None:
        """Send a message; raises Undelivered."""
