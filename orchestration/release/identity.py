"""The name of a release, and the names of what is not one yet."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

CANDIDATE = ".candidate-"


def release_id(as_of: datetime, inputs_hash: str, taken: Collection[str] = ()) -> str:
    """UTC time and the first 8 hex digits of the inputs' hash; a second later where that name is taken."""
    moment = as_of.astimezone(UTC)
    while (name := f"{moment:%Y%m%dT%H%M%SZ}-{inputs_hash[:8]}") in taken:
        moment += timedelta(seconds=1)
    return name
