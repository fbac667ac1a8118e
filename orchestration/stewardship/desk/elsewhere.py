"""What the desk asks of rooms that know this one. The command hands it in: a room never looks back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from orchestration.core import Settings


class PublishedRelease(Protocol):
    """A release as the room `release` gives it."""

    @property
    def release_id(self) -> str: ...
    @property
    def manifest(self) -> dict[str, Any]: ...
    @property
    def is_current(self) -> bool: ...


@dataclass(frozen=True)
class Elsewhere:
    """Of the rooms `release` and `outputs`, and of `njia status`.

    `fit_to_return` gives a release that can be current again, and raises NjiaError for one that cannot.
    `roll_back` takes settings, release id, author, reason, time and the release that is left.
    `waiver_effect` gives what `njia diff --waiver` tells, and raises UsageError where no kept release rests
    on the waiver.
    """

    current: Callable[[Settings], PublishedRelease | None]
    releases: Callable[[Settings], Sequence[PublishedRelease]]
    fit_to_return: Callable[[Settings, str], PublishedRelease]
    roll_back: Callable[[Settings, str, str, str, datetime, str], PublishedRelease]
    waiver_effect: Callable[[Settings, str], Any]
    status: Callable[[Settings], dict[str, Any]]
