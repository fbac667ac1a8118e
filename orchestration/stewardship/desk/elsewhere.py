"""Functions of later rooms that the desk uses; the command passes them in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from orchestration.core import Settings


class PublishedRelease(Protocol):
    """A release, as the room `release` returns it."""

    @property
    def release_id(self) -> str: ...
    @property
    def manifest(self) -> dict[str, Any]: ...
    @property
    def is_current(self) -> bool: ...
    def edition(self, name: str) -> Path: ...


@dataclass(frozen=True)
class Elsewhere:
    """Functions of the rooms `release`, `gates` and `operations`.

    `fit_to_return` returns a release that can be current again; raises NjiaError for one that cannot.
    `roll_back` takes settings, release id, author, reason, time and the release that is left.
    `waiver_effect` returns what `njia diff --waiver` shows; raises UsageError where no kept release rests on
    the waiver. `differences` takes settings, partner and extract id; returns what differs between the extract
    and those before it (`gates.Differences`), None where that cannot be counted.
    """

    current: Callable[[Settings], PublishedRelease | None]
    releases: Callable[[Settings], Sequence[PublishedRelease]]
    fit_to_return: Callable[[Settings, str], PublishedRelease]
    roll_back: Callable[[Settings, str, str, str, datetime, str], PublishedRelease]
    waiver_effect: Callable[[Settings, str], Any]
    status: Callable[[Settings], dict[str, Any]]
    differences: Callable[[Settings, str, str], Any]
    next_run: Callable[[Settings, datetime], dict[str, Any]]
