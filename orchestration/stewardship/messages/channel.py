"""What every way of sending a message has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestration.core import Settings
from orchestration.stewardship.messages.config import Notify, Role, Strict
from orchestration.stewardship.messages.words import Message


class Undelivered(Exception):
    """In words for the operator, and without a password.

    `only_address`: other addresses of the channel may get theirs.
    """

    def __init__(self, why: str, only_address: bool = False) -> None:
        super().__init__(why)
        self.only_address = only_address


class Channel(ABC):
    """`Options` reads its entry under `channels:`; `leaves_home` decides whether partners may be named."""

    Options: ClassVar[type[Strict]]
    leaves_home: ClassVar[bool]

    @abstractmethod
    def __init__(self, options: Any, notify: Notify, settings: Settings) -> None:
        """Raises UsageError where the options do not fit the rest of the settings."""

    @abstractmethod
    def addresses(self) -> Mapping[str, frozenset[Role]]:
        """To whom, and in which roles; each is told of each event once."""

    @abstractmethod
    def send(self, address: str, message: Message) -> None:
        """Send it, or raise Undelivered."""
